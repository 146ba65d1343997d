/** The promises that a run has open: one for each instance of each `within` property. */
import type { Change, Reads, Within } from './property.ts';
import type { Aspect, Aspects } from './readers.ts';
import type { Sizes } from './scope.ts';
import { anything, type Counted, readsOf, type Violation, violation } from './tally.ts';

export interface Promises {
  /** How many promises can be open at once. */
  readonly instances: number;
  /** Forgets every promise. */
  clear(): void;
  /** Opens the promises that a state starts; after a `change`, those that it may have started. */
  open(state: unknown, change?: Change): void;
  /** What an accepted command does to the open promises: keeps, voids, breaks or counts. */
  advance(change: Change, found: Violation[]): void;
  /**
   * What the changes of the block that the aspects see do to the promises, one property after the
   * other: `advance`, then `open`, for each. False, with promises and counts left as they were, where
   * one is broken.
   */
  block(length: number): boolean;
  /** Writes what is open into words, two promises a word; `restore` takes it back. */
  save(into: Int32Array, at: number): void;
  restore(from: Int32Array, at: number): void;
}

/** The promises of a property. */
interface Kept {
  readonly counted: Counted<Within>;
  /** What is asked, and of what. */
  readonly property: Within;
  readonly aspect: Aspect;
  /** What `starts` and `done` read. */
  readonly parts: number;
  readonly changed: Reads['changed'];
  /** For each instance: how many counted commands it has left. */
  left: number[];
  /** How many instances have their promise open. */
  open: number;
  /** A promise was closed without a look at whether the state starts it again. */
  stale: boolean;
  /** Of a block: what the last three were when it began, and how many promises were opened in it. */
  saved: Pick<Kept, 'left' | 'open' | 'stale'>;
  opened: number;
}

/** No promise is open. */
const closed = -1;
/** A count of commands is kept in half a word. */
const boundMax = 65_534;

export function promises(
  within: readonly Counted<Within>[],
  size: Sizes,
  aspects: Aspects,
): Promises {
  const all = within.map((counted): Kept => {
    const { property, aspect } = aspects.of(counted.property);
    const { parts, changed } = readsOf(property);
    const left = Array.from({ length: property.instances(size) }, () => closed);
    const none = { left, open: 0, stale: true };
    return { counted, property, aspect, parts, changed, ...none, saved: none, opened: 0 };
  });
  // What a command changed is worked out once for all that tell it in the same way.
  const groups = new Map<Reads['changed'], Kept[]>();
  for (const each of all) {
    const group = groups.get(each.changed);
    if (group === undefined) groups.set(each.changed, [each]);
    else group.push(each);
  }
  /** Opens the promises that a state starts; says how many. */
  const open = (each: Kept, state: unknown): number => {
    const { property, left } = each;
    let opened = 0;
    each.stale = false;
    for (let i = 0; i < left.length; i++) {
      if (left[i] !== closed || !property.starts(state as never, i, size)) continue;
      // What is done already promises nothing.
      if (property.done(state as never, i, size)) continue;
      left[i] = boundOf(property, state, i, size);
      opened++;
    }
    each.open += opened;
    return opened;
  };
  /** What a change does to open promises, from an instance on; the first that is broken, or -1. */
  const advance = (each: Kept, change: Change, from: number): number => {
    const { property, left } = each;
    for (let i = from; i < left.length; i++) {
      const remaining = left[i] as number;
      if (remaining === closed) continue;
      if (!property.assuming(change, i) || property.done(change.after, i, size)) close(each, i);
      else if (property.counts(change, i)) {
        if (remaining > 0) left[i] = remaining - 1;
        else {
          // Closed, so that a broken promise is told once.
          close(each, i);
          return i;
        }
      }
    }
    return -1;
  };
  /** What each change of a block changed. */
  const changedIn = new Map<Reads['changed'], number[]>();
  /** Whether a property keeps its promises over a block. */
  const keeps = (each: Kept): boolean => {
    const { block } = each.aspect;
    const parts = changedIn.get(each.changed) as number[];
    for (let i = 0; i < block.length; i++) {
      if (each.open > 0 && advance(each, block[i] as Change, 0) >= 0) return false;
      if (each.stale || ((parts[i] as number) & each.parts) !== 0) {
        each.opened += open(each, (block[i] as Change).after);
      }
    }
    return true;
  };
  return {
    instances: all.reduce((sum, { left }) => sum + left.length, 0),
    clear() {
      for (const each of all) {
        each.left.fill(closed);
        each.open = 0;
        each.stale = true;
      }
    },
    open(state, change) {
      for (const [changed, group] of groups) {
        const [{ aspect }] = group as [Kept];
        const parts = change === undefined ? anything : changed(aspect.change(change));
        for (const each of group) {
          if (!each.stale && (parts & each.parts) === 0) continue;
          const seen =
            change === undefined ? each.aspect.state(state) : each.aspect.change(change).after;
          each.counted.tally.couldFail += open(each, seen);
        }
      }
    },
    advance(change, found) {
      for (const each of all) {
        const { counted } = each;
        counted.tally.evaluations++;
        if (each.open === 0) continue;
        const seen = each.aspect.change(change);
        for (let i = advance(each, seen, 0); i >= 0; i = advance(each, seen, i + 1)) {
          found.push(violation(counted, broken(i)));
        }
      }
    },
    block(length) {
      for (const each of all) {
        const { left, open, stale } = each;
        each.saved = { left: [...left], open, stale };
      }
      for (const [changed, [first]] of groups) {
        changedIn.set(changed, (first as Kept).aspect.block.map(changed));
      }
      let kept = false;
      try {
        kept = all.every(keeps);
      } finally {
        for (const each of all) endBlock(each, kept ? length : 0);
      }
      return kept;
    },
    save(into, at) {
      let next = 0;
      for (const { left } of all) {
        for (const each of left) {
          const word = at + (next >> 1);
          if ((next & 1) === 0) into[word] = each + 1;
          else into[word] = (into[word] as number) | ((each + 1) << 16);
          next++;
        }
      }
    },
    restore(from, at) {
      let next = 0;
      for (const each of all) {
        const { left } = each;
        for (let i = 0; i < left.length; i++) {
          const word = from[at + (next >> 1)] as number;
          left[i] = ((next & 1) === 0 ? word & 0xffff : word >>> 16) - 1;
          next++;
        }
        each.open = left.filter((remaining) => remaining !== closed).length;
        each.stale = true;
      }
    },
  };
}

function close(each: Kept, instance: number): void {
  each.left[instance] = closed;
  each.open--;
  each.stale = true;
}

/** A block of so many changes counts; one of none is undone. */
function endBlock(each: Kept, changes: number): void {
  const { tally } = each.counted;
  if (changes > 0) {
    tally.evaluations += changes;
    tally.couldFail += each.opened;
  } else {
    Object.assign(each, each.saved);
  }
  each.opened = 0;
}

function boundOf(property: Within, state: unknown, instance: number, size: Sizes): number {
  const bound = property.bound(state as never, instance, size);
  if (Number.isInteger(bound) && bound >= 0 && bound < boundMax) return bound;
  throw new Error(`property '${property.id}' has the bound ${bound}, not 0..${boundMax - 1}`);
}

function broken(instance: number): string {
  return `the promise for instance ${instance} was not kept in its bound`;
}
