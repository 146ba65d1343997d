/** The operations of a table on the strict host: those of `TableView`, and no others. */

type Element = (id: number) => unknown;
type Test = (item: unknown, id: number) => boolean;

/** The operation of a table of `length` elements; `fail` when there is none of that name. */
export function tableOperations(
  name: string | symbol,
  length: number,
  element: Element,
  fail: (problem: string) => never,
): unknown {
  // Elements are read one by one: a test may change those that come later.
  function* items(): Generator<[item: unknown, id: number]> {
    for (let id = 0; id < length; id++) yield [element(id), id];
  }
  function* only(test: Test): Generator<[item: unknown, id: number]> {
    for (const [item, id] of items()) if (test(item, id)) yield [item, id];
  }
  const first = (test: Test): number => {
    for (const [, id] of only(test)) return id;
    return -1;
  };
  switch (name) {
    case Symbol.iterator:
      return function* () {
        for (const [item] of items()) yield item;
      };
    case 'at':
      return (id: number) =>
        Number.isInteger(id) && id >= 0 && id < length
          ? element(id)
          : fail(`has no element at ${id}: ids are 0..${length - 1}`);
    case 'some':
      return (test: Test) => first(test) !== -1;
    case 'every':
      return (test: Test) => first((item, id) => !test(item, id)) === -1;
    case 'filter':
      return (test: Test) => Array.from(only(test), ([item]) => item);
    case 'map':
      return (change: (item: unknown, id: number) => unknown) =>
        Array.from(items(), ([item, id]) => change(item, id));
    case 'reduce':
      return (join: (sum: unknown, item: unknown, id: number) => unknown, start: unknown) => {
        let sum = start;
        for (const [item, id] of items()) sum = join(sum, item, id);
        return sum;
      };
    case 'forEach':
      return (visit: (item: unknown, id: number) => void) => {
        for (const [item, id] of items()) visit(item, id);
      };
    case 'findIndex':
      return first;
    default:
      return fail(`has no operation '${String(name)}'`);
  }
}
