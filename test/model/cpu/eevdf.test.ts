import { expect, test } from 'vitest';
import { multiply, printRational, rational, subtract } from '../../../machine/index.ts';
import { type CpuStory, cpu, weighted } from './story.ts';

/** What each thread is owed, in ticks. */
function lags(story: CpuStory, ...weights: readonly number[]): readonly string[] {
  const { runtime, virtualTime } = story.cpu.scheduler.states.eevdf;
  return weights.map((weight, t) =>
    printRational(multiply(subtract(virtualTime, runtime.at(t)), rational(weight))),
  );
}

test('EX-1: EEVDF serves weights 3 and 1 as ABAAABAAABAA, with these lags', () => {
  const story = weighted('eevdf', 3, 1);
  const seen: (readonly string[])[] = [];
  let picks = '';
  for (let tick = 1; tick <= 12; tick++) {
    picks += story.ticks(1);
    if (tick <= 4) seen.push(lags(story, 3, 1));
  }
  expect(picks).toBe('ABAAABAAABAA');
  expect(seen).toEqual([
    ['-1/4', '1/4'],
    ['1/2', '-1/2'],
    ['1/4', '-1/4'],
    ['0', '0'],
  ]);
});

test('EX-2: under EEVDF a heavy thread has every second tick, and nobody is a tick off', () => {
  const story = weighted('eevdf', 5, 1, 1, 1, 1, 1);
  let picks = '';
  for (let tick = 0; tick < 10; tick++) {
    picks += story.ticks(1);
    const { runtime, virtualTime } = story.cpu.scheduler.states.eevdf;
    for (const [t, each] of [...runtime].entries()) {
      const { n, d } = multiply(subtract(virtualTime, each), rational(t === 0 ? 5 : 1));
      expect(Math.abs(n) < d, `the lag of thread ${t} is ${n}/${d}`).toBe(true);
    }
  }
  expect(picks).toBe('ABACADAEAF');
});

test('C17: a thread cannot sleep away what it owes', () => {
  const story = weighted('eevdf', 1, 1);
  story.ticks(1);
  expect(lags(story, 1, 1)).toEqual(['-1/2', '1/2']);
  story.run(cpu('halt', { thread: 1 }), cpu('wake', { thread: 1 }));
  story.ticks(1);
  expect(lags(story, 1, 1)).toEqual(['-1/2', '1/2']);
});

test('C16: a weight that is changed and changed back leaves the lag as it was', () => {
  const story = weighted('eevdf', 3, 1);
  story.ticks(2);
  story.run(cpu('set-weight', { vm: 1, weight: 2 }));
  expect(lags(story, 3, 2)).toEqual(['1/2', '-1/2']);
  story.run(cpu('set-weight', { vm: 1, weight: 1 }));
  expect(lags(story, 3, 1)).toEqual(['1/2', '-1/2']);
});
