/** The promises that a run has open: one for each instance of each `within` property. */
import type { Change, Within } from './property.ts';
import type { Sizes } from './scope.ts';
import { type Counted, type Violation, violation } from './tally.ts';

export interface Promises {
  /** How many promises can be open at once. */
  readonly instances: number;
  /** Forgets every promise. */
  clear(): void;
  /** Opens the promises that a state starts. */
  open(state: unknown): void;
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
  }));
  return {
    instances: all.reduce((sum, { left }) => sum + left.length, 0),
    clear() {
      for (const { left } of all) left.fill(closed);
    },
    open(state) {
      for (const { property, left, tally } of all) {
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
      for (const { counted, property, left, tally } of all) {
        tally.evaluations++;
        for (let i = 0; i < left.length; i++) {
          const remaining = left[i] as number;
          if (remaining === closed) continue;
          if (!property.assuming(change, i) || property.done(change.after, i, size)) {
            left[i] = closed;
          } else if (property.counts(change, i)) {
            left[i] = remaining - 1;
            // The last counted command went to `closed`, so a broken promise is told once.
            if (remaining === 0) found.push(violation(counted, broken(i)));
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
      for (const { left } of all) {
        for (let i = 0; i < left.length; i++) left[i] = saved.charCodeAt(next++) - 1;
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
