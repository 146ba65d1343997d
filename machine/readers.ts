/** Properties by what they read: which are concerned by a change, and which need not be asked. */
import { originOf } from './lift.ts';
import type {
  Change,
  Conjecture,
  Invariant,
  Local,
  Property,
  Reads,
  Transition,
} from './property.ts';
import type { Sizes } from './scope.ts';
import { anything, type Counted, readsOf } from './tally.ts';

/** How properties see a state: as it is, or the part that they were declared of. */
export interface Aspect {
  state(state: unknown): unknown;
  change(change: Change): Change;
  /** The changes of a block. */
  readonly block: Change[];
}

/**
 * Finds the property that is to be asked, and how it sees the state: one that was lifted from a part
 * that occurs at one place only is asked there, and what it is told is made once for all of them.
 */
export class Aspects {
  private readonly whole: Aspect = {
    state: (state) => state,
    change: (change) => change,
    block: [],
  };
  private readonly parts = new Map<unknown, Aspect>();
  private readonly size: Sizes;

  constructor(size: Sizes) {
    this.size = size;
  }

  of<P extends Property>(property: P): { readonly property: P; readonly aspect: Aspect } {
    const origin = originOf(property);
    if (origin === undefined || origin.count(this.size) !== 1) {
      return { property, aspect: this.whole };
    }
    const { at, changeAt } = origin;
    let aspect = this.parts.get(at);
    if (aspect === undefined) {
      aspect = { state: (s) => at(s, 0), change: (c) => changeAt(c, 0), block: [] };
      this.parts.set(at, aspect);
    }
    // A lifted property is of the kind of its origin.
    return { property: origin.property as P, aspect };
  }

  /** Begins a block. */
  see(changes: readonly Change[]): void {
    for (const aspect of [this.whole, ...this.parts.values()]) {
      aspect.block.length = 0;
      for (const change of changes) aspect.block.push(aspect.change(change));
    }
  }
}

type Asked = Invariant | Transition | Conjecture;

/**
 * A property with what it is asked. Properties are objects of many makes, and JavaScript finds a
 * field of such objects slowly; readers are of one make.
 */
export interface Reader<P extends Asked = Asked> extends Counted<P> {
  readonly aspect: Aspect;
  readonly parts: number;
  readonly when: P['when'] | undefined;
  readonly violation: P['violation'];
  /** The rules of members that it comes to; none where it is asked of the whole. */
  readonly locals: readonly Local[];
}

export function readerOf<P extends Asked>(counted: Counted<P>, aspects: Aspects): Reader<P> {
  const { property, aspect } = aspects.of(counted.property);
  const { when, violation } = property;
  const { parts } = readsOf(property);
  // A premise is of the whole state.
  const local = property.kind === 'invariant' && when === undefined ? property.local : undefined;
  return { property, tally: counted.tally, aspect, parts, when, violation, locals: local ?? [] };
}

/** Properties that tell in the same way what changed: it is worked out once for all of them. */
export class Readers<P extends Invariant | Transition> {
  readonly aspect: Aspect;
  private readonly changed: Reads['changed'];
  private readonly readers: readonly Reader<P>[];
  private readonly byParts = new Map<number, readonly Reader<P>[]>();

  constructor(readers: readonly Reader<P>[]) {
    const [first] = readers as readonly [Reader<P>];
    this.aspect = first.aspect;
    this.changed = readsOf(first.property).changed;
    this.readers = readers;
  }

  /** Those that read any of the parts that changed; of a state alone, all. */
  concerned(change: Change | undefined): readonly Reader<P>[] {
    const parts = change === undefined ? anything : this.changed(change);
    const known = this.byParts.get(parts);
    if (known !== undefined) return known;
    const found = this.readers.filter((each) => parts === anything || (parts & each.parts) !== 0);
    if (this.byParts.size < combinationsMax) this.byParts.set(parts, found);
    return found;
  }
}

/** Most runs change few combinations of parts; those beyond this many are not remembered. */
const combinationsMax = 4096;

export function byReading<P extends Invariant | Transition>(
  readers: readonly Reader<P>[],
): readonly Readers<P>[] {
  const groups = new Map<Reads['changed'], Reader<P>[]>();
  for (const each of readers) {
    const { changed } = readsOf(each.property);
    const group = groups.get(changed);
    if (group === undefined) groups.set(changed, [each]);
    else group.push(each);
  }
  return [...groups.values()].map((group) => new Readers(group));
}

/** What a property says: undefined where its premise is false. */
export function askState(
  { property, when, violation }: Reader<Invariant>,
  state: unknown,
  size: Sizes,
): string | null | undefined {
  if (when !== undefined && !when.call(property, state as never, size)) return undefined;
  return violation.call(property, state as never, size);
}

export function askChange(
  { property, when, violation }: Reader<Transition | Conjecture>,
  change: Change,
): string | null | undefined {
  if (when !== undefined && !when.call(property, change)) return undefined;
  return violation.call(property, change);
}

/** What an invariant says after a change from a state in which it held. */
export function askLocals({ locals }: Reader<Invariant>, change: Change, size: Sizes) {
  for (const local of locals) {
    const around = local.around(change);
    for (let i = 0; i < around.length; i++) {
      if (((around[i] as number) & local.parts) === 0) continue;
      const message = local.violation(change.after, i, size);
      if (message !== null) return message;
    }
  }
  return null;
}
