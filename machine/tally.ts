/** What is known of a property after some evaluations: counts, and what was violated. */
import type { Property, Reads } from './property.ts';

export interface Violation {
  readonly property: string;
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
}

/** How often a property was evaluated, skipped, and could have failed. */
export interface Tally {
  evaluations: number;
  couldFail: number;
  /** Accepted commands that the property does not look at, or that change nothing it reads. */
  readonly skipped: number;
  violations: number;
}
export type Tallies = ReadonlyMap<string, Tally>;

/** A property beside its count. */
export interface Counted<P extends Property = Property> {
  readonly property: P;
  readonly tally: Tally;
}

/** All parts of a state, as far as anybody can tell. */
export const anything = -1;
const everything: Reads = { parts: anything, changed: () => anything };
/** What a property reads: everything when it does not say. */
export const readsOf = ({ reads }: { readonly reads?: Reads }): Reads => reads ?? everything;

/** Counts a violation and names it. */
export function violation({ property, tally }: Counted, message: string): Violation {
  tally.violations++;
  return { property: property.id, name: property.name, message };
}
