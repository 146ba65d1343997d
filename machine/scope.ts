import type { Bound } from './shape.ts';

/** Sizes of index sets, bounds and constants of a configuration, by name. */
export type Sizes = Readonly<Record<string, number>>;

/** A bounded configuration of a machine. */
export interface Scope {
  readonly name: string;
  /** One sentence: what this scope is for. */
  readonly purpose: string;
  readonly sizes: Sizes;
  /** The command kinds that may happen, or families of them (`memory.*`); all when absent. */
  readonly commands?: readonly string[];
}

/** Whether a list of kinds and families has a kind; without a list, all are meant. */
export function names(kinds: readonly string[] | undefined, kind: string): boolean {
  if (kinds === undefined) return true;
  return kinds.some((each) =>
    each.endsWith('.*') ? kind.startsWith(each.slice(0, -1)) : each === kind,
  );
}

/** The number that a bound stands for. Throws on a name that the scope lacks. */
export function resolve(bound: Bound, sizes: Sizes): number {
  if (typeof bound === 'number') return bound;
  if (typeof bound === 'function') return bound(sizes as never);
  const size = sizes[bound];
  if (size === undefined) throw new Error(`the scope gives no size named '${bound}'`);
  return size;
}
