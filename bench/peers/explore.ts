/** The process that ours.ts measures: explores a scope of the reference model, prints the counts. */
import { breadthFirst } from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../shared-pages.ts';
import type { Counts } from './contender.ts';

const scope = Object.values(sharedPages.scopes).find(({ name }) => name === process.argv[2]);
if (scope === undefined) throw new Error(`no scope '${process.argv[2]}'`);
const found = breadthFirst(sharedPages, scope, { properties: sharedPagesProperties });
if (found.verdict !== 'holds') throw new Error(`the checker says '${found.verdict}'`);
const counts: Counts = { distinct: found.distinct, transitions: found.generated };
console.log(JSON.stringify(counts));
