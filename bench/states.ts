/**
 * What a step costs as states grow: the reference model, padded with bytes that no command touches.
 * `npm run bench -- states`, or with `--json`. Sizes and modes take turns in one process; the least
 * processor time of the runs counts, in ratios to the smallest state of the same mode.
 */
import { parseArgs } from 'node:util';
import { breadthFirst } from '../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../examples/index.ts';
import {
  array,
  index,
  initialState,
  int,
  type Machine,
  packed,
  record,
  table,
} from '../machine/index.ts';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const { medium } = sharedPages.scopes;
const padding = index('padding');

/** The reference model with so many more bytes in its state. */
function padded(bytes: number) {
  const scope = { ...medium, sizes: { ...medium.sizes, padding: bytes } };
  const shape = record({ ...sharedPages.shape.fields, padding: array(padding, int(255)) });
  const machine = {
    ...sharedPages,
    shape,
    initial: () => ({
      ...initialState(sharedPages, medium.sizes),
      padding: table(scope.sizes, padding, (i) => i % 256),
    }),
  } as unknown as Machine<SharedPages>;
  return { machine, scope, stateBytes: packed(machine, scope).layout.bytes };
}

const sizes = [9, 256, 1024].map(padded);
const modes = ['exact', 'fingerprint'] as const;
const cases = modes.flatMap((mode) =>
  sizes.map((of) => ({ mode, ...of, seconds: [] as number[] })),
);
let steps = 0;
for (let run = 0; run < Number(options.runs); run++) {
  for (const { machine, scope, mode, seconds } of cases) {
    const before = process.cpuUsage();
    const found = breadthFirst(machine, scope, { mode, properties: sharedPagesProperties });
    const { user, system } = process.cpuUsage(before);
    if (found.verdict !== 'holds') throw new Error(`the checker says '${found.verdict}'`);
    steps = found.generated;
    seconds.push((user + system) / 1e6);
  }
}
const rows = cases.map(({ mode, stateBytes, seconds }) => {
  const smallest = cases.find((each) => each.mode === mode) as (typeof cases)[number];
  return {
    mode,
    stateBytes,
    nanosecondsPerStep: Math.round((Math.min(...seconds) / steps) * 1e9),
    timesSmallest: Number((Math.min(...seconds) / Math.min(...smallest.seconds)).toFixed(2)),
  };
});
if (options.json) console.log(JSON.stringify({ steps, rows }, null, 2));
else console.table(rows);
