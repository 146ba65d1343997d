/**
 * How long pre-copy takes at most, of a guest that dirties pages at a steady rate (4.E). The first
 * round sends all memory, each later one what was dirtied during the round before.
 */

export interface Load {
  /** Pages that the guest has. */
  readonly memory: number;
  /** Pages that the channel carries in a tick. */
  readonly bandwidth: number;
  /** Pages that the guest dirties in a tick, at most. */
  readonly dirtied: number;
  /** Different pages that it ever dirties. */
  readonly workingSet: number;
}

/** A round: the pages that it sends and the ticks that it takes, both at most. */
export interface Round {
  readonly pages: number;
  readonly ticks: number;
}

/** The rounds, one after the other, as long as one asks for them. */
export function* rounds({ memory, bandwidth, dirtied, workingSet }: Load): Generator<Round> {
  for (let pages = memory; ; ) {
    const ticks = Math.ceil(pages / bandwidth);
    yield { pages, ticks };
    pages = Math.min(workingSet, dirtied * ticks);
  }
}

/**
 * The most pages that a steady guest may leave dirty for ever because a round lasts whole ticks: a
 * round of v pages dirties at most r v + d (b - 1) / b, with r = d / b, and this is where both agree.
 */
function remainder({ bandwidth, dirtied }: Load): number {
  return (dirtied * (bandwidth - 1)) / (bandwidth - dirtied);
}

/**
 * After how many rounds, at most, no more than `few` pages are dirty; null where the formula
 * promises nothing.
 *
 * The specification gives ceil(ln(M / S) / ln(1 / r)). That is of rounds whose length is a real
 * number: with 11 pages, 10 of them sent and 9 dirtied in a tick, it promises that one round leaves
 * at most 10, but that round lasts two ticks and leaves all 11, as does every round after it.
 */
export function roundsUntil(load: Load, few: number): number | null {
  const { memory, bandwidth, dirtied, workingSet } = load;
  if (workingSet <= few) return 1;
  if (dirtied >= bandwidth) return null;
  const rest = remainder(load);
  if (few <= rest) return null;
  if (memory <= few) return 1;
  const factor = Math.log((memory - rest) / (few - rest));
  return Math.max(1, Math.ceil(factor / Math.log(bandwidth / dirtied)));
}

/** The pages that so many rounds send at most, of a guest that dirties fewer than are sent. */
export function pagesSentIn(load: Load, count: number): number {
  const { memory, bandwidth, dirtied } = load;
  const rest = remainder(load);
  const ratio = dirtied / bandwidth;
  return ((memory - rest) * (1 - ratio ** count)) / (1 - ratio) + rest * count;
}
