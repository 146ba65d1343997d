/** How much an oracle has seen, and of what. */

/** What was done since the oracle was made, over all traces. */
export interface Counts {
  traces: number;
  /** Commands with a reply that was judged. */
  commands: number;
  refused: number;
  /** Commands whose reply was lost. */
  unknown: number;
  /** Commands that the system does not have. */
  unsupported: number;
  /** Refusals for reasons of the system's own. */
  loose: number;
  /** Commands of traces that were left out, since only some of the tracked states allow them. */
  skipped: number;
  observations: number;
  /** The most states that were tracked at a time. */
  statesMax: number;
  /** Traces at whose end more than one state was left. */
  ambiguous: number;
}

/** What became of the commands of one kind. */
export interface KindCounts {
  accepted: number;
  refused: number;
  unknown: number;
  unsupported: number;
}

export const noCounts = (): Counts => ({
  traces: 0,
  commands: 0,
  refused: 0,
  unknown: 0,
  unsupported: 0,
  loose: 0,
  skipped: 0,
  observations: 0,
  statesMax: 1,
  ambiguous: 0,
});
