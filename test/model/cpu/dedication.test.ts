/** vCPUs with CPUs of their own: 5.10. */
import { expect, test } from 'vitest';
import { inPlace } from '../../../machine/index.ts';
import { vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

/** Two VMs of up to two vCPUs, which begin with one, on three CPUs of which one serves all. */
const scope = cpusOf('round-robin', {
  ...{ vm: 2, vcpus: 2, thread: 4, pcpu: 3, period: 2, minShared: 1 },
});
const mode = (vm: number, to: 'shared' | 'dedicated') => cpu('set-mode', { vm, mode: to });
const plugIn = (vm: number) => [
  cpu('set-vcpus', { vm, count: 2 }),
  cpu('online-vcpu', { thread: 2 * vm + 1 }),
];
/** The vCPU that each CPU belongs to, and the one that it runs. */
const owners = ({ cpu: { dedication } }: CpuStory): readonly (number | null)[] => [
  ...dedication.at(0).owners,
];
const current = ({ cpu: { pcpus } }: CpuStory): readonly (number | null)[] =>
  pcpus.map((each) => each.current);
const stateOf = (story: CpuStory, t: number): string => story.thread(t).state.kind;

test('a vCPU with a CPU of its own loses nothing, and others have what is left', () => {
  const story = new CpuStory(scope);
  story.run(...plugIn(1), mode(0, 'dedicated'));
  expect(owners(story)).toEqual([0, null, null]);
  story.ticks(6);
  story.run(cpu('halt', { thread: 0 }));
  // Its CPU idles, though the others could use it.
  expect(story.ticks(2)).toBe('..');
  story.run(cpu('wake', { thread: 0 }));
  story.ticks(3);
  expect(story.thread(0).buckets).toMatchObject({ run: 8, ready: 0, blocked: 3 });
  expect(story.thread(0).published.steal).toBe(0);
  story.run(mode(0, 'shared'));
  expect(owners(story)).toEqual([null, null, null]);
  expect(stateOf(story, 0)).toBe('ready');
});

test('a vCPU goes on at once when its VM is resumed, on the CPU that is still its own', () => {
  const story = new CpuStory(scope);
  story.run(mode(1, 'dedicated'), cpu('pause-vm', { vm: 1 }));
  story.ticks(2);
  expect(current(story)).toEqual([0, null, null]);
  story.run(cpu('resume-vm', { vm: 1 }));
  expect(current(story)).toEqual([0, 2, null]);
  expect(story.thread(2).buckets).toMatchObject({ run: 0, ready: 0, paused: 2 });
});

test('a vCPU that finds no CPU waits for one, shares none, and gets the first that is free', () => {
  const story = new CpuStory(scope);
  story.run(cpu('set-vcpus', { vm: 0, count: 2 }), mode(0, 'dedicated'), mode(1, 'dedicated'));
  story.run(cpu('online-vcpu', { thread: 1 }));
  story.ticks(2);
  expect([owners(story), stateOf(story, 1)]).toEqual([[0, 2, null], 'unassigned']);
  expect(story.thread(1).published.steal).toBe(2);
  story.run(mode(1, 'shared'), cpu('tick'));
  expect([owners(story), current(story)]).toEqual([
    [0, 1, null],
    [0, 1, 2],
  ]);
  story.ticks(2);
  expect(story.thread(1).published.steal).toBe(3);
});

test('all VMs are dedicated by themselves two periods after there was a vCPU too many', () => {
  const story = new CpuStory(scope);
  story.run(cpu('set-automatic', { automatic: true }), cpu('set-vcpus', { vm: 0, count: 2 }));
  story.ticks(3);
  expect(owners(story)).toEqual([null, null, null]);
  story.ticks(1);
  expect(owners(story)).toEqual([0, 2, null]);
  story.run(cpu('online-vcpu', { thread: 1 }));
  expect(stateOf(story, 1)).toBe('unassigned');
  story.ticks(1);
  expect(owners(story)).toEqual([null, null, null]);
  // Three vCPUs on three CPUs: all run.
  expect([...current(story)].sort()).toEqual([0, 1, 2]);
  story.run(cpu('set-vcpus', { vm: 0, count: 1 }), cpu('release-vcpu', { thread: 1 }));
  story.ticks(3);
  expect(owners(story)).toEqual([null, null, null]);
  story.ticks(1);
  expect(
    owners(story)
      .filter((owner) => owner !== null)
      .sort(),
  ).toEqual([0, 2]);
});

test('what would leave too few CPUs, or take one away, is refused', () => {
  const host = inPlace(vmmMachine, scope);
  const state = host.initial();
  const code = (call: ReturnType<typeof cpu>): string => {
    const step = host.step(state, call);
    return step.ok ? 'taken' : step.rejection.code;
  };
  expect(code(mode(0, 'dedicated'))).toBe('taken');
  expect(code(cpu('offline-pcpu', { pcpu: 0 }))).toBe('affinity-conflict');
  expect(code(cpu('set-affinity', { thread: 0, pcpus: [1, 2] }))).toBe('affinity-conflict');
  expect(code(cpu('set-affinity', { thread: 2, pcpus: [0] }))).toBe('affinity-conflict');
  expect(code(cpu('set-cap', { vm: 0, cap: 1 }))).toBe('vm-dedicated');
  expect(code(cpu('set-cap', { vm: 1, cap: 1 }))).toBe('taken');
  expect(code(mode(1, 'dedicated'))).toBe('shares-on-terms');
  expect(code(cpu('set-cap', { vm: 1, cap: 0 }))).toBe('taken');
  expect(code(cpu('set-affinity', { thread: 2, pcpus: [1] }))).toBe('taken');
  // Thread 2 of VM 1 may run on CPU 1 alone.
  expect(code(cpu('set-vcpus', { vm: 0, count: 2 }))).toBe('taken');
  expect(code(mode(1, 'dedicated'))).toBe('taken');
  expect(code(cpu('set-vcpus', { vm: 1, count: 2 }))).toBe('no-dedicated-pcpu');
});
