import type { Bound } from './shape.ts';

/** Sizes of index sets, bounds and constants of a configuration, by name. */
export type Sizes = Readonly<Record<string, number>>;

/** A bounded configuration of a machine. */
export interface Scope {
  readonly name: string;
  /** One sentence: what this scope is for. */
  readonly purpose: string;
  readonly sizes: Sizes;
  /** The command kinds that may happen; all when absent. */
  readonly commands?: readonly string[];
}

/** The number that a bound stands for. Throws on a name that the scope lacks. */
export function resolve(bound: Bound, sizes: Sizes): number {
  if (typeof bound === 'number') return bound;
  if (typeof bound === 'function') return bound(sizes as never);
  const size = sizes[bound];
  if (size === undefined) throw new Error(`the scope gives no size named '${bound}'`);
  return size;
}
