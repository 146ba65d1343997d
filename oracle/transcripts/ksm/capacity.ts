/**
 * How much sharing a population allows when a frame has at most `limit` mappings
 * (`max_page_sharing`, DED-I1): the scanner fills one frame before it begins another, and begins
 * one only with two equal pages, so a single page left over stays alone.
 */
import type { SizeClass } from './population.ts';

/** Numbers of frames and of mappings in the whole host. */
export interface Capacity {
  /** Shared frames when everything that can be merged is. */
  readonly shared: number;
  /** Mappings beyond the first of each frame (`pages_sharing`) then. */
  readonly sharing: number;
  /** Contents that need more than one frame, and the frames of those. */
  readonly chains: number;
  readonly dups: number;
  /** Most mappings that one frame can have. */
  readonly widest: number;
  /** Nothing here rests on contents that are perhaps different. */
  readonly certain: boolean;
}

/** Frames for `size` equal pages. */
export function frames(size: number, limit: number): number {
  if (size < 2) return 0;
  return Math.floor(size / limit) + (size % limit >= 2 ? 1 : 0);
}

/** Mappings beyond the first of each frame for `size` equal pages. */
export function extraMappings(size: number, limit: number): number {
  return size < 2 ? 0 : size - Math.ceil(size / limit);
}

/** Most frames for `size` pages of up to `parts` contents, each with some not full. */
function mostFrames(size: number, limit: number, parts: number): number {
  return Math.min(Math.floor(size / 2), frames(size, limit) + 2 * parts);
}

/** What the classes allow. Zero pages count as any other content if `zeroShared`. */
export function capacity(
  classes: readonly SizeClass[],
  limit: number,
  zeroShared: boolean,
): Capacity {
  const sum = { shared: 0, sharing: 0, chains: 0, dups: 0, widest: 0, certain: true };
  for (const { size, count, certain, zero, parts = size } of classes) {
    if (zero && !zeroShared) continue;
    const needed = certain ? frames(size, limit) : mostFrames(size, limit, parts);
    sum.shared += needed * count;
    sum.sharing += extraMappings(size, limit) * count;
    if (needed >= 2) {
      sum.chains += certain ? count : Math.floor(needed / 2) * count;
      sum.dups += needed * count;
    }
    sum.widest = Math.max(sum.widest, Math.min(size, limit));
    sum.certain &&= certain;
  }
  return sum;
}

/** Frames that remain at least when `classes` were all merged and members left. */
export function framesKept(
  classes: readonly Pick<SizeClass, 'size' | 'count'>[],
  limit: number,
): number {
  let kept = 0;
  for (const { size, count } of classes) kept += Math.ceil(size / limit) * count;
  return kept;
}
