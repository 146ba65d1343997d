import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { resuming, type SystemUnderTest } from '../../../oracle/index.ts';

/** A system whose state is what it was told to do; `broken` is the number that it fails at. */
function recording(broken: number | undefined, forgets: boolean) {
  let state: readonly number[] = [];
  let kept = new Map<number, readonly number[]>();
  const counts = { steps: 0, restores: 0 };
  const system: Pick<SystemUnderTest, 'reset' | 'step' | 'observe' | 'snapshot' | 'restore'> = {
    reset() {
      state = [];
    },
    async step({ args: { n } }) {
      counts.steps++;
      if (n === broken) {
        // A process that died keeps nothing.
        kept = new Map();
        throw new Error('broken');
      }
      state = [...state, n as number];
      return { ok: true, events: [{ type: 'told', all: state.join() }] };
    },
    observe: async () => state,
    async snapshot(number) {
      kept.set(number, state);
      return !forgets || number % 8 === 0;
    },
    async restore(number) {
      counts.restores++;
      const found = kept.get(number);
      if (found === undefined || (forgets && counts.restores % 2 === 0)) return false;
      state = found;
      return true;
    },
  };
  return { system: system as SystemUnderTest, counts };
}

const traceOf = (numbers: readonly number[]) => numbers.map((n) => ({ kind: 'told', args: { n } }));

type Adapter = ReturnType<NonNullable<ReturnType<typeof resuming>>>;
async function followed(adapter: Adapter, trace: ReturnType<typeof traceOf>): Promise<unknown[]> {
  const seen: unknown[] = [];
  await adapter.reset();
  seen.push(await adapter.observe?.());
  try {
    for (const call of trace) {
      seen.push(await adapter.step(call), await adapter.observe?.());
    }
  } catch (error) {
    seen.push(String(error));
  }
  return seen;
}

test('a system that is resumed answers as if it had begun anew', async () => {
  const numbers = fc.array(fc.nat(2), { maxLength: 20 });
  const property = fc.asyncProperty(
    fc.array(numbers, { maxLength: 12 }),
    fc.option(fc.nat(4), { nil: undefined }),
    fc.boolean(),
    async (traces, broken, forgets) => {
      const anew = recording(broken, false);
      const { system } = recording(broken, forgets);
      const resumed = resuming(system);
      for (const each of traces) {
        const trace = traceOf(each);
        const adapter = resumed?.(trace) as Adapter;
        expect(await followed(adapter, trace)).toEqual(await followed(anew.system, trace));
      }
    },
  );
  await fc.assert(property, { seed: 1, numRuns: 200 });
});

test('what two traces begin with is carried out once, up to the last snapshot', async () => {
  const { system, counts } = recording(undefined, false);
  const resumed = resuming(system);
  const first = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const traces = [first, [...first.slice(0, 9), 1], [...first.slice(0, 5), 1]].map(traceOf);
  const steps: number[] = [];
  for (const trace of traces) {
    const from = counts.steps;
    await followed(resumed?.(trace) as Adapter, trace);
    steps.push(counts.steps - from);
  }
  expect(steps).toEqual([10, 2, 2]);
  expect(counts.restores).toBe(2);
});

test('commands that were left out are not taken for those that were carried out', async () => {
  const { system } = recording(undefined, false);
  const resumed = resuming(system);
  const [a, b] = [traceOf([0, 1, 2, 3, 4, 5]), traceOf([0, 9, 2, 3, 4, 5])];
  for (const trace of [a, b]) {
    const adapter = resumed?.(trace) as Adapter;
    await adapter.reset();
    // The first is left out of both, so what comes second is the first difference.
    for (const call of trace.slice(1)) await adapter.step(call);
    expect(await adapter.observe?.()).toEqual(trace.slice(1).map(({ args: { n } }) => n));
  }
});
