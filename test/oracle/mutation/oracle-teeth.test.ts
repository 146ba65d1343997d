import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers } from '../../../bench/oracle/random.ts';
import { traces } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { oracleTeeth } from '../../../oracle/index.ts';

const scope = scopes.fuzz;

test('every mutant of a true reply is caught where it is, and the truth never', () => {
  const drawn = fc.sample(traces(vmmMachine, { scope, maxLength: 120 }), { numRuns: 60, seed: 3 });
  const { scores, falseAlarms } = oracleTeeth(vmmMachine, scope, drawn, numbers(3));
  expect(falseAlarms).toBe(0);
  expect(scores.map(({ operator }) => operator)).toEqual([
    'value',
    'omission',
    'status',
    'event',
    'boundary',
  ]);
  for (const score of scores) {
    expect(score.missed, score.operator).toBeUndefined();
    expect(score.caught).toBe(score.mutants);
    expect(score.mutants).toBeGreaterThan(40);
  }
});
