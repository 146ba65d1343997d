/** The process that ours.ts measures: explores a scope of the reference model, prints the counts. */
import { type BreadthFirstOptions, breadthFirst } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import type { Counts } from './contender.ts';

/** How the modes of the checker differ: what can be said in JSON. */
export type OurOptions = Pick<BreadthFirstOptions<SharedPages>, 'mode'>;

const [name, options = '{}'] = process.argv.slice(2);
const scope = Object.values(sharedPages.scopes).find((each) => each.name === name);
if (scope === undefined) throw new Error(`no scope '${name}'`);
const found = breadthFirst(sharedPages, scope, {
  ...(JSON.parse(options) as OurOptions),
  properties: sharedPagesProperties,
});
if (found.verdict !== 'holds') throw new Error(`the checker says '${found.verdict}'`);
const counts: Counts = { distinct: found.distinct, transitions: found.generated };
console.log(JSON.stringify(counts));
