import { expect, test } from 'vitest';
import { fairness } from '../../cli/fairness-run.ts';
import { hypercheck, jsonOf, problemsOf } from './console.ts';

test('under credit a heavy VM gets what light ones do; stride is off by n - 1 ticks, EEVDF by one', () => {
  const few = [1024, 128, 128, 128, 128];
  expect(fairness('credit', few, 1200).service).toEqual([243, 240, 240, 240, 237]);
  const among = (n: number): number[] => [100, ...Array.from({ length: n - 1 }, () => 1)];
  const worst = (scheduler: 'stride' | 'eevdf', n: number) =>
    fairness(scheduler, among(n), 300).worst;
  expect([2, 6, 10].map((n) => worst('stride', n))).toEqual([
    { n: 99, d: 101 },
    { n: 33, d: 7 },
    { n: 891, d: 109 },
  ]);
  expect([2, 6, 10].map((n) => worst('eevdf', n))).toEqual([
    { n: 99, d: 101 },
    { n: 103, d: 105 },
    { n: 107, d: 109 },
  ]);
});

test('fairness is measured for the schedulers and weights that are asked for', async () => {
  const args = ['fairness', '--scheduler', 'stride', 'eevdf', '--weights', '5,1,1,1,1,1'];
  expect(jsonOf(await hypercheck([...args, '--ticks', '10', '--json']))).toEqual({
    fairness: [
      {
        ...{ scheduler: 'stride', weights: [5, 1, 1, 1, 1, 1], ticks: 10 },
        ...{ service: [5, 1, 1, 1, 1, 1], worst: { n: 2, d: 1 }, bound: { n: 5, d: 1 } },
      },
      {
        ...{ scheduler: 'eevdf', weights: [5, 1, 1, 1, 1, 1], ticks: 10 },
        ...{ service: [5, 1, 1, 1, 1, 1], worst: { n: 9, d: 10 }, bound: { n: 1, d: 1 } },
      },
    ],
  });
  const { code, out } = await hypercheck([...args, '--ticks', '10']);
  expect(code).toBe(0);
  expect(out).toMatch(/^stride +5, 1 x 5 +5 of 10 +2 +5 +0\.40$/m);
});

test('a scheduler that there is not, and weights that are none, are bad input', async () => {
  const problems = await problemsOf(['fairness', '--scheduler', 'lottery', '--weights', '1']);
  expect(problems).toEqual([
    '--scheduler.0: must be of round-robin, stride, credit, eevdf, credit2',
    '--weights: must be 2 to 16 weights, such as 5,1,1',
  ]);
});
