/** Exhaustive search over the states of a machine. */
export {
  type BreadthFirstOptions,
  breadthFirst,
  type SearchCounts,
  type SearchResult,
} from './breadth-first.ts';
