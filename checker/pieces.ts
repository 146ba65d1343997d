/** How far a search is, said now and then. */
export interface SearchProgress {
  /** States found, and steps taken. */
  readonly distinct: number;
  readonly generated: number;
  /** Steps from the initial state to the furthest state. */
  readonly depth: number;
  /** Bytes that are kept for the states. */
  readonly bytes: number;
}

/** States whose steps are taken between two looks at the progress of a search. */
export const statesInPiece = 8;
