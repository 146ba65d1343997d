/** States whose steps are taken between two looks at the progress of a search. */
export const statesInPiece = 8;
