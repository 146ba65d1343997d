/** Numbers for the calls of a machine in a scope. */
import type { Call } from '../command.ts';
import type { Plan } from '../enumerate.ts';

export interface NumberedCalls {
  readonly calls: number;
  /** For each plan, the number of its first call. */
  readonly first: readonly number[];
  call(number: number): Call;
  numberOf(call: Call): number;
}

/** Calls are numbered plan by plan, the last argument counting fastest. */
export function numberCalls(all: readonly Plan[]): NumberedCalls {
  const first: number[] = [];
  let calls = 0;
  for (const { slots } of all) {
    first.push(calls);
    calls += slots.reduce((product, { values }) => product * values.length, 1);
  }
  if (calls > 2 ** 31) throw new Error(`${calls} calls in one scope are too many to be numbered`);
  return {
    calls,
    first,
    call(number) {
      const i = first.findLastIndex((each) => each <= number);
      const { command, slots } = all[i] as Plan;
      let rest = number - (first[i] as number);
      const values = slots
        .toReversed()
        .map(({ values: of }) => {
          const value = of[rest % of.length];
          rest = Math.floor(rest / of.length);
          return value;
        })
        .reverse();
      const args = Object.fromEntries(slots.map(({ name }, at) => [name, values[at]]));
      return { kind: command.kind, args };
    },
    numberOf({ kind, args }) {
      const i = all.findIndex(({ command }) => command.kind === kind);
      let number = 0;
      for (const { name, values } of all[i]?.slots ?? []) {
        const at = values.findIndex((value) => same(value, args[name]));
        if (at === -1) return -1;
        number = number * values.length + at;
      }
      return i === -1 ? -1 : (first[i] as number) + number;
    },
  };
}

const same = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((each, i) => each === b[i])
    : a === b;
