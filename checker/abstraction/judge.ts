/** Asks properties of projected states and steps. What a property reads has to be visible. */
import {
  type Change,
  type Invariant,
  names,
  type Property,
  type Sizes,
  type Transition,
} from '../../machine/index.ts';
import type { Anatomy, Offsets } from './projection.ts';
import { eventsField, Needed, type Outcome } from './rules.ts';
import { World } from './world.ts';

export class Judge {
  /** Whether a property looks at the steps of a command. */
  readonly looksAt: (kind: string) => boolean;
  private readonly before: World;
  private readonly after: World;
  private readonly invariants: readonly Invariant[];
  private readonly transitions: readonly Transition[];
  private readonly size: Sizes;
  private readonly hasEvents: boolean;
  /** The values that the invariants read in the state that was asked last. */
  private reads = new Set<number>();

  constructor(
    anatomy: Anatomy,
    offsets: Offsets,
    size: Sizes,
    properties: readonly Property[],
    visible: ReadonlySet<string>,
  ) {
    const knows = (field: string): boolean => visible.has(field);
    this.hasEvents = visible.has(eventsField);
    const needed = (id: number): never => {
      throw new Needed([anatomy.locations[id]?.field ?? '']);
    };
    this.size = size;
    this.before = new World(anatomy, offsets, needed, knows);
    this.after = new World(anatomy, offsets, needed, knows);
    this.after.onRead = (id) => this.reads.add(id);
    this.invariants = properties.filter((each) => each.kind === 'invariant');
    this.transitions = properties.filter((each) => each.kind === 'transition');
    this.looksAt = (kind) => this.transitions.some(({ commands }) => names(commands, kind));
  }

  /** What the invariants read in a state; one that is violated reads nothing. */
  readsOf(state: Uint8Array): ReadonlySet<number> {
    this.violates(state);
    return this.reads;
  }

  violates(state: Uint8Array): boolean {
    const { after, size } = this;
    this.reads = new Set();
    after.bytes = state;
    after.clear();
    return this.invariants.some((each) => {
      if (each.when?.(after.view as never, size) === false) return false;
      return each.violation(after.view as never, size) !== null;
    });
  }

  stepViolates(
    from: Uint8Array,
    kind: string,
    args: object,
    outcome: Outcome,
    to: Uint8Array,
  ): boolean {
    const { before, after, size } = this;
    before.bytes = from;
    before.clear();
    after.bytes = to;
    after.clear();
    for (const [id, value] of outcome.history) after.set(id, value);
    const { hasEvents } = this;
    const change = {
      before: before.view,
      call: { kind, args },
      after: after.view,
      get events() {
        if (hasEvents) return outcome.events;
        throw new Needed([eventsField]);
      },
      size,
    } as unknown as Change;
    return this.transitions.some((each) => {
      if (!names(each.commands, kind)) return false;
      if (each.when?.(change) === false) return false;
      return each.violation(change) !== null;
    });
  }
}
