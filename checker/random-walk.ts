/**
 * Random walks: runs through states too many to be searched, each of them begun anew and chosen by
 * numbers of a seed.
 *
 * Every step of a state that a walk comes to is taken and asked, and the walk goes on by one of them.
 * A command is chosen first, then one of its calls. The more often a command led a walk to a state
 * that the walk had not seen, the less it is preferred, so that those which seldom do are not drowned
 * by those which always can. A walk knows nothing of the walks before it: what it does depends on the
 * seed and its number alone, and any of them can be walked again without the others.
 */
import type { Machine, Packed, Scope } from '../machine/index.ts';
import { placed } from './hash.ts';
import { statesInPiece } from './pieces.ts';
import { randomNumbers } from './random.ts';
import {
  type InPieces,
  resultOfTrace,
  type SearchOptions,
  type SearchResult,
  toEnd,
} from './result.ts';
import { StateSpace } from './state-space.ts';

export interface RandomWalksOptions<S> extends Omit<SearchOptions<S>, 'maxDepth'> {
  readonly seed: number;
  /** How many walks there are, and the number of the first: 0 when absent. */
  readonly walks: number;
  readonly first?: number;
  /** How many steps a walk has at most; it has fewer where it comes to a state without steps. */
  readonly length: number;
}

/**
 * What was seen of the states: those that the walks came to, and those one step beside. That nothing
 * was found never shows that a machine `holds`.
 */
export type RandomWalksResult = Exclude<SearchResult, { readonly verdict: 'holds' }> & {
  /** How many walks were begun. What ended the search was found by the last of them. */
  readonly walks: number;
};

/** Throws `RuleThrew`. */
export function randomWalks<S>(
  machine: Machine<S>,
  scope: Scope,
  options: RandomWalksOptions<S>,
): RandomWalksResult {
  return toEnd(randomWalksInPieces(machine, scope, options));
}

/** Throws `RuleThrew`. */
export function* randomWalksInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: RandomWalksOptions<S>,
): InPieces<RandomWalksResult> {
  const { seed, first = 0, length, maxStates = Number.POSITIVE_INFINITY } = options;
  const levels: number[] = [1];
  let walk: Walk | undefined;
  const space: StateSpace<S> = new StateSpace(machine, scope, options, 'fingerprint', {
    trace: () => (walk?.chosen ?? []).map((call) => space.callOf(call)),
    levels: () => levels,
    bytes: () => 0,
  });
  const countAt = (depth: number): void => {
    while (levels.length <= depth) levels.push(0);
    (levels[depth] as number)++;
  };

  let ended = space.begin();
  const initial = space.after.slice();
  let walks = 0;
  let taken = 0;
  let isStopped = false;
  while (walks < options.walks && ended === undefined && !isStopped) {
    const random = randomNumbers(placed(seed, first + walks++));
    const own = new Walk(space.host.kinds, random, initial);
    walk = own;
    let goesOn = length > 0;
    while (goesOn) {
      ended = space.expand(own.state, 0, (call, row, isNew) => {
        own.offer(call, row, space.after.slice());
        if (isNew) countAt(own.chosen.length + 1);
      });
      isStopped = space.distinct > maxStates;
      if (++taken % statesInPiece === 0) {
        isStopped ||= (yield { ...space.progress, depth: own.chosen.length }) === true;
      }
      goesOn = ended === undefined && !isStopped && own.chosen.length + 1 < length && own.goOn();
    }
  }
  if (ended === undefined) return { ...space.counts, verdict: 'inconclusive', walks };
  return { ...resultOfTrace(space.counts, space.subject, ended), walks };
}

/** One walk, and the steps by which it may go on. */
class Walk {
  /** The state that it has come to, and the numbers of the calls to there. */
  state: Int32Array;
  readonly chosen: number[] = [];
  private readonly kinds: Kinds;
  private readonly random: (below: number) => number;
  /** The rows of the states that it came to. */
  private readonly seen = new Set([0]);
  /** By command: how often it led the walk to a state that it had not seen. */
  private readonly led: number[];
  /** The steps of the state, in the order of their calls. */
  private offers: Offer[] = [];

  constructor(kinds: Kinds, random: (below: number) => number, initial: Int32Array) {
    this.kinds = kinds;
    this.random = random;
    this.state = initial;
    this.led = kinds.map(() => 0);
  }

  offer(call: number, row: number, state: Int32Array): void {
    this.offers.push({ call, row, state });
  }

  /** Goes on by one of the steps offered; false where there is none. */
  goOn(): boolean {
    const { offers, seen, led } = this;
    if (offers.length === 0) return false;
    const { kind, from, to } = this.chooseCommand();
    const { call, row, state } = offers[from + this.random(to - from)] as Offer;
    this.chosen.push(call);
    this.state = state;
    if (!seen.has(row)) (led[kind] as number)++;
    seen.add(row);
    this.offers = [];
    return true;
  }

  /** One of the commands that have steps; its weight is 1 over 1 and the times it led to new states. */
  private chooseCommand(): Choice {
    const { kinds, offers, led } = this;
    const choices: Choice[] = [];
    let total = 0;
    for (let from = 0, to = 0; from < offers.length; from = to) {
      const isOf = (end: number, at: number): boolean => (offers[at] as Offer).call < end;
      const kind = kinds.findIndex(({ end }) => isOf(end, from));
      const { end } = kinds[kind] as Kinds[number];
      while (to < offers.length && isOf(end, to)) to++;
      total += 1 / (1 + (led[kind] as number));
      choices.push({ kind, from, to, upTo: total });
    }
    const point = (this.random(2 ** 30) / 2 ** 30) * total;
    return choices.find(({ upTo }) => point < upTo) as Choice;
  }
}

type Kinds = Packed<unknown>['kinds'];
interface Offer {
  readonly call: number;
  readonly row: number;
  readonly state: Int32Array;
}
/** The steps of one command, and where its share of the weights ends. */
interface Choice {
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  readonly upTo: number;
}
