/** The promises that a run has open: one for each instance of each `within` property. */
import type { Change, Reads, Within } from './property.ts';
import type { Sizes } from './scope.ts';
import { type Counted, type Violation, violation } from './tally.ts';

export interface Promises {
  /** How many promises can be open at once. */
  readonly instances: number;
  /** Forgets every promise. */
  clear(): void;
  /** Opens the promises that a state starts; after a `change`, those that it may have started. */
  open(state: unknown, change?: Change): void;
  /** What an accepted command does to the open promises: keeps, voids, breaks or counts. */
  advance(change: Change, found: Violation[]): void;
  /** What is open, as a text of one character for each instance; `restore` takes it back. */
  save(): string;
  restore(saved: string): void;
}

/** No promise is open. */
const closed = -1;
/** A count of commands is kept in one character. */
const boundMax = 65_534;

export function promises(within: readonly Counted<Within>[], size: Sizes): Promises {
  const all = within.map((counted) => ({
    counted,
    property: counted.property,
    tally: counted.tally,
    /** For each instance: how many counted commands it has left. */
    left: Array.from({ length: counted.property.instances(size) }, () => closed),
    /** A promise was closed without a look at whether the state starts it again. */
    stale: true,
  }));
  return {
    instances: all.reduce((sum, { left }) => sum + left.length, 0),
    clear() {
      for (const each of all) {
        each.left.fill(closed);
        each.stale = true;
      }
    },
    open(state, change) {
      for (const each of all) {
        const { property, left, tally } = each;
        if (!each.stale && change !== undefined && isUnread(property.reads, change)) continue;
        each.stale = false;
        for (let i = 0; i < left.length; i++) {
          if (left[i] !== closed || !property.starts(state as never, i, size)) continue;
          // What is done already promises nothing.
          if (property.done(state as never, i, size)) continue;
          left[i] = boundOf(property, state, i, size);
          tally.couldFail++;
        }
      }
    },
    advance(change, found) {
      for (const each of all) {
        const { counted, property, left, tally } = each;
        tally.evaluations++;
        for (let i = 0; i < left.length; i++) {
          const remaining = left[i] as number;
          if (remaining === closed) continue;
          if (!property.assuming(change, i) || property.done(change.after, i, size)) {
            left[i] = closed;
            each.stale = true;
          } else if (property.counts(change, i)) {
            left[i] = remaining - 1;
            // The last counted command went to `closed`, so a broken promise is told once.
            if (remaining > 0) continue;
            each.stale = true;
            found.push(violation(counted, broken(i)));
          }
        }
      }
    },
    save() {
      let saved = '';
      for (const { left } of all) for (const each of left) saved += String.fromCharCode(each + 1);
      return saved;
    },
    restore(saved) {
      let next = 0;
      for (const each of all) {
        const { left } = each;
        for (let i = 0; i < left.length; i++) left[i] = saved.charCodeAt(next++) - 1;
        each.stale = true;
      }
    },
  };
}

/** The change left alone all that the property reads. */
const isUnread = (reads: Reads | undefined, change: Change): boolean =>
  reads !== undefined && (reads.changed(change) & reads.parts) === 0;

function boundOf(property: Within, state: unknown, instance: number, size: Sizes): number {
  const bound = property.bound(state as never, instance, size);
  if (Number.isInteger(bound) && bound >= 0 && bound < boundMax) return bound;
  throw new Error(`property '${property.id}' has the bound ${bound}, not 0..${boundMax - 1}`);
}

function broken(instance: number): string {
  return `the promise for ${instance} was not kept in its bound`;
}
