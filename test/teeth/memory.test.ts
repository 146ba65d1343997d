import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traces } from '../../generators/index.ts';
import { memoryProperties, vmmProperties } from '../../invariants/index.ts';
import {
  changeCommand,
  changeOperation,
  dropGuard,
  type Machine,
  twoRun,
} from '../../machine/index.ts';
import {
  type Memory,
  type MemoryOperations,
  scopes,
  type VmmScope,
  vmmMachine,
} from '../../model/index.ts';
import { badStates } from './invariants.ts';
import {
  call,
  changeViolations,
  memoryMachine,
  runViolations,
  type Step,
  stateViolations,
} from './memory-bench.ts';
import { busy, fresh } from './states.ts';
import { badSteps } from './steps.ts';

/** Mistakes that other properties cannot but see as well: what each property leaves to others. */
const alsoSeenBy: Readonly<Record<string, readonly string[]>> = {
  'MEM-I13': ['MEM-I4'],
  'SWP-I7': ['MEM-I14'],
  'BAL-I4': ['SWP-I1'],
  'DED-I2': ['MEM-I9'],
  'DED-I5': ['MEM-I10'],
  'DED-I11': ['MEM-I7'],
  'MEM-T1': ['MEM-T10', 'MEM-T26'],
  'MEM-T4': ['MEM-T10'],
  'MEM-T8': ['MEM-T7', 'MEM-I1'],
  'MEM-T9': ['MEM-T10'],
  'MEM-T11': ['MEM-T1', 'SWP-T6', 'MEM-T10', 'MEM-T19', 'SWP-T1', 'SWP-T5'],
  'MEM-T14': ['MEM-T10'],
  'MEM-T17': ['BAL-T6', 'MEM-T10'],
  'MEM-T19': ['MEM-T9', 'MEM-T10', 'MEM-I1'],
  'MEM-T23': ['MEM-T1', 'MEM-T10', 'MEM-T26'],
  'STL-T6': ['MEM-T10'],
  'SWP-T1': ['MEM-T10'],
  'SWP-T2': ['MEM-T1', 'MEM-I7', 'SWP-I3', 'SWP-T8'],
  'SWP-T4': ['SWP-T6', 'MEM-T10'],
  'BAL-T2': ['BAL-T4'],
  'BAL-T3': ['MEM-I18'],
  'BAL-T5': ['MEM-I2', 'DED-I4'],
  'BAL-T6': ['MEM-T10', 'MEM-T17'],
  'BAL-T7': ['MEM-T10'],
  'KVM-I1': ['MEM-T10'],
  'KVM-T1': ['BAL-T2', 'MEM-T10'],
  'KVM-T2': ['MEM-T11'],
  'DED-I3': ['MEM-T1', 'MEM-T10', 'MEM-T26'],
  'DED-T1': ['MEM-T10'],
  'DED-T2': ['MEM-T7', 'MEM-T11', 'MEM-T10', 'MEM-T19', 'DED-T4', 'MEM-I1'],
  'DED-T3': ['MEM-T1', 'DED-T1', 'MEM-I7', 'DED-I11'],
  'DED-T4': ['MEM-T7'],
  'DED-T6': ['DED-T7'],
};

const seenBy = (id: string): string[] => [id, ...(alsoSeenBy[id] ?? [])].sort();

const idsOf = (kind: string): string[] =>
  memoryProperties.filter((each) => each.kind === kind).map(({ id }) => id);

test('the states that mistakes are made in are without fault', () => {
  expect(stateViolations(busy())).toEqual([]);
  expect(stateViolations(fresh())).toEqual([]);
});

describe('every invariant sees a state that breaks it', () => {
  test.each(idsOf('invariant'))('%s', (id) => {
    const { from, spoil, size } = badStates[id] ?? expect.fail('has no bad state');
    const state = from();
    spoil(state);
    expect(stateViolations(state, size).sort()).toEqual(seenBy(id));
  });
});

describe('every transition property sees a step that breaks it', () => {
  test.each(idsOf('transition'))('%s', (id) => {
    const { from, step, spoil } = badSteps[id] ?? expect.fail('has no bad step');
    expect(changeViolations(from(), step, spoil).sort()).toEqual(seenBy(id));
  });
});

/** The page comes, but nobody wakes the VM that waits for it. */
const neverWakes = changeOperation<Machine<Memory>, MemoryOperations['mapPrivate']>(
  memoryMachine,
  'mapPrivate',
  (original) => (m, vm, page, frame) => {
    const { stalled } = m.host.vms.at(vm);
    original(m, vm, page, frame);
    m.host.vms.at(vm).stalled = stalled;
  },
);
/** The command does nothing, or only says that it did something. */
const idle = (kind: string): Machine<Memory> =>
  changeCommand(memoryMachine, kind, (command) => ({ ...command, effect: () => {} }));

const start = (id: number, size: number): Step =>
  call('create-vm', {
    vm: id,
    size,
    reservation: size,
    mode: 'refill',
    huge: false,
    overhead: [id + 1],
  });
const driver = { deflateOnOom: false, reporting: false, poison: false, poisonValue: 0 };
const load = call('load-driver', { vm: 0, mustTell: true, ...driver });
const touch = [
  call('map', { vm: 0, virtual: 0, page: 0, writable: true }),
  call('write', { vm: 0, virtual: 0, content: 1 }),
];
const populate = (id: number, page: number, frame: number): Step =>
  call('populate', { vm: id, page, frame });
const swapOut = [
  call('swap-out-begin', { vm: 0, page: 0, slot: 0 }),
  call('swap-out-end', { vm: 0, page: 0 }),
];
const swappable = call('set-reservation', { vm: 0, reservation: 1 });
const target = (units: number): Step => call('set-balloon-target', { vm: 0, target: units });
const scan = (page: number): Step => call('scan-page', { vm: 0, page, into: null });
const shared = [
  populate(0, 0, 4),
  populate(0, 1, 5),
  call('merge-page', { vm: 0, page: 1, frame: 4 }),
];

const badRuns: Readonly<Record<string, readonly [Machine<Memory>, readonly Step[], string[]?]>> = {
  'MEM-L1': [neverWakes, [start(0, 2), ...touch, populate(0, 0, 4)]],
  'MEM-L2': [
    idle('memory.swap-out-end'),
    [
      start(0, 2),
      swappable,
      populate(0, 0, 4),
      populate(0, 1, 5),
      call('set-limit', { vm: 0, limit: 1 }),
      ...swapOut,
    ],
  ],
  'SWP-L1': [
    neverWakes,
    [
      start(0, 2),
      swappable,
      populate(0, 0, 4),
      ...swapOut,
      ...touch,
      call('swap-in', { vm: 0, page: 0, frame: 5, keep: false }),
    ],
    ['MEM-L1'],
  ],
  // A target of one unit is half a page: the driver inflates one and deflates it again.
  'BAL-L1': [
    dropGuard(memoryMachine, 'memory.deflate-balloon', 'target-reached'),
    [
      start(0, 2),
      load,
      target(1),
      call('inflate-balloon', { vm: 0, pages: [0] }),
      call('acknowledge-inflate', { vm: 0 }),
      call('deflate-balloon', { vm: 0, pages: [0] }),
    ],
  ],
  'BAL-L2': [
    idle('memory.acknowledge-deflate'),
    [
      start(0, 2),
      load,
      target(2),
      call('inflate-balloon', { vm: 0, pages: [0] }),
      call('acknowledge-inflate', { vm: 0 }),
      target(0),
      call('deflate-balloon', { vm: 0, pages: [0] }),
      call('acknowledge-deflate', { vm: 0 }),
    ],
  ],
  'DED-L1': [idle('memory.scan-page'), [start(0, 2), populate(0, 0, 4), scan(0), scan(0)]],
  'DED-L2': [
    neverWakes,
    [start(0, 2), ...shared, ...touch, call('break-share', { vm: 0, page: 0, frame: 6 })],
    ['MEM-L1'],
  ],
  'DED-L3': [
    idle('memory.break-share'),
    [
      start(0, 2),
      ...shared,
      call('set-sharing', { run: 'unmerge' }),
      call('break-share', { vm: 0, page: 0, frame: 6 }),
      call('break-share', { vm: 0, page: 0, frame: 6 }),
    ],
  ],
};

describe('every bounded promise sees a run that breaks it', () => {
  test.each(idsOf('within'))('%s', (id) => {
    const [machine, steps, also = []] = badRuns[id] ?? expect.fail('has no bad run');
    expect(runViolations(machine, steps).sort()).toEqual([id, ...also].sort());
    const kept = runViolations(memoryMachine, steps.slice(0, -1));
    expect(kept, 'without the last step nothing is broken yet').toEqual([]);
  });
});

describe('what a VM can learn of another from what its accesses cost', () => {
  const secret = vmmProperties.find(({ id }) => id === 'DED-S1');
  if (secret?.kind !== 'two-run') throw new Error('DED-S1 is no property of two runs');
  const salted: VmmScope = scopes.secrets;
  const unsalted: VmmScope = { ...salted, sizes: { ...salted.sizes, salted: 0 } };
  const onHost = (step: Step) => ({ kind: step.kind, args: { host: 0, ...step.args } });
  const fill = (id: number, frame: number): Step[] => [
    call('map', { vm: id, virtual: 0, page: 0, writable: true }),
    call('populate', { vm: id, page: 0, frame }),
    call('write', { vm: id, virtual: 0, content: 1 }),
  ];
  const probe = [
    ...fill(0, 2),
    ...fill(1, 3),
    call('merge-page', { vm: 1, page: 0, frame: 2 }),
    call('write', { vm: 0, virtual: 0, content: 2 }),
  ].map(onHost);

  test('without salts a slow write tells that another VM holds the same page', () => {
    const { leak, varied } = twoRun(vmmMachine, unsalted, secret)(probe);
    expect(varied).toBe(true);
    expect(leak).toEqual({
      step: probe.length,
      here: '[["stalled","slow"]]',
      there: '[["written","fast"]]',
    });
  });

  test('with salts the same commands tell nothing', () => {
    const { leak, varied } = twoRun(vmmMachine, salted, secret)(probe);
    expect(varied).toBe(true);
    expect(leak).toBeNull();
  });

  const leaks = (of: VmmScope): number => {
    const ask = twoRun(vmmMachine, of, secret);
    const runs = fc.sample(traces(vmmMachine, { scope: of, maxLength: 60 }), {
      seed: 3,
      numRuns: 400,
    });
    return runs.filter((trace) => ask(trace).leak !== null).length;
  };

  test('random runs leak without salts, and never with them', { timeout: 60_000 }, () => {
    expect(leaks(salted)).toBe(0);
    expect(leaks(unsalted)).toBeGreaterThan(0);
  });
});

/** Each thing that a new VM of one page begins with, wrong. */
const begunWrong: Readonly<Record<string, (m: Memory) => void>> = {
  size: (m) => {
    m.host.vms.at(2).limit = 2;
  },
  shares: (m) => {
    m.host.vms.at(2).shares = 2;
  },
  salt: (m) => {
    m.host.vms.at(2).salt = 1;
  },
  'dirty log': (m) => {
    m.host.vms.at(2).logging = 'auto';
  },
  overhead: (m) => {
    m.host.frames.at(9).use = { kind: 'free', scrubbed: true };
  },
  'memory as the guest knows it': (m) => {
    m.guests.at(2).managed = 2;
  },
  'use of a page': (m) => {
    m.guests.at(2).use[0] = 'ballooned';
  },
  content: (m) => {
    m.guests.at(2).expected[0] = 1;
  },
};
test.each(Object.entries(begunWrong))('MEM-T21 sees a new VM with the wrong %s', (_, spoil) => {
  const args = { size: 1, reservation: 1, mode: 'refill', huge: false, overhead: [9] } as const;
  const create = call('create-vm', { vm: 2, ...args });
  expect(changeViolations(busy(), create, spoil)).toContain('MEM-T21');
});
