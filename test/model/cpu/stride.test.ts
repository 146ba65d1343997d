import { expect, test } from 'vitest';
import { CpuStory, cpu, cpusOf, weighted } from './story.ts';

test('EX-1: stride serves weights 3 and 1 as ABAAABAAABAA', () => {
  expect(weighted('stride', 3, 1).ticks(12)).toBe('ABAAABAAABAA');
});

test('EX-2: under stride a heavy thread among light ones waits for all of them (ST-2)', () => {
  expect(weighted('stride', 5, 1, 1, 1, 1, 1).ticks(10)).toBe('ABCDEFAAAA');
});

test('a sleeper neither saves time up nor loses its place', () => {
  const story = weighted('stride', 1, 1);
  story.run(cpu('halt', { thread: 0 }));
  expect(story.ticks(6)).toBe('.BBBBB');
  story.run(cpu('wake', { thread: 0 }));
  expect(story.ticks(5)).toBe('BABAB');
});

test('on two CPUs a weight that no CPU can serve runs all the time, and starves nobody later', () => {
  const sizes = { vm: 3, pcpu: 2, weight: 4, firstWeight: 4, grid: 12 };
  const story = new CpuStory(cpusOf('stride', sizes));
  story.run(cpu('halt', { thread: 1 }));
  story.ticks(20);
  story.run(cpu('wake', { thread: 1 }));
  story.ticks(20);
  const ran = story.cpu.threads.map(({ buckets }) => buckets.run);
  // Thread 2 had ten ticks before thread 1 came, and shares a CPU with it from then on.
  expect(ran).toEqual([39, 10, 30]);
});
