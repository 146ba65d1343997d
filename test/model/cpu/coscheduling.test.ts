/** vCPUs of a VM that are kept together: 5.9. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

/** Two vCPUs on one CPU, which each would have for ten ticks. */
function relaxed(): CpuStory {
  const sizes = { vm: 1, vcpus: 2, online: 2, thread: 2, quantum: 10, stop: 3, start: 1 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'relaxed' }));
  return story;
}
const leads = (story: CpuStory): number[] => story.cpu.threads.map(({ lead }) => lead);

test('EX-12: a vCPU leads another by three ticks at most, and goes on when one is left', () => {
  const story = relaxed();
  expect(story.ticks(3)).toBe('AAA');
  expect(leads(story)).toEqual([3, 0]);
  expect(story.thread(0).state.kind).toBe('costopped');
  expect(story.ticks(2)).toBe('BB');
  expect(story.thread(0).state.kind).toBe('ready');
  // The turn of B goes on until B is three ticks ahead.
  expect(story.ticks(4)).toBe('BBBB');
  expect(leads(story)).toEqual([0, 3]);
  expect(story.ticks(2)).toBe('AA');
});

test('EX-12: while one vCPU sleeps the other runs on, and the sleeper comes back level', () => {
  const story = relaxed();
  story.run(cpu('tick'), cpu('halt', { thread: 0 }), cpu('tick'));
  expect(story.ticks(10)).toBe('BBBBBBBBBB');
  expect(leads(story)).toEqual([1, 0]);
  story.run(cpu('wake', { thread: 0 }));
  // It wakes within START of the other, as far as its sleep took it.
  story.ticks(1);
  expect(leads(story)).toEqual([1, 0]);
});

test('who waits for a sibling goes on at once when that one halts', () => {
  const story = relaxed();
  story.ticks(3);
  expect(story.thread(0).state.kind).toBe('costopped');
  story.run(cpu('halt', { thread: 1 }));
  expect(story.thread(0).state.kind).toBe('ready');
  expect(leads(story)).toEqual([0, 0]);
});

test('time in which a vCPU is co-stopped is told as stolen, in a bucket of its own', () => {
  const story = relaxed();
  story.ticks(5);
  expect(story.thread(0).buckets).toMatchObject({ run: 3, costop: 2 });
  expect(story.thread(0).published.steal).toBe(2);
});

test('a VM of one vCPU is never stopped, whatever it is asked to keep together', () => {
  const sizes = { vm: 2, quantum: 10, stop: 3, start: 1 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'relaxed' }));
  expect(story.ticks(10)).toBe('AAAAAAAAAA');
});

test('COS-L1: who was co-stopped goes on in the end, unless all wait for a sleeper', () => {
  const { 'cpu-costop': scope } = scopes;
  const stops = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'COS-L1');
  expect(liveness(vmmMachine as Machine, scope, stops).verdict).toBe('holds');
  const fault = vmmFaults.find(({ id }) => id === 'cpu/G1') ?? expect.fail('cpu/G1');
  expect(liveness(fault.apply(vmmMachine) as Machine, scope, stops).verdict).toBe('violated');
});
