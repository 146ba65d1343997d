/** The order in which simpler traces are looked for. */
import { chunks, entities, kinds, pairs, prefixes, triples } from './deletions.ts';
import type { Pass } from './proposal.ts';
import { redraw } from './redraw.ts';
import { replace } from './replacements.ts';
import { unify } from './unify.ts';
import { lowerAlone, lowerTogether, sort } from './values.ts';

/** Cheap passes that drop much come first; each begins anew when a later one has found something. */
export const passes: readonly Pass[] = [
  prefixes,
  entities,
  kinds,
  chunks,
  pairs,
  triples,
  unify,
  redraw,
  replace,
  lowerTogether,
  lowerAlone,
  sort,
];
