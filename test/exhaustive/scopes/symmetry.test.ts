import { expect, test } from 'vitest';
import { breadthFirst, selfTest, verifyReduction } from '../../../checker/index.ts';
import { packed } from '../../../machine/index.ts';
import { vmmMachine } from '../../../model/index.ts';
import { searched } from '../../model/explored.ts';

/** The whole search keeps every state as text. */
const mostCompared = 100_000;

test.each(searched.filter(({ explored }) => explored?.classes !== undefined))(
  'scope $name has as many states as it says that differ in more than names',
  (scope) => {
    const { layout } = packed(vmmMachine, scope);
    const tested = selfTest(vmmMachine, scope, layout, { seed: 1, samples: 400 });
    expect(tested.refused).toEqual([]);
    const { symmetry } = tested;
    const reduced = breadthFirst(vmmMachine, scope, { symmetry });
    expect([reduced.verdict, reduced.distinct]).toEqual(['holds', scope.explored?.classes]);
    const distinct = scope.explored?.distinct ?? 0;
    if (distinct > mostCompared) return;
    const check = verifyReduction(vmmMachine, scope, { symmetry }, reduced, mostCompared);
    expect(check).toEqual({ agrees: 'yes', differences: [], distinct });
  },
);
