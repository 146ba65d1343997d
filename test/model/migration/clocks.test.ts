/** What a guest that moves sees of time: its clock stands still meanwhile, or goes on. MIG-A7. */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import {
  begin,
  beginAdvised,
  copy,
  copyReadOnly,
  handOver,
  MigrationStory,
  place,
  postcopy,
  receive,
  step,
  stop,
  switchOver,
} from './story.ts';

const scopeOf = (runningClock: 0 | 1): VmmScope => {
  const { sizes, ...scope } = scopes['migration-clocks'];
  return { ...scope, sizes: { ...sizes, drift: 100, timer: 5, runningClock } };
};
const ticks = (count: number, host: number): readonly Call[] =>
  Array.from({ length: count }, () => ({ kind: 'cpu.tick', args: { host } }));
const setTimer: Call = { kind: 'service.set-timer', args: { host: 0, vm: 0, ticks: 3 } };
/** Until the guest has just been stopped, and from there until it runs elsewhere or at home. */
const stopped = [setTimer, ...ticks(1, 0), ...begin(), step('freeze')];
const goesOn: Readonly<Record<'there' | 'here', readonly Call[]>> = {
  there: [...stop().slice(1), copy(0), receive, ...handOver()],
  here: [step('abort')],
};

const stopAndCopyOfOne = [...begin(), ...stop(0, 2), copy(0), receive, ...handOver()];

interface Told {
  /** Ticks that the guest's clock went on from its freeze to its start. */
  readonly passed: number;
  readonly behind: number;
  /** When its timer fired, in ticks after it went on: 0 as it did. */
  readonly fired: readonly number[];
}
function told(runningClock: 0 | 1, where: 'there' | 'here', downtime: number): Told {
  const story = new MigrationStory(scopeOf(runningClock));
  story.run(...stopped);
  const system = story.state.services.at(0);
  const atFreeze = system.monotonic;
  const fires = (...calls: readonly Call[]): boolean =>
    story.run(...calls).some(({ type }) => type === 'timer-fired');
  expect(fires(...ticks(downtime, 0))).toBe(false);
  const fired = fires(...goesOn[where]) ? [0] : [];
  const passed = system.monotonic - atFreeze;
  const { drift } = system;
  for (let tick = 1; tick <= 8; tick++) {
    if (fires(...ticks(1, where === 'there' ? 1 : 0))) fired.push(tick);
  }
  return { passed, behind: drift.kind === 'behind' ? drift.by : 0, fired };
}

test.each(['there', 'here'] as const)(
  'a clock that stands still misses the downtime, and so does its timer: it goes on %s',
  (where) => {
    for (const downtime of [0, 1, 2, 3, 7]) {
      expect(told(0, where, downtime)).toEqual({ passed: 0, behind: downtime, fired: [2] });
    }
  },
);

test.each(['there', 'here'] as const)(
  'a clock that goes on is right, and its timer fires when it is due, or as soon as its guest goes on %s',
  (where) => {
    const all = [0, 1, 2, 3, 7].map((downtime) => told(1, where, downtime));
    expect(all).toEqual([
      { passed: 0, behind: 0, fired: [2] },
      { passed: 1, behind: 0, fired: [1] },
      { passed: 2, behind: 0, fired: [0] },
      { passed: 3, behind: 0, fired: [0] },
      { passed: 7, behind: 0, fired: [0] },
    ]);
  },
);

test('the clock of a guest that is paused stands still on its way and where it comes to, until it goes on', () => {
  const story = new MigrationStory({
    ...scopeOf(1),
    commands: ['migration.*', 'cpu.*', 'service.*'],
  });
  const pause: Call = { kind: 'cpu.pause-vm', args: { host: 0, vm: 0 } };
  const resume: Call = { kind: 'cpu.resume-vm', args: { host: 1, vm: 0 } };
  story.run(setTimer, ...begin(), pause, step('freeze'), ...ticks(4, 0), ...goesOn.there);
  story.run(...ticks(2, 1));
  expect(story.state.services.at(0)).toMatchObject({ monotonic: 0, timer: 3 });
  story.run(resume, ...ticks(1, 1));
  expect(story.state.services.at(0)).toMatchObject({ monotonic: 1, timer: 2 });
});

test('a clock that counts the ticks of a timer misses those that no vCPU takes, though it may go on', () => {
  const story = new MigrationStory({
    ...scopeOf(1),
    commands: ['migration.*', 'cpu.*', 'service.*'],
  });
  const boot = (clock: string): Call => ({
    kind: 'service.boot',
    args: { host: 0, vm: 0, clock, ahead: 0 },
  });
  const powerOff: Call = { kind: 'service.power-off', args: { host: 0, vm: 0 } };
  const system = story.state.services.at(0);
  for (const [clock, backlog] of [
    ['timer', 0],
    ['timer-with-replay', 3],
  ] as const) {
    story.run(powerOff, boot(clock), ...begin(), step('freeze'), ...ticks(3, 0), step('abort'));
    expect(system).toMatchObject({ monotonic: 0, backlog, drift: { kind: 'behind', by: 3 } });
    story.run(step('discard'));
    story.state.clusters.at(0).attempts = 1;
  }
});

/** The record of stolen time of VM 0, which the VMM writes into its only page. */
const record = (name: string, host: number, args: Call['args'] = {}): Call => ({
  kind: `record.${name}`,
  args: { host, vm: 0, ...args },
});

test('a page is sent again that holds a record which the VMM wrote, and the target goes on with that', () => {
  const story = new MigrationStory(scopes['migration-record']);
  story.run(record('place', 0, { page: 0 }), ...begin(), copyReadOnly(0), receive);
  expect(story.dirty).toEqual([]);
  story.run(record('write', 0, { content: 1 }));
  expect(story.dirty).toEqual([0]);
  story.run(step('freeze'));
  expect(story.refusal(record('write', 0, { content: 0 }))).toBe('vm-stopped');
  expect(story.refusal(record('place', 0, { page: 0 }))).toBe('vm-stopped');
  story.run(step('quiesce'), step('send-vcpus'), receive, receive, step('send-state'), receive);
  story.run(step('final-harvest'), copy(0), place(0), ...handOver());
  expect(story.pages(1)).toEqual([1]);
  story.run(record('write', 1, { content: 0 }));
  expect(story.pages(1)).toEqual([0]);
});

test('a guest that has moved accounts for what was stolen from it before (STL-T7)', () => {
  const story = new MigrationStory(scopes['migration-record']);
  // Its first vCPU waits in the second tick.
  story.run(...ticks(2, 0), ...stopAndCopyOfOne);
  const system = story.state.services.at(0);
  expect(system).toMatchObject({ unaccounted: 1, accounted: { own: 1, stolen: 0 } });
  // It has the CPU from the first tick of the target's on.
  story.run(...ticks(2, 1));
  expect(system).toMatchObject({ unaccounted: 0, accounted: { own: 1, stolen: 1 } });
});

test('post-copy: while a guest waits for its page its clock goes on, and its timer fires once', () => {
  const story = new MigrationStory(scopes['migration-postcopy-clocks']);
  const setTwo: Call = { kind: 'service.set-timer', args: { host: 0, vm: 0, ticks: 2 } };
  const read: Call = { kind: 'memory.read', args: { host: 1, vm: 0, virtual: 0 } };
  story.run(setTwo, ...beginAdvised, step('freeze'), ...ticks(2, 0), ...stop().slice(1));
  story.run(...switchOver);
  const system = story.state.services.at(0);
  expect(system).toMatchObject({ monotonic: 0, timer: 2 });
  story.run(...ticks(1, 1), read);
  const fired = story.run(...ticks(3, 1)).filter(({ type }) => type === 'timer-fired');
  expect(fired).toEqual([{ type: 'timer-fired', vm: 0 }]);
  expect(system).toMatchObject({ monotonic: 4, timer: 0 });
  const { threads } = story.state.hosts.at(1).cpu;
  expect(threads.at(0).state).toEqual({ kind: 'blocked', on: 'swap-in' });
  story.run(postcopy('request', { page: 0 }), step('receive-reply'), copy(0), place(0));
  story.run(...ticks(1, 1));
  expect(threads.at(0).state.kind).toBe('running');
  expect(system.monotonic).toBe(5);
});
