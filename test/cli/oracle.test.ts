import { expect, test } from 'vitest';
import { hypercheck, jsonOf, problemsOf } from './console.ts';

test('faults --oracle: every operator is caught, and the truth is not', async () => {
  const printed = await hypercheck(['faults', '--oracle', '--seeds', '1']);
  expect(printed.code).toBe(0);
  expect(printed.out).toMatch(/value +100 +9 +91 +100.0 %/);
  expect(printed.out).toMatch(/true traces, and permitted mutants, called impossible: 0\nholds/);
  expect(await problemsOf(['faults', '--oracle', '--fault', 'memory/S1'])).toEqual([
    '--oracle: takes no --fault, no --own-scope and no --junit',
  ]);
});

test('oracle --schema prints the protocol of a scope', async () => {
  const schema = jsonOf(await hypercheck(['oracle', '--schema', '--model', 'tiny']));
  expect(schema).toMatchObject({ title: 'hypercheck protocol 1: vmm, scope tiny' });
  expect(await problemsOf(['oracle'])).toEqual(['--stdio: give one of --stdio and --schema']);
});
