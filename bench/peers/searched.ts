/** What this project's checker searches in the comparison: the process, and each thread of it. */
import { type BreadthFirstOptions, selfTest } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { type Machine, packed, type Scope } from '../../machine/index.ts';

/** How the modes of the checker differ: what can be said in JSON. */
export interface OurOptions {
  readonly mode?: 'exact' | 'fingerprint';
  readonly sleepSets?: boolean;
  readonly symmetry?: boolean;
  readonly workers?: number;
}

interface Searched {
  readonly machine: Machine<SharedPages>;
  readonly scope: Scope;
  readonly options: BreadthFirstOptions<SharedPages>;
}

export function searched([name, given]: readonly [string, OurOptions]): Searched {
  const { mode = 'exact', sleepSets = false, symmetry = false } = given;
  const scope = Object.values(sharedPages.scopes).find((each) => each.name === name);
  if (scope === undefined) throw new Error(`no scope '${name}'`);
  const properties = sharedPagesProperties;
  const { layout } = packed(sharedPages, scope);
  const test = { seed: 1, samples: 200, properties };
  const trusted = symmetry ? { symmetry: selfTest(sharedPages, scope, layout, test).symmetry } : {};
  return { machine: sharedPages, scope, options: { properties, mode, sleepSets, ...trusted } };
}
