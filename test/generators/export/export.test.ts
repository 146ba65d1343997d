import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { itfTrace, mermaidDiagram, traces, vitestTest } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { example } from './lamp.ts';

const { violation: _, ...harmless } = example;

/** ITF as its description has it, with the values that Quint knows. */
const value: z.ZodType = z.lazy(() =>
  z.union([
    z.boolean(),
    z.int(),
    z.string(),
    z.array(value),
    z.strictObject({ '#bigint': z.string().regex(/^-?\d+$/) }),
    z.strictObject({ '#tup': z.array(value) }),
    z.strictObject({ '#set': z.array(value) }),
    z.strictObject({ '#map': z.array(z.tuple([value, value])) }),
    z.strictObject({ tag: z.string(), value }),
    z.record(z.string().regex(/^[^#]/), value),
  ]),
);
const itf = z.strictObject({
  '#meta': z.looseObject({ format: z.literal('ITF'), source: z.string() }),
  vars: z.array(z.string()),
  states: z.array(z.looseObject({ '#meta': z.looseObject({ index: z.int() }) })).min(1),
  loop: z.int().optional(),
});

function checked(trace: unknown): void {
  const { vars, states } = itf.parse(JSON.parse(JSON.stringify(trace)));
  for (const [i, { '#meta': meta, ...variables }] of states.entries()) {
    expect(meta.index).toBe(i);
    expect(Object.keys(variables)).toEqual(vars);
    z.record(z.string(), value).parse(variables);
  }
}

const unit = { '#tup': [] };
const none = { tag: 'None', value: unit };

test('ITF has every state, with the action and its arguments', () => {
  const trace = itfTrace(example);
  checked(trace);
  expect(trace).toEqual({
    '#meta': {
      format: 'ITF',
      'format-description': 'https://apalache-mc.org/docs/adr/015adr-trace.html',
      source: 'lamps#1',
      status: 'violation',
      description: 'lamps#1 in scope two: dark, it is bright;\nturn it off',
    },
    vars: ['lit', 'last', 'mode', 'plug', 'queue', 'mbt::actionTaken', 'mbt::nondetPicks'],
    states: [
      {
        '#meta': { index: 0 },
        lit: [false, false],
        last: none,
        mode: 'day',
        plug: { tag: 'out', value: unit },
        queue: [],
        'mbt::actionTaken': 'init',
        'mbt::nondetPicks': { lamps: none, before: none, socket: none },
      },
      {
        '#meta': { index: 1, refused: 'no-power' },
        lit: [false, false],
        last: none,
        mode: 'day',
        plug: { tag: 'out', value: unit },
        queue: [],
        'mbt::actionTaken': 'switch',
        'mbt::nondetPicks': {
          lamps: { tag: 'Some', value: { '#set': [0] } },
          before: { tag: 'Some', value: none },
          socket: none,
        },
      },
      {
        '#meta': { index: 2 },
        lit: [false, false],
        last: none,
        mode: 'night',
        plug: { tag: 'into', value: { socket: 7 } },
        queue: [],
        'mbt::actionTaken': 'plug',
        'mbt::nondetPicks': { lamps: none, before: none, socket: { tag: 'Some', value: 7 } },
      },
      {
        '#meta': { index: 3 },
        lit: [true, true],
        last: { tag: 'Some', value: 1 },
        mode: 'night',
        plug: { tag: 'into', value: { socket: 7 } },
        queue: [0, 1],
        'mbt::actionTaken': 'switch',
        'mbt::nondetPicks': {
          lamps: { tag: 'Some', value: { '#set': [0, 1] } },
          before: { tag: 'Some', value: { tag: 'Some', value: 1 } },
          socket: none,
        },
      },
    ],
  });
});

test('ITF of a run that goes on for ever says where it comes back to', () => {
  const trace = itfTrace({ ...harmless, run: { loop: 2 } });
  checked(trace);
  expect(trace).toMatchObject({ '#meta': { status: 'ok' }, loop: 2 });
});

test('ITF of any trace of the VMM is of the format', () => {
  const scope = scopes.tiny;
  fc.assert(
    fc.property(traces(vmmMachine, { scope }), (trace) => {
      checked(itfTrace({ machine: vmmMachine, scope, trace: trace.slice(0, 8) }));
    }),
    { numRuns: 20 },
  );
});

test('a diagram has the actors, a message for each call, refusals dashed, and the violation', () => {
  expect(mermaidDiagram(example)).toBe(`sequenceDiagram
  actor guest
  actor host
  participant machine as lamps#35;1
  guest--xmachine: switch lamps [0], before none (refused: no-power)
  host->>machine: plug socket 7
  guest->>machine: switch lamps [0,1], before 1
  Note over guest,machine: dark: it is bright#59; turn it off
`);
});

test('a diagram of the initial state alone has its violation', () => {
  expect(mermaidDiagram({ ...example, trace: [] })).toBe(`sequenceDiagram
  participant machine as lamps#35;1
  Note over machine: dark: it is bright#59; turn it off
`);
  expect(mermaidDiagram({ ...harmless, trace: [] })).not.toContain('Note');
});

test('a test replays the calls and expects the property to hold', () => {
  const source = {
    imports: ["import subject from './lamps.js';"],
    machine: 'subject.machine',
    properties: 'subject.properties',
  };
  expect(vitestTest(example, source)).toBe(`// lamps#1 in scope two: dark, it is bright; turn it off
import { judge } from 'hypercheck/generators';
import { expect, test } from 'vitest';
import subject from './lamps.js';

const machine = subject.machine;
const properties = subject.properties.filter(({ id }) => id === "dark");
const scope = {
  "name": "two",
  "purpose": "A test.",
  "sizes": {
    "lamp": 2
  }
};
const trace = [
  {"kind":"switch","args":{"lamps":[0],"before":null}},
  {"kind":"plug","args":{"socket":7}},
  {"kind":"switch","args":{"lamps":[0,1],"before":1}},
];

test("dark holds along the trace", () => {
  expect(properties).toHaveLength(1);
  expect(judge(machine, scope, properties).failure(trace)).toBeUndefined();
});
`);
  expect(() => vitestTest(harmless, source)).toThrow('violates nothing');
});
