/** What a search is asked, as each of those who take part in it needs it. */
import type { BreadthFirstOptions } from '../breadth-first.ts';
import { asked } from '../result.ts';
import type { ExpanderOptions } from './expander.ts';

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
