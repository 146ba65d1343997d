/** Building initial states. */
import type { Sizes } from './scope.ts';
import type { Id, Index, Rows, Table } from './shape.ts';

/** One element for each id of an index set; `make` must give a fresh one each time. */
export function table<N extends string, X>(
  sizes: Sizes,
  over: Index<N>,
  make: (id: Id<N>) => X,
): Table<N, X> & Rows<N, X> {
  const size = sizes[over.name];
  if (size === undefined) throw new Error(`the scope gives no size for index set '${over.name}'`);
  const items = Array.from({ length: size }, (_, id) => make(id));
  // An array read only at ids of the scope: `at` never sees the outside.
  return items as unknown as Table<N, X> & Rows<N, X>;
}

/** What each entry of a table begins with. */
export function initialsOf<T extends Readonly<Record<string, { initial(sizes: never): unknown }>>>(
  of: T,
  sizes: Sizes,
): { [K in keyof T]: ReturnType<T[K]['initial']> } {
  const states = Object.entries(of).map(([name, entry]) => [name, entry.initial(sizes as never)]);
  return Object.fromEntries(states) as { [K in keyof T]: ReturnType<T[K]['initial']> };
}
