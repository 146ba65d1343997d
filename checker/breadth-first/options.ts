/** What a search is asked, as each of those who take part in it needs it. */
import { asked, type SearchOptions } from '../result.ts';
import type { Symmetry } from '../symmetry.ts';
import type { ExpanderOptions } from './expander.ts';
import type { Mode } from './form.ts';
import type { Source } from './threads.ts';

export interface BreadthFirstOptions<S> extends SearchOptions<S> {
  /** `exact` keeps the states and compares them; `fingerprint` keeps 64 bits of each. */
  readonly mode?: Mode;
  /**
   * Keeps one state of each class of states that differ in names alone; what `selfTest` trusts. Only
   * for invariants and goals; traces are of the machine itself all the same.
   */
  readonly symmetry?: Symmetry;
  /**
   * Leaves out steps that commute with steps taken before: fewer are generated, the same states are
   * found. Only for invariants and a goal; other properties see steps.
   */
  readonly sleepSets?: boolean;
  /** Several threads search together; what they find is the same, whatever their number. */
  readonly workers?: { readonly count: number; readonly source: Source } | undefined;
  /**
   * Writes what is known to a folder between levels, and goes on from there with `resume`. `of` says
   * what the declarations and the text of the rules do not: which fault a machine has, say.
   */
  readonly checkpoint?:
    | { readonly folder: string; readonly resume?: boolean; readonly of: string }
    | undefined;
}

export function expanderOptionsOf<S>(options: BreadthFirstOptions<S>): ExpanderOptions {
  const { goal, mode = 'exact', commands, calls, deadlocks = false } = options;
  const { symmetry, sleepSets = false } = options;
  return {
    properties: asked(options),
    goal: goal as ((state: never) => boolean) | undefined,
    mode,
    commands,
    calls,
    deadlocks,
    symmetry,
    sleepSets,
  };
}
