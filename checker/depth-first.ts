/**
 * Depth-first search: follows each run as far as it goes, or to a bound, before it tries another.
 *
 * A state is kept with the number of the state that it was found from and the call, so a trace is
 * put together when it is asked for; what is still to be expanded is a stack of numbers. Under a
 * bound the fewest steps by which a state was found are kept too, and a state that is met again by
 * fewer is expanded again: from there the bound lets a search see further than it did.
 */
import type { Machine, Scope } from '../machine/index.ts';
import { statesInPiece } from './pieces.ts';
import {
  type InPieces,
  resultOfTrace,
  type SearchOptions,
  type SearchResult,
  toEnd,
} from './result.ts';
import { Rows } from './rows.ts';
import { StateSpace } from './state-space.ts';

/** Throws `RuleThrew`. */
export function depthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SearchOptions<S> = {},
): SearchResult {
  return toEnd(depthFirstInPieces(machine, scope, options));
}

/**
 * Without `maxDepth` every state is expanded once, and `levels` says how deep the search was when it
 * found it. With it they are those of a breadth-first search, once no state is left to expand.
 * Throws `RuleThrew`.
 */
export function* depthFirstInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SearchOptions<S> = {},
): InPieces {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const paths = new Paths();
  /** States to expand, each after the number of steps that lead to it. */
  const stack: number[] = [];
  let expanded = 0;
  let depth = 0;
  const space: StateSpace<S> = new StateSpace(machine, scope, options, 'exact', {
    trace: () => paths.callsTo(expanded).map((call) => space.callOf(call)),
    levels: () => paths.levels,
    bytes: () => paths.bytes + 8 * stack.length,
  });
  const { rows } = space;

  const arrive = (call: number, row: number, isNew: boolean): void => {
    if (isNew) paths.add(expanded, call, depth + 1);
    else if (maxDepth === Number.POSITIVE_INFINITY || paths.depth(row) <= depth + 1) return;
    else paths.shorten(row, expanded, call, depth + 1);
    if (depth + 1 < maxDepth) stack.push(depth + 1, row);
  };

  paths.add(-1, -1, 0);
  if (maxDepth > 0) stack.push(0, 0);
  let ended = space.begin();
  let stopped = false;
  for (let taken = 1; stack.length > 0 && ended === undefined && !stopped; taken++) {
    expanded = stack.pop() as number;
    depth = stack.pop() as number;
    // A shorter path to it was found since, and it was expanded from there.
    if (paths.depth(expanded) < depth) continue;
    ended = space.expand(rows.chunk(expanded), rows.at(expanded), arrive);
    stopped = space.distinct > maxStates;
    if (taken % statesInPiece !== 0) continue;
    stopped ||= (yield { ...space.progress, depth }) === true;
  }
  if (ended !== undefined) return resultOfTrace(space.counts, space.subject, ended);
  // At the bound there are states that were not expanded.
  const isCut = stopped || paths.levels.length > maxDepth;
  return { ...space.counts, verdict: isCut ? 'inconclusive' : 'holds' };
}

/**
 * A path to each state: the state before, the call, and the number of steps. A state before is always
 * nearer to the start than the one after, so paths end.
 */
class Paths {
  private readonly links: Rows = new Rows(3);
  private readonly link = new Int32Array(3);
  private readonly counts: number[] = [];

  /** How many states have a path of each length. */
  get levels(): readonly number[] {
    return this.counts.slice(0, this.counts.findLastIndex((count) => count > 0) + 1);
  }
  get bytes(): number {
    return 12 * this.links.count;
  }
  depth(row: number): number {
    return this.links.chunk(row)[this.links.at(row) + 2] as number;
  }

  /** The path to the next row. */
  add(before: number, call: number, depth: number): void {
    this.link.set([before, call, depth]);
    this.links.push(this.link, 0);
    this.counts[depth] = (this.counts[depth] ?? 0) + 1;
  }
  /** A shorter path to a row. */
  shorten(row: number, before: number, call: number, depth: number): void {
    (this.counts[this.depth(row)] as number)--;
    this.links.chunk(row).set([before, call, depth], this.links.at(row));
    (this.counts[depth] as number)++;
  }
  callsTo(row: number): readonly number[] {
    const calls: number[] = [];
    for (let at = row; at > 0; ) {
      const [chunk, start] = [this.links.chunk(at), this.links.at(at)];
      calls.push(chunk[start + 1] as number);
      at = chunk[start] as number;
    }
    return calls.reverse();
  }
}
