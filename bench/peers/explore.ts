/** The process that ours.ts measures: explores a scope of the reference model, prints the counts. */
import { breadthFirst } from '../../checker/index.ts';
import { type OurOptions, searched } from './searched.ts';

const [name = '', text = '{}'] = process.argv.slice(2);
const given = JSON.parse(text) as OurOptions;
const { workers: count = 1 } = given;
const argument = [name, given] as const;
const source = {
  module: new URL('./searched.js', import.meta.url).href,
  name: searched.name,
  argument,
};
const before = performance.now();
const { machine, scope, options } = searched(argument);
const found = breadthFirst(machine, scope, {
  ...options,
  workers: count === 1 ? undefined : { count, source },
});
const searchSeconds = (performance.now() - before) / 1000;
if (found.verdict !== 'holds') throw new Error(`the checker says '${found.verdict}'`);
const { distinct, generated: transitions } = found;
console.log(JSON.stringify({ distinct, transitions, searchSeconds }));
