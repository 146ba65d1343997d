/**
 * How fast the memory scopes of the VMM are searched, by one worker, and what holds it back: asked
 * nothing, the invariants, and every property. `npm run bench -- memory`, or with `--json`. Cases take
 * turns in one process; the least processor time of the runs counts. The reference model is searched
 * in between: `timesReference` is its states a second over those of the case. Then each case is
 * profiled once: the shares of time by the room of the code.
 */
import { Session } from 'node:inspector/promises';
import { parseArgs } from 'node:util';
import { breadthFirst } from '../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../examples/index.ts';
import { askedIn } from '../generators/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import type { Machine, Property, Scope } from '../machine/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../model/index.ts';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});

/** The rooms of the code, by their addresses; what has no address is generated for the search. */
const rooms = ['invariants', 'machine', 'model', 'checker'] as const;

interface Case {
  readonly scope: string;
  readonly asked: string;
  readonly properties: number;
  readonly seconds: number[];
  run(): { readonly distinct: number };
  distinct: number;
}

function caseOf(
  machine: Machine,
  scope: Scope,
  asked: string,
  properties: readonly Property<never>[],
  maxDepth?: number,
): Case {
  const limits = maxDepth === undefined ? {} : { maxDepth };
  const run = () => breadthFirst(machine, scope, { properties, ...limits });
  return { scope: scope.name, asked, properties: properties.length, seconds: [], run, distinct: 0 };
}

/** Those with the most states; of memory model A, those at most three steps away. */
const searched: readonly VmmScope[] = [scopes['memory-a'], scopes['log-sharing'], scopes.balloon];
const reference = caseOf(
  sharedPages as Machine,
  sharedPages.scopes.medium,
  'all',
  sharedPagesProperties,
);
const cases = searched.flatMap((scope) => {
  const all = vmmProperties.filter((each) => askedIn(each, scope));
  const depth = scope.explored?.complete === true ? undefined : 3;
  const invariants = all.filter(({ kind }) => kind === 'invariant');
  const one = (asked: string, properties: readonly Property<never>[]): Case =>
    caseOf(vmmMachine as Machine, scope, asked, properties, depth);
  return [one('nothing', []), one('invariants', invariants), one('all', all)];
});

for (let run = 0; run < Number(options.runs); run++) {
  for (const each of [reference, ...cases]) {
    const before = process.cpuUsage();
    each.distinct = each.run().distinct;
    const { user, system } = process.cpuUsage(before);
    each.seconds.push((user + system) / 1e6);
  }
}
const rate = ({ distinct, seconds }: Case): number => distinct / Math.min(...seconds);
const own = rate(reference);
const rows = [];
for (const each of cases) {
  const perSecond = rate(each);
  rows.push({
    scope: each.scope,
    asked: each.asked,
    properties: each.properties,
    statesPerSecond: Math.round(perSecond),
    timesReference: Number((own / perSecond).toFixed(1)),
    ...(await profiled(each)),
  });
}
if (options.json)
  console.log(JSON.stringify({ referencePerSecond: Math.round(own), rows }, null, 2));
else {
  console.log(`shared-pages: ${Math.round(own)} states a second`);
  console.table(rows);
}

/** Percent of the time that is spent in each room, in generated code, and collecting garbage. */
async function profiled({ run }: Case): Promise<Readonly<Record<string, number>>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const roomOf = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url } }) => {
      if (functionName === '(garbage collector)') return [id, 'garbage'];
      if (url === '') return [id, 'generated'];
      return [id, rooms.find((room) => url.includes(`/${room}/`)) ?? 'other'];
    }),
  );
  const spent: Record<string, number> = {};
  for (const room of [...rooms, 'generated', 'garbage', 'other']) spent[room] = 0;
  const { samples = [], timeDeltas = [] } = profile;
  for (const [i, id] of samples.entries()) {
    const room = roomOf.get(id) ?? 'other';
    spent[room] = (spent[room] ?? 0) + (timeDeltas[i] ?? 0);
  }
  const whole = Object.values(spent).reduce((sum, each) => sum + each, 0);
  return Object.fromEntries(
    Object.entries(spent).map(([room, time]) => [room, Math.round((100 * time) / whole)]),
  );
}
