/** The order in which the states found in a round are numbered, whoever found them and when. */
import type { Found } from './known.ts';

/**
 * The states found, in the order of their arrivals: by the rank of the state before, from `first`
 * up to, not including, `end`, then by call. State `i` of list `l` is given as `i * lists + l`.
 */
export function ranked(lists: readonly Found[], first: number, end: number): Int32Array {
  const starts = new Int32Array(end - first + 1);
  let count = 0;
  for (const found of lists) {
    for (let i = 0; i < found.count; i++) (starts[found.parent(i) - first + 1] as number)++;
    count += found.count;
  }
  for (let p = 1; p < starts.length; p++) (starts[p] as number) += starts[p - 1] as number;
  const order = new Int32Array(count);
  const calls = new Int32Array(count);
  const ends = starts.slice();
  for (const [l, found] of lists.entries()) {
    for (let i = 0; i < found.count; i++) {
      const parent = found.parent(i) - first;
      const call = found.call(i);
      // From one state there are few, and each list mostly has them in order.
      let at = (ends[parent] as number)++;
      for (; at > (starts[parent] as number) && (calls[at - 1] as number) > call; at--) {
        calls[at] = calls[at - 1] as number;
        order[at] = order[at - 1] as number;
      }
      calls[at] = call;
      order[at] = i * lists.length + l;
    }
  }
  return order;
}
