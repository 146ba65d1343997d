import { expect, test, vi } from 'vitest';
import { faultsDocument, faultsText, quantile } from '../../cli/report/faults.ts';
import { hypercheck, jsonOf, problemsOf } from './console.ts';

vi.setConfig({ testTimeout: 60_000 });

test('a quantile is a value that is there; infinite ones are null', () => {
  const infinite = Number.POSITIVE_INFINITY;
  expect(quantile([], 0.5)).toBe(null);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
  expect(quantile([1, 2, infinite], 0.5)).toBe(2);
  expect(quantile([1, infinite, infinite], 0.5)).toBe(null);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9);
});

test('a seeded bug is measured with the documented keys', async () => {
  const args = ['faults', '--fault', 'memory/K6', '--seeds', '2', '--states', '100', '--json'];
  const printed = await hypercheck(args);
  const { faults, summary, verdict } = jsonOf(printed);
  expect([printed.code, verdict]).toEqual([0, 'holds']);
  const [fault] = faults as object[];
  expect(Object.keys(fault ?? {})).toEqual([
    'id',
    'scope',
    'killedBy',
    'foundBy',
    'seeds',
    'found',
    'commandsMedian',
    'shrunkMean',
    'shrunkMax',
    'shortest',
    'proved',
  ]);
  expect(Object.keys(summary as object)).toEqual([
    'faults',
    'found',
    'commandsMedian',
    'commandsP90',
    'shrunkOverShortest',
    'provedShare',
  ]);
  expect(fault).toMatchObject({ id: 'memory/K6', seeds: 2, found: 2, proved: false });
});

test('a bug that is not found with every seed is inconclusive', async () => {
  const args = ['faults', '--fault', 'memory/M2', '--seeds', '1', '--budget', '5'];
  const { code, out } = await hypercheck(args);
  expect(code).toBe(3);
  expect(out).toMatch(/^memory\/M2 +0\/1 +- +- +- +- +MEM-I6$/m);
  expect(out).toMatch(
    /\ninconclusive {2}0 of 1 fault found with every seed {2}scope fuzz, seed 1, /,
  );
});

test('an unknown fault is bad input that tells the likely one', async () => {
  expect(await problemsOf(['faults', '--fault', 'Memory/k6', '--seeds', '0'])).toEqual([
    '--seeds: must be an integer from 1 to 10000',
  ]);
  expect(await problemsOf(['faults', '--fault', 'K6'])).toEqual([
    "--fault: there is no 'K6': did you mean memory/K6?",
  ]);
});

test('the summary weighs shrunk lengths against the shortest known', () => {
  const result = (seed: number, commands: number, shrunk: number) => {
    return { seed, found: true, foundBy: ['P'], commands, shrunk };
  };
  const results = [result(1, 10, 4), result(2, 30, 5)];
  const fault = { id: 'f', scope: 'fuzz', killedBy: ['P'], results, shortest: 4, proved: true };
  const settings = { seed: 1, seeds: 2, budget: 40_000, seconds: 2 };
  const document = faultsDocument([fault], settings);
  expect(document.summary).toEqual({
    faults: 1,
    found: 1,
    commandsMedian: 10,
    commandsP90: 30,
    shrunkOverShortest: 1.125,
    provedShare: 1,
  });
  const text = faultsText(document, { colours: false });
  expect(text).toMatch(/^f +2\/2 +10 +4\.5 +5 +4 +P +P$/m);
  expect(text).toContain('seeds 1 to 2');
  const stopped = faultsDocument([fault], { ...settings, stopped: 'interrupted' });
  expect(stopped.verdict).toBe('inconclusive');
});
