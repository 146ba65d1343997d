/** What an oracle must know of a system. */
import type { Scope } from '../../machine/index.ts';
import type { Kind } from './commands.ts';

/** How much of a system is compared: what it answers, also what it shows, or all that it has. */
export type Compare = 'reply' | 'reply+view' | 'full';

export interface OracleOptions {
  /** The configuration; the machine's scope named `fuzz` when absent, or its first one. */
  readonly scope?: Scope;
  /**
   * `reply`: observations are not asked for. `reply+view` (when absent): any part of the state may
   * be observed. `full`: an observation must show all of it, ghosts and history apart.
   */
  readonly compare?: Compare;
  /** More states than these at a time are a failure; 256 when absent. */
  readonly maxStates?: number;
  /** Index sets whose ids the system never names: states that differ in these alone are one. */
  readonly anonymous?: readonly string[];
  /** The types of events that the system reports; all when absent. */
  readonly events?: readonly string[];
  /** Kinds of commands that the system carries out by itself at any time, and does not tell. */
  readonly internal?: readonly string[];
  /** Codes with which the system may refuse a kind of command for reasons of its own. */
  readonly loose?: Readonly<Record<string, readonly string[]>>;
  /** The share of the commands of a trace that may be refused so, 0 to 1; 0.2 when absent. */
  readonly looseShare?: number;
}

/** Kinds and codes that options name must be there, and no id that has no name be asked for. */
export function checkOptions(
  kinds: ReadonlyMap<string, Kind>,
  { internal = [], loose = {}, looseShare = 0, maxStates = 1 }: OracleOptions,
  { name }: Scope,
): void {
  for (const [kind, { unnameable }] of kinds) {
    if (unnameable === undefined) continue;
    throw new Error(`${kind} names ids in '${unnameable}', so they cannot be anonymous`);
  }
  for (const kind of [...internal, ...Object.keys(loose)]) {
    if (!kinds.has(kind)) throw new Error(`there is no command '${kind}' in scope '${name}'`);
  }
  if (!(looseShare >= 0 && looseShare <= 1)) {
    throw new RangeError(`looseShare is ${looseShare}, not a share from 0 to 1`);
  }
  if (!Number.isInteger(maxStates) || maxStates < 1) {
    throw new RangeError(`maxStates is ${maxStates}, not a whole number from 1 on`);
  }
}
