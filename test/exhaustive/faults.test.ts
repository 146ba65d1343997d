import { expect, test } from 'vitest';
import { breadthFirst, shorterThan } from '../../checker/index.ts';
import { vmmFaults } from '../../faults/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { vmmMachine } from '../../model/index.ts';

/** More than any of them needs. */
const maxStates = 100_000;
const limits = { states: 5_000, work: 200_000 };

/** One that takes too many states for a test says so, and has no scope. */
test.each(vmmFaults.filter(({ scope }) => scope !== undefined))(
  '$id is found in scope $scope, by a shortest trace of which projections say the same',
  ({ id, scope: name, killedBy, apply }) => {
    const scope = Object.values(vmmMachine.scopes).find((each) => each.name === name);
    if (scope === undefined) throw new Error(`there is no scope '${name}'`);
    // A search takes one run at a time.
    const properties = vmmProperties.filter(
      (each) => killedBy.includes(each.id) && each.kind !== 'two-run',
    );
    const machine = apply(vmmMachine);
    const found = breadthFirst(machine, scope, { properties, maxStates });
    if (found.verdict !== 'violated') throw new Error(found.verdict);
    // Projections are not asked for promises, and know no lists.
    if (!id.startsWith('memory/')) return;
    const asked = properties.filter(({ kind }) => kind !== 'within');
    const { length } = found.trace;
    const again = shorterThan(machine, scope, asked, { ...limits, length: length + 1 });
    // That it is `found` says that none shorter is there.
    expect([again.verdict, again.trace?.length]).toEqual(['found', length]);
    expect(again.states).toBeLessThan(found.distinct);
  },
);
