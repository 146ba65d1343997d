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
 * Looks for a shorter trace, first among all calls, which may prove that there is none; where that
 * is too much, among calls of the kinds and with the values that the trace has, which proves nothing.
 */
export function shortest<S>(options: ShortestOptions<S>): Shortest {
  const { trace, properties } = options;
  // A search takes one run at a time.
  if (properties.some(({ kind }) => kind === 'two-run')) return { trace, proved: false };
  const all = shorter(options, {});
  if (all === 'none') return { trace, proved: true };
  if (all !== 'unknown') return { trace: all, proved: true };
  const some = shorter(options, alike(trace));
  return { trace: typeof some === 'string' ? trace : some, proved: false };
}

type Limits = Pick<BreadthFirstOptions<never>, 'commands' | 'calls'>;

/** Calls whose kind, and the value of whose every argument, occur in a trace. */
function alike(trace: readonly Call[]): Limits {
  const values = new Map<string, Set<string>>();
  for (const { args } of trace) {
    for (const [name, value] of Object.entries(args)) {
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(String(value)));
    }
  }
  return {
    commands: [...new Set(trace.map(({ kind }) => kind))],
    calls: ({ args }) =>
      Object.entries(args).every(([name, value]) => values.get(name)?.has(String(value)) === true),
  };
}

function shorter<S>(
  { machine, scope, properties, trace, states }: ShortestOptions<S>,
  limits: Limits,
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
