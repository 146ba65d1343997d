import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { vmmFaults } from '../../faults/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { vmmMachine } from '../../model/index.ts';

/** More than any of them needs. */
const maxStates = 15_000;

/** One that takes too many states for a test says so, and has no scope. */
test.each(vmmFaults.filter(({ scope }) => scope !== undefined))(
  '$id is found in scope $scope, where every state can be searched',
  ({ scope: name, killedBy, apply }) => {
    const scope = Object.values(vmmMachine.scopes).find((each) => each.name === name);
    if (scope === undefined) throw new Error(`there is no scope '${name}'`);
    // A search takes one run at a time.
    const properties = vmmProperties.filter(
      ({ id, kind }) => killedBy.includes(id) && kind !== 'two-run',
    );
    const found = breadthFirst(apply(vmmMachine), scope, { properties, maxStates });
    expect(found.verdict).toBe('violated');
  },
);
