/** Each thing that a property of migration is about, wrong by itself. */
import { expect, test } from 'vitest';
import type { Call } from '../../machine/index.ts';
import type { Vmm } from '../../model/index.ts';
import {
  begin,
  completeWrite,
  copy,
  copyReadOnly,
  crash,
  place,
  receive,
  step,
  stopAndCopy,
  submit,
  write,
} from '../model/migration/story.ts';
import {
  after,
  changeViolations,
  migrationOf,
  overwrite,
  ownershipOf,
  properties,
  scope,
  served,
  started,
  steps,
} from './migration-bench.ts';

function letRun(v: Vmm, host: number): void {
  v.hosts.at(host).memory.vms.at(0).state = 'running';
  for (const vms of v.hosts.at(host).memory.stopped) vms[0] = false;
}
type Spoil = (v: Vmm) => void;
const post: Call = { kind: 'queue.post', args: { vm: 0, page: 1, content: 0 } };

test.each<[string, readonly Call[], Spoil, RegExp]>([
  ['MIG-S1', stopAndCopy(), (v) => letRun(v, 0), /runs, and so does the one on host 1$/],
  [
    ...(['MIG-S1', stopAndCopy()] as const),
    (v) => {
      ownershipOf(v).lastRan = 0;
    },
    /runs, but the store says 0 does$/,
  ],
  ['MIG-S5', begin(), (v) => letRun(v, 1), /runs before its time$/],
  [
    ...(['MIG-S5', begin()] as const),
    (v) => {
      ownershipOf(v).owner = 1;
    },
    /^the target of VM 0 has the token before its time$/,
  ],
  [
    ...(['MIG-S5', begin()] as const),
    (v) => {
      ownershipOf(v).lock = 1;
    },
    /^the target of VM 0 has the lock before its time$/,
  ],
  ['MIG-S11', [...started, receive], (v) => letRun(v, 0), /runs, but host 1 was the last$/],
  [
    ...(['MIG-S11', [...started, receive]] as const),
    (v) => {
      ownershipOf(v).owner = 0;
    },
    /^host 0 has taken the token of VM 0 again$/,
  ],
])('%s sees a state in which %#', (id, before, spoil, message) => {
  const state = after(...steps(...before));
  spoil(state);
  const property = properties.find((each) => each.id === id);
  if (property?.kind !== 'invariant') throw new Error(`${id} is no invariant`);
  expect(property.violation(state as never, scope.sizes as never)).toMatch(message);
});

test.each<[string, (m: ReturnType<typeof migrationOf>) => void]>([
  [
    'the connection',
    (m) => {
      m.connected = true;
    },
  ],
  [
    'a message',
    (m) => {
      m.toTarget[0] = { kind: 'request' };
    },
  ],
  [
    'a message',
    (m) => {
      m.toSource[0] = { kind: 'complete' };
    },
  ],
  [
    'a round',
    (m) => {
      m.round = 1;
    },
  ],
  [
    'a page',
    (m) => {
      m.send[1] = true;
    },
  ],
  [
    'a page',
    (m) => {
      m.received[1] = true;
    },
  ],
  [
    'a page in the cache',
    (m) => {
      m.cache[0] = 1;
    },
  ],
  [
    'a statistic',
    (m) => {
      m.statistics.sent = 1;
    },
  ],
  [
    'a throttle',
    (m) => {
      m.throttling.percent = 20;
    },
  ],
])('MIG-S10: of a migration that is over is left: %s', (what, spoil) => {
  const state = after(...steps(...begin(), step('abort')));
  spoil(migrationOf(state));
  const property = properties.find(({ id }) => id === 'MIG-S10');
  if (property?.kind !== 'invariant') throw new Error('MIG-S10 is no invariant');
  const message = property.violation(state as never, scope.sizes as never);
  expect(message).toBe(`${what} of VM 0 is left of a migration`);
});

const nothing: Spoil = () => undefined;
test.each<[string, string, readonly Call[], Spoil, Call, Spoil]>([
  [
    ...(['MIG-S7', 'the target was not asked', started] as const),
    (v) => {
      migrationOf(v).arrived = 'all';
    },
    ...([receive, nothing] as const),
  ],
  [
    ...(['MIG-S7', 'a vCPU did not arrive', started] as const),
    (v) => {
      v.clusters.at(0).hosts.at(1).vcpus[0] = { kind: 'none' };
    },
    ...([receive, nothing] as const),
  ],
  [
    ...(['MIG-S8', 'the size differs', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).memory.vms.at(0).size = 2;
    },
  ],
  [
    ...(['MIG-S8', 'a vCPU is not plugged in', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).cpu.threads.at(0).state = { kind: 'offline' };
    },
  ],
  [
    ...(['MIG-S8', 'a vCPU sleeps', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).cpu.threads.at(0).state = { kind: 'blocked', on: 'halt' };
    },
  ],
  [
    ...(['MIG-S8', 'a page is used otherwise', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).guests.at(0).use[0] = 'offline';
    },
  ],
  [
    ...(['MIG-S8', 'a page has another history', started, nothing, receive] as const),
    (v) => {
      const { expected } = v.hosts.at(1).guests.at(0);
      expected[0] = 1 - (expected.at(0) ?? 0);
    },
  ],
  [
    ...(['MIG-S8', 'a mapping is gone', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).guests.at(0).table[0] = { kind: 'absent' };
    },
  ],
  [
    ...(['MIG-A4', 'it was not told to', started] as const),
    (v) => {
      migrationOf(v).toTarget[0] = { kind: 'request' };
    },
    ...([receive, (v: Vmm) => letRun(v, 1)] as const),
  ],
  [
    ...(['MIG-A4', 'another has the token', started] as const),
    (v) => {
      ownershipOf(v).owner = 2;
    },
    ...([receive, (v: Vmm) => letRun(v, 1)] as const),
  ],
  [
    ...(['MIG-A5', 'a take-back makes the source the last to have run it', started] as const),
    ...([nothing, step('take-back')] as const),
    (v) => {
      ownershipOf(v).lastRan = 1;
    },
  ],
  [
    ...(['MIG-S15', 'a VM that is lost runs', served, nothing, crash(0)] as const),
    (v) => letRun(v, 1),
  ],
  [
    ...(['MIG-S15', 'a VM goes on without what crashed', served, nothing, crash(0)] as const),
    (v) => {
      ownershipOf(v).lost = false;
    },
  ],
  [
    ...(['MIG-S15', 'a crash loses a VM of which that host had nothing', begin()] as const),
    ...([nothing, crash(2)] as const),
    (v) => {
      ownershipOf(v).lost = true;
      for (const vms of v.hosts.at(0).memory.stopped) vms[0] = true;
    },
  ],
  [
    ...(['MIG-S15', 'a target that gives up brings it back', [...served, crash(0)]] as const),
    ...([nothing, step('discard')] as const),
    (v) => {
      ownershipOf(v).lost = false;
    },
  ],
  [
    ...(['MIG-S16', 'a lock is forgotten', begin()] as const),
    (v) => {
      v.hosts.at(0).cpu.vms.at(0).lock.holder = 0;
    },
    step('freeze'),
    (v) => {
      v.clusters.at(0).hosts.at(0).vcpus[0] = { kind: 'saved', was: 'ready', wake: false, turn: 0 };
    },
  ],
  [
    ...(['MIG-S8', 'a vCPU has the lock', started, nothing, receive] as const),
    (v) => {
      v.hosts.at(1).cpu.vms.at(0).lock.holder = 0;
    },
  ],
  [
    ...(['MIG-S17', 'a device is not told', [...begin(), post, step('freeze')]] as const),
    ...([nothing, step('abort')] as const),
    (v) => {
      const { devices } = v.clusters.at(0).hosts.at(0);
      devices.at(0).write = { kind: 'posted', page: 1, content: 0, kicked: false };
    },
  ],
  [
    ...(['MIG-S17', 'a request becomes another', [post], nothing] as const),
    { kind: 'queue.notice', args: { vm: 0 } },
    (v) => {
      v.clusters.at(0).hosts.at(0).devices.at(0).write = { kind: 'pending', page: 1, content: 1 };
    },
  ],
  [
    ...(['MIG-S17', 'a device says that it is done', [submit(1, 0)], nothing] as const),
    completeWrite,
    (v) => overwrite(v, 0, 1),
  ],
  [
    ...(['MIG-A2', 'a page is forgotten'] as const),
    [
      ...begin(),
      copyReadOnly(0),
      step('harvest'),
      copy(1),
      place(0),
      copy(2),
      place(1),
      write(1, 0),
    ],
    ...([nothing, step('harvest')] as const),
    (v) => {
      migrationOf(v).send[1] = false;
    },
  ],
])('%s sees a step in which %s', (id, _, before, from, last, spoil) => {
  const state = after(...steps(...before));
  from(state);
  const [call] = steps(last);
  if (call === undefined) throw new Error('no step');
  expect(changeViolations(state, call, spoil)).toContain(id);
});

const frozen = [...begin(), step('freeze')];
const saved = [...frozen, step('quiesce'), step('send-vcpus')];
test.each<[string, string, readonly Call[], Call, (v: Vmm) => void]>([
  [
    ...(['MIG-W3', 'the state is not sent', saved, step('send-state')] as const),
    (v) => {
      migrationOf(v).toTarget[1] = { kind: 'none' };
    },
  ],
  [
    ...(['MIG-W4', 'the page is still to be sent', begin(), copyReadOnly(0)] as const),
    (v) => {
      migrationOf(v).send[0] = true;
    },
  ],
  [
    ...([
      'MIG-W5',
      'the register is another',
      [...saved, step('send-state'), receive],
      receive,
    ] as const),
    (v) => {
      v.clusters.at(0).hosts.at(1).devices.at(0).register = 1;
    },
  ],
  [
    ...(['MIG-W5', 'a vCPU is not kept', begin(), step('freeze')] as const),
    (v) => {
      v.clusters.at(0).hosts.at(0).vcpus[0] = { kind: 'none' };
    },
  ],
  [
    ...(['MIG-W5', 'a vCPU was halted', begin(), step('freeze')] as const),
    (v) => {
      const vcpu = v.clusters.at(0).hosts.at(0).vcpus.at(0);
      if (vcpu.kind === 'saved') v.clusters.at(0).hosts.at(0).vcpus[0] = { ...vcpu, was: 'halted' };
    },
  ],
  [
    ...(['MIG-W5', 'the source is its source still', begin(), step('abort')] as const),
    (v) => {
      migrationOf(v).source = 0;
    },
  ],
])('%s sees a step after which %s', (id, _, before, last, spoil) => {
  const [call] = steps(last);
  if (call === undefined) throw new Error('no step');
  expect(changeViolations(after(...steps(...before)), call, spoil)).toContain(id);
});
