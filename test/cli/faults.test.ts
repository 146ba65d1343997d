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
  const args = ['faults', '--fault', 'memory/K6', '--seeds', '2', '--states', '0', '--json'];
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
    'states',
    'slowest',
  ]);
  expect(Object.keys(summary as object)).toEqual([
    'faults',
    'found',
    'commandsMedian',
    'commandsP90',
    'shrunkOverShortest',
    'provedShare',
    'provedSoonShare',
    'slowest',
  ]);
  expect(fault).toMatchObject({ id: 'memory/K6', seeds: 2, found: 2, proved: 0, states: null });
});

test('in its own scope each bug is shrunk to its shortest trace, promises and all, and that is proved', async () => {
  const faults = ['memory/B2', 'memory/S4', 'cpu/C8'].flatMap((id) => ['--fault', id]);
  const args = ['faults', ...faults, '--own-scope', '--seeds', '1', '--json'];
  const document = jsonOf(await hypercheck(args));
  expect(document).toMatchObject({
    faults: [
      { id: 'memory/S4', scope: 'emergency', shrunkMean: 7, shrunkMax: 7, shortest: 7, proved: 1 },
      { id: 'memory/B2', scope: 'balloon-units', shrunkMax: 5, shortest: 5, proved: 1 },
      { id: 'cpu/C8', scope: 'cpu-credit-shares', shrunkMax: 10, shortest: 10, proved: 1 },
    ],
    summary: { found: 3, shrunkOverShortest: 1, provedShare: 1 },
  });
});

test('a bug that is not found with every seed is inconclusive', async () => {
  const args = ['faults', '--fault', 'memory/M2', '--seeds', '1', '--budget', '5'];
  const { code, out } = await hypercheck(args);
  expect(code).toBe(3);
  expect(out).toMatch(/^memory\/M2 +fuzz +0\/1 +- +- +- +- +0\/1 +- +- +MEM-I6$/m);
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
  const result = (seed: number, commands: number, length: number, proved: boolean) => {
    const shrunk = { length, proved, states: proved ? 50 : 0, seconds: 2 * seed };
    return { seed, found: true, foundBy: ['P'], commands, shrunk };
  };
  const results = [result(1, 10, 4, true), result(2, 30, 5, false), result(3, 20, 4, true)];
  const fault = { id: 'f', scope: 'fuzz', killedBy: ['P'], results };
  const settings = { seed: 1, seeds: 3, budget: 40_000, seconds: 2 };
  const document = faultsDocument([fault], settings);
  expect(document.summary).toEqual({
    faults: 1,
    found: 1,
    commandsMedian: 20,
    commandsP90: 30,
    shrunkOverShortest: 3.25 / 3,
    provedShare: 2 / 3,
    provedSoonShare: 1 / 3,
    slowest: 6,
  });
  const text = faultsText(document, { colours: false });
  expect(text).toMatch(/^f +fuzz +3\/3 +20 +4\.3 +5 +4 +2\/3 +50 +6\.0 +P +P$/m);
  expect(text).toContain('seeds 1 to 3');
  const stopped = faultsDocument([fault], { ...settings, stopped: 'interrupted' });
  expect(stopped.verdict).toBe('inconclusive');
});
