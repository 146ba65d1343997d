/** The check of a call from outside compared members that have no order, and threw. */
import { expect, test } from 'vitest';
import { problemsOfCall } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

test('a set with a member that cannot be compared is a problem and no exception', () => {
  const pages = [0, Object.create(null)];
  const call = { kind: 'memory.inflate-balloon', args: { host: 0, vm: 0, pages } };
  expect(problemsOfCall(vmmMachine, scopes.fuzz, call)).toEqual([
    { path: 'args.pages[1]', problem: 'is an object, not an integer' },
  ]);
});
