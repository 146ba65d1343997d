/** The promises that a run has open: one for each instance of each `within` property. */
import type { Change, Reads, Within } from './property.ts';
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
  /** Writes what is open into words, two promises a word; `restore` takes it back. */
  save(into: Int32Array, at: number): void;
  restore(from: Int32Array, at: number): void;
}

/** No promise is open. */
const closed = -1;
/** A count of commands is kept in half a word. */
const boundMax = 65_534;

export function promises(within: readonly Counted<Within>[], size: Sizes): Promises {
  const all = within.map((counted) => ({
    counted,
    property: counted.property,
    tally: counted.tally,
    /** For each instance: how many counted commands it has left. */
    left: Array.from({ length: counted.property.instances(size) }, () => closed),
    parts: readsOf(counted.property).parts,
    /** How many instances have their promise open. */
    open: 0,
    /** A promise was closed without a look at whether the state starts it again. */
    stale: true,
  }));
  type Kept = (typeof all)[number];
  // What a command changed is worked out once for all that tell it in the same way.
  const groups = new Map<Reads['changed'], Kept[]>();
  for (const each of all) {
    const { changed } = readsOf(each.property);
    const group = groups.get(changed);
    if (group === undefined) groups.set(changed, [each]);
    else group.push(each);
  }
  const open = (each: Kept, state: unknown): void => {
    const { property, left, tally } = each;
    each.stale = false;
    for (let i = 0; i < left.length; i++) {
      if (left[i] !== closed || !property.starts(state as never, i, size)) continue;
      // What is done already promises nothing.
      if (property.done(state as never, i, size)) continue;
      left[i] = boundOf(property, state, i, size);
      each.open++;
      tally.couldFail++;
    }
  };
  const close = (each: Kept, instance: number): void => {
    each.left[instance] = closed;
    each.open--;
    each.stale = true;
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
        const parts = change === undefined ? anything : changed(change);
        for (const each of group) {
          if (each.stale || (parts & each.parts) !== 0) open(each, state);
        }
      }
    },
    advance(change, found) {
      for (const each of all) {
        each.tally.evaluations++;
        if (each.open === 0) continue;
        const { counted, property, left } = each;
        for (let i = 0; i < left.length; i++) {
          const remaining = left[i] as number;
          if (remaining === closed) continue;
          if (!property.assuming(change, i) || property.done(change.after, i, size)) {
            close(each, i);
          } else if (property.counts(change, i)) {
            if (remaining > 0) left[i] = remaining - 1;
            else {
              // Closed, so that a broken promise is told once.
              close(each, i);
              found.push(violation(counted, broken(i)));
            }
          }
        }
      }
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

function boundOf(property: Within, state: unknown, instance: number, size: Sizes): number {
  const bound = property.bound(state as never, instance, size);
  if (Number.isInteger(bound) && bound >= 0 && bound < boundMax) return bound;
  throw new Error(`property '${property.id}' has the bound ${bound}, not 0..${boundMax - 1}`);
}

function broken(instance: number): string {
  return `the promise for ${instance} was not kept in its bound`;
}
