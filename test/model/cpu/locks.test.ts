/** Locks of guests, and lock-holder preemption: 5.9. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

const sizes = { vm: 2, vcpus: 2, online: 2, thread: 4, quantum: 4, spin: 1 };

/** Threads 0 and 1 of VM 0 want one lock; 0 loses its CPU while it has it, and 1 gets one. */
function preempted(): CpuStory {
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('lock', { thread: 0 }));
  expect(story.ticks(5)).toBe('AAAAB');
  story.run(cpu('lock', { thread: 1 }));
  return story;
}
const lockOf = (story: CpuStory) => story.cpu.vms.at(0).lock;

test('who waits for a holder without a CPU spins its turn away', () => {
  const story = preempted();
  expect(lockOf(story)).toEqual({ holder: 0, waiting: [1] });
  expect(story.ticks(12)).toBe('BBBCCCCDDDDA');
  story.run(cpu('unlock', { thread: 0 }));
  expect(lockOf(story)).toEqual({ holder: 1, waiting: [] });
});

test('a turn that is given to the holder ends the wait, and is the same turn', () => {
  const story = preempted();
  story.run(cpu('tick'), cpu('directed-yield', { thread: 1, to: 0 }));
  expect(story.thread(1)).toMatchObject({ gaveTurn: true, state: { kind: 'ready' } });
  expect(story.ticks(1)).toBe('A');
  story.run(cpu('unlock', { thread: 0 }));
  expect(lockOf(story)).toEqual({ holder: 1, waiting: [] });
  // Four ticks from where thread 1 began.
  expect(story.ticks(3)).toBe('ACC');
});

test('the lock goes on in the order in which it was asked for, to a vCPU without a CPU too', () => {
  const story = new CpuStory(
    cpusOf('round-robin', { vm: 1, vcpus: 3, online: 3, thread: 3, quantum: 1 }),
  );
  for (const thread of [0, 1, 2]) story.run(cpu('lock', { thread }), cpu('tick'));
  expect(lockOf(story)).toEqual({ holder: 0, waiting: [1, 2] });
  story.run(cpu('unlock', { thread: 0 }));
  expect(lockOf(story)).toEqual({ holder: 1, waiting: [2] });
  expect(story.thread(1).state.kind).toBe('ready');
});

test('under stride the giver pays for the turn: the one that had it is where it was', () => {
  const story = new CpuStory(cpusOf('stride', { ...sizes, spin: 0 }));
  const passes = (): number[] => story.cpu.scheduler.states.stride.pass.map(({ n, d }) => n / d);
  story.run(cpu('lock', { thread: 0 }), cpu('tick'), cpu('lock', { thread: 1 }), cpu('tick'));
  expect(story.ticks(3)).toBe('CDA');
  const before = passes();
  story.run(cpu('directed-yield', { thread: 1, to: 0 }));
  story.run(cpu('tick'));
  expect(passes().map((pass, t) => pass - (before[t] ?? 0))).toEqual([0, 1, 0, 0]);
});

const waits = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'LHP-L1');

test.each(['cpu-locks', 'cpu-lock-queue', 'cpu-lock-plugging'] as const)(
  'LHP-L1: in scope %s who waits for a lock has it in the end',
  (name) => {
    expect(liveness(vmmMachine as Machine, scopes[name], waits).verdict).toBe('holds');
  },
);

test.each([
  ['cpu/C29', 'a lock that left with its holder', 'cpu-lock-plugging'],
  ['cpu/L3', 'a lock that overtakes a waiter', 'cpu-lock-queue'],
] as const)('LHP-L1 sees %s, %s', (id, _, name) => {
  const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
  const found = liveness(fault.apply(vmmMachine) as Machine, scopes[name], waits);
  expect(found.verdict).toBe('violated');
});
