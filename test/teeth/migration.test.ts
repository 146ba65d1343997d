/** Every property of migration sees a state or a step, made by hand, that breaks it. */
import { describe, expect, test } from 'vitest';
import type { Call } from '../../machine/index.ts';
import type { Vmm } from '../../model/index.ts';
import {
  begin,
  copy,
  copyReadOnly,
  createTarget,
  place,
  receive,
  start,
  step,
  stop,
  stopAndCopy,
  write,
} from '../model/migration/story.ts';
import {
  after,
  changeViolations,
  migrationOf,
  overwrite,
  ownershipOf,
  pageOn,
  properties,
  served,
  started,
  stateViolations,
  steps,
} from './migration-bench.ts';

const idsOf = (kind: string): string[] =>
  properties.filter((each) => each.kind === kind).map(({ id }) => id);

interface BadState {
  readonly before: readonly Call[];
  readonly spoil: (v: Vmm) => void;
  readonly also?: readonly string[];
}
const badStates: Readonly<Record<string, BadState>> = {
  'MIG-S1': {
    before: stopAndCopy(),
    spoil: (v) => {
      ownershipOf(v).lock = 0;
    },
  },
  'MIG-S2': {
    before: stopAndCopy(),
    spoil: (v) => {
      ownershipOf(v).lastRan = 2;
      ownershipOf(v).owner = null;
    },
    also: ['MIG-S1', 'MIG-S10', 'MIG-S12'],
  },
  'MIG-S3': {
    before: [...begin(), copyReadOnly(0), place(0)],
    spoil: (v) => overwrite(v, 1, 0),
  },
  'MIG-S5': {
    before: begin(),
    spoil: (v) => {
      v.hosts.at(1).cpu.threads.at(0).state = { kind: 'ready' };
    },
  },
  'MIG-S6': {
    before: [...begin(), ...stop()],
    spoil: (v) => {
      pageOn(v, 0, 2).logged = true;
    },
  },
  'MIG-S10': {
    before: [...begin(), step('abort')],
    spoil: (v) => {
      v.hosts.at(0).memory.vms.at(0).logging = 'auto';
    },
  },
  'MIG-S11': {
    before: [...started, receive],
    spoil: (v) => {
      migrationOf(v).phase = 'taken-back';
    },
  },
  'MIG-V2': {
    before: begin(),
    spoil: (v) => {
      v.clusters.at(0).hosts.at(0).version = 1;
    },
  },
  'MIG-S12': {
    before: stopAndCopy(),
    spoil: (v) => {
      v.hosts.at(2).memory.vms.at(0).state = 'running';
      for (const vms of v.hosts.at(2).memory.stopped) vms[0] = true;
    },
  },
  'MIG-W6': {
    before: [],
    spoil: (v) => {
      v.clusters.at(0).hosts.at(2).devices.at(0).register = 1;
    },
  },
};

describe('every invariant of migration sees a state that breaks it', () => {
  test.each(idsOf('invariant').filter((id) => id !== 'MIG-F1' && id !== 'MIG-Z1'))('%s', (id) => {
    const { before, spoil, also = [] } = badStates[id] ?? expect.fail('has no bad state');
    const state = after(...steps(...before));
    expect(stateViolations(state)).toEqual([]);
    spoil(state);
    expect(stateViolations(state).sort()).toEqual([id, ...also].sort());
  });
});

interface BadStep extends BadState {
  readonly step: Call;
  readonly forced?: true;
  /** Changes the state that the step is taken from. */
  readonly from?: (v: Vmm) => void;
}
const badSteps: Readonly<Record<string, BadStep>> = {
  'MIG-S13': {
    before: [start(), step('connect')],
    step: createTarget(),
    spoil: (v) => {
      v.hosts.at(1).memory.frames.at(0).use = { kind: 'hypervisor' };
    },
  },
  'MIG-S4': {
    before: begin(),
    step: copyReadOnly(1),
    forced: true,
    spoil: () => {},
  },
  'MIG-A1': {
    before: [...begin(), copyReadOnly(0), step('harvest'), write(1, 0)],
    step: copy(1),
    // It is in the log all the same: only what was sent is wrong.
    spoil: (v) => {
      migrationOf(v).toTarget[1] = { kind: 'page', page: 1, content: 1 };
    },
  },
  'MIG-A2': {
    before: [...begin(), copyReadOnly(0), step('harvest'), copy(1), write(1, 1)],
    step: place(0),
    spoil: (v) => {
      pageOn(v, 0, 1).logged = false;
    },
  },
  'MIG-A3': {
    before: [start(), step('connect'), createTarget()],
    step: copyReadOnly(0),
    forced: true,
    spoil: () => {},
  },
  'MIG-S7': {
    before: started,
    from: (v) => {
      migrationOf(v).received[2] = false;
    },
    step: receive,
    spoil: () => {},
  },
  'MIG-S8': { before: started, step: receive, spoil: (v) => overwrite(v, 1, 1) },
  'MIG-A4': {
    before: [...begin(), ...stop()],
    step: copy(0),
    spoil: (v) => {
      for (const vms of v.hosts.at(0).memory.stopped) vms[0] = false;
    },
    // Its vCPUs are saved, and it runs.
    also: ['MIG-W6'],
  },
  'MIG-S14': {
    before: [...served, copy(1)],
    step: place(0),
    spoil: (v) => overwrite(v, 1, 1),
  },
  'MIG-S15': {
    before: started,
    step: step('take-back'),
    spoil: (v) => {
      ownershipOf(v).lost = true;
    },
    also: ['MIG-W1'],
  },
  'MIG-A10': {
    before: begin(),
    step: copyReadOnly(0),
    spoil: (v) => {
      migrationOf(v).phase = 'paused';
    },
    also: ['MIG-W1', 'MIG-W2'],
  },
  'MIG-A9': {
    before: begin(),
    step: copyReadOnly(0),
    spoil: (v) => {
      v.hosts.at(0).cpu.vms.at(0).wanted = 0;
    },
  },
  'MIG-S17': {
    before: [...begin(), step('freeze')],
    step: step('quiesce'),
    spoil: (v) => {
      const { devices } = v.clusters.at(0).hosts.at(0);
      devices.at(0).write = { kind: 'posted', page: 0, content: 0, kicked: false };
    },
  },
  'MIG-S16': {
    before: [...begin(), step('freeze')],
    step: step('quiesce'),
    spoil: (v) => {
      v.hosts.at(0).cpu.vms.at(0).lock.holder = 0;
    },
  },
  'MIG-R1': {
    before: [...begin(), step('freeze')],
    step: step('quiesce'),
    spoil: (v) => {
      v.clusters.at(0).hosts.at(0).paused[0] = true;
    },
    also: ['MIG-W1'],
  },
  'MIG-L4': {
    before: [...begin(), step('freeze')],
    step: step('abort'),
    spoil: (v) => {
      v.hosts.at(0).cpu.threads.at(0).state = { kind: 'offline' };
    },
  },
  'MIG-A5': {
    before: started,
    step: receive,
    spoil: (v) => {
      ownershipOf(v).epoch = 3;
    },
  },
  'MIG-A6': {
    before: begin(),
    step: copyReadOnly(0),
    spoil: (v) => {
      for (const vms of v.hosts.at(0).memory.stopped) vms[0] = true;
    },
  },
  'MIG-W1': {
    before: begin(),
    step: copyReadOnly(0),
    spoil: (v) => {
      migrationOf(v).received[1] = true;
    },
  },
  'MIG-W2': {
    before: begin(),
    step: step('freeze'),
    spoil: (v) => {
      migrationOf(v).phase = 'quiesced';
    },
  },
  'MIG-W3': {
    before: [...begin(), step('freeze'), step('quiesce')],
    step: step('send-vcpus'),
    spoil: (v) => {
      migrationOf(v).toTarget[0] = { kind: 'request' };
    },
  },
  'MIG-W4': {
    before: begin(),
    step: copyReadOnly(0),
    spoil: (v) => {
      migrationOf(v).send[1] = false;
    },
    also: ['MIG-S3'],
  },
  'MIG-W5': {
    before: [],
    step: step('start', { source: 0, target: 1 }),
    spoil: (v) => {
      migrationOf(v).target = 2;
    },
  },
};

/** These have benches of their own: migration-time, migration-hinting and migration-managed.test.ts. */
const elsewhere = [
  ...['MIG-Q1', 'MIG-Q2', 'MIG-Q3', 'MIG-A7', 'MIG-V1', 'MIG-W7'],
  ...['MIG-A11', 'MIG-A12'],
];

describe('every transition property of migration sees a step that breaks it', () => {
  test.each(idsOf('transition').filter((id) => !elsewhere.includes(id)))('%s', (id) => {
    const bad = badSteps[id] ?? expect.fail('has no bad step');
    const { before, from, step: last, forced, spoil, also = [] } = bad;
    const state = after(...steps(...before));
    from?.(state);
    const [call] = steps(last);
    if (call === undefined) throw new Error('no step');
    const found = changeViolations(state, forced ? { ...call, forced } : call, spoil);
    expect(found.sort()).toEqual([id, ...also].sort());
  });
});
