/** How short a counterexample can be: breadth-first search, which says what it could not finish. */
import { type BreadthFirstOptions, breadthFirst } from '../checker/index.ts';
import type { Call, Machine, Property, Scope } from '../machine/index.ts';

export interface Shortest {
  /** The shortest trace known. */
  readonly trace: readonly Call[];
  /** No trace with fewer commands violates one of the properties. */
  readonly proved: boolean;
}

export interface ShortestOptions<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  /** A trace counts when it violates one of these. */
  readonly properties: readonly Property<never>[];
  /** A trace that does. */
  readonly trace: readonly Call[];
  /** How many states each of the two searches may keep. */
  readonly states: number;
}

/**
 * Looks for a shorter trace, first among all commands, which may prove that there is none; where
 * that is too much, among the commands that the trace uses, which proves nothing.
 */
export function shortest<S>(options: ShortestOptions<S>): Shortest {
  const { trace } = options;
  const all = shorter(options, {});
  if (all === 'none') return { trace, proved: true };
  if (all !== 'unknown') return { trace: all, proved: true };
  const commands = [...new Set(trace.map(({ kind }) => kind))];
  const some = shorter(options, { commands });
  return { trace: typeof some === 'string' ? trace : some, proved: false };
}

function shorter<S>(
  { machine, scope, properties, trace, states }: ShortestOptions<S>,
  limits: Pick<BreadthFirstOptions<S>, 'commands'>,
): readonly Call[] | 'none' | 'unknown' {
  const maxDepth = trace.length - 1;
  // The search cannot stop inside a state, and one state may have thousands of successors.
  if (states === 0) return 'unknown';
  try {
    const result = breadthFirst(machine, scope, {
      ...limits,
      properties,
      maxStates: states,
      maxDepth,
    });
    if (result.verdict === 'violated') return result.trace;
    return result.distinct > states ? 'unknown' : 'none';
  } catch {
    // A faulty rule may throw, or leave the bounds of the scope: then nothing is known.
    return 'unknown';
  }
}
