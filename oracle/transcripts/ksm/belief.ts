/**
 * What the log leaves open about which processes live. Exits show only as labels and notes
 * (decision 23 of the design), or not at all before the next process starts; the hypotheses that
 * fit are kept side by side and later observations decide.
 */
import type { Contradiction } from '../verdict.ts';
import { apply, type Command } from './commands.ts';
import { SCANS_TO_MERGE, scansSince } from './scans.ts';
import { initial, type State } from './state.ts';

/** At most this many hypotheses are held. */
const HYPOTHESES_MAX: number = 64;

/** The hypotheses that fit the log so far; never empty. */
export type Belief = readonly [State, ...State[]];

/** Nothing is open at the start. */
export function initialBelief(): Belief {
  return [initial()];
}

/** Every hypothesis after the command. */
export function told(belief: Belief, command: Command): Belief {
  const [first, ...rest] = belief;
  return [apply(first, command), ...rest.map((state) => apply(state, command))];
}

/**
 * Every hypothesis with and without the exit of each named process.
 * Undefined when that would be more than {@link HYPOTHESES_MAX}.
 */
export function perhapsExited(belief: Belief, names: readonly string[]): Belief | undefined {
  let [first, ...rest] = belief;
  for (const name of names) {
    const without = [first, ...rest]
      .filter((state) => state.processes.some((process) => process.name === name))
      .map((state) => apply(state, { kind: 'exit', name }));
    [first, ...rest] = distinct([first, ...rest, ...without]);
    if (rest.length >= HYPOTHESES_MAX) return undefined;
  }
  return [first, ...rest];
}

/** The hypotheses under which an observation is possible, or why the first one forbids it. */
export function observed(
  belief: Belief,
  judge: (state: State) => State | Contradiction,
): Belief | Contradiction {
  let refused: Contradiction | undefined;
  const fitting: State[] = [];
  for (const state of belief) {
    const result = judge(state);
    if ('field' in result) refused ??= result;
    else fitting.push(result);
  }
  const [first, ...rest] = fitting;
  if (first !== undefined) return distinct([first, ...rest]);
  if (refused === undefined) throw new Error('a belief without hypotheses');
  return refused;
}

function distinct(belief: Belief): Belief {
  if (belief.length === 1) return belief;
  const byKey = new Map(belief.map((state) => [keyOf(state), state]));
  const [first, ...rest] = byKey.values();
  return first === undefined ? belief : [first, ...rest];
}

/** Hypotheses that differ in nothing that later observations could tell apart. */
function keyOf(state: State): string {
  const names = state.processes.map(({ name, mergeable, sure }) => `${name}${mergeable}${sure}`);
  const settled = scansSince(state, SCANS_TO_MERGE) ? 'settled' : `${state.changedAt}`;
  const { stale, leaving, fresh, young, redoneLeft } = state;
  return [...names, stale, leaving, fresh, young, redoneLeft, settled].join(' ');
}
