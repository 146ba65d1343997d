import { expect, test } from 'vitest';
import { CpuStory, cpu, cpusOf } from './story.ts';

const sums = (story: CpuStory, t: number): Readonly<Record<string, number>> => {
  const { buckets, published } = story.thread(t);
  const { run, ready, blocked } = buckets;
  return { run, ready, blocked, steal: published.steal };
};

test('EX-11: two vCPUs on one CPU steal half of the time from each other', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 2 }));
  expect(story.ticks(10)).toBe('ABABABABAB');
  expect(sums(story, 0)).toEqual({ run: 5, ready: 5, blocked: 0, steal: 5 });
  expect(sums(story, 1)).toEqual({ run: 5, ready: 5, blocked: 0, steal: 5 });
});

test('EX-11: a thread of the VMM that works two ticks takes one from each, which is stolen too', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 2, thread: 3, vmmFirst: 1 }));
  story.run(cpu('vmm-work', { thread: 2, ticks: 2 }));
  expect(story.ticks(10)).toBe('ACCBABABAB');
  expect(sums(story, 0)).toEqual({ run: 4, ready: 6, blocked: 0, steal: 6 });
  expect(sums(story, 1)).toEqual({ run: 4, ready: 6, blocked: 0, steal: 6 });
  expect(story.cpu.pcpus.at(0).buckets).toEqual({ guest: 8, vmm: 2, idle: 0, down: 0 });
});

test('EX-11: a halted vCPU steals nothing, and nothing is stolen from it', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 2 }));
  story.ticks(5);
  story.run(cpu('halt', { thread: 1 }));
  story.ticks(5);
  expect(sums(story, 1)).toEqual({ run: 2, ready: 3, blocked: 5, steal: 3 });
});

test('a wake that a vCPU has not seen keeps it from halting, in a pause too', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 2 }));
  story.run(cpu('wake', { thread: 0 }), cpu('halt', { thread: 0 }));
  expect(story.thread(0).state).toEqual({ kind: 'running', on: 0 });
  story.run(cpu('halt', { thread: 0 }), cpu('pause-vm', { vm: 0 }), cpu('wake', { thread: 0 }));
  story.ticks(3);
  expect(story.thread(0).state).toEqual({ kind: 'paused', was: 'halt' });
  story.run(cpu('resume-vm', { vm: 0 }));
  expect(story.thread(0).state).toEqual({ kind: 'blocked', on: 'halt' });
  story.ticks(1);
  expect(story.thread(0).state.kind).toBe('running');
});

test('a cap throttles at once when it is lowered, and lets go at once when it is raised', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 1, period: 4 }));
  expect(story.ticks(2)).toBe('AA');
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  expect(story.thread(0).state).toEqual({ kind: 'throttled' });
  story.run(cpu('set-cap', { vm: 0, cap: 3 }));
  expect(story.thread(0).state).toEqual({ kind: 'ready' });
  // The tick in which the cap let go is lost, the next one is the third of this period.
  expect(story.ticks(6)).toBe('.AAAA.');
});
