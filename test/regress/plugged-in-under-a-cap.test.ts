/**
 * A vCPU that came within a period used up the cap of its VM, and its sibling missed ticks that it was
 * promised: of a cap as low as the promise, one that comes later has a part until the next period.
 */
import { expect, test } from 'vitest';
import { scopes } from '../../model/index.ts';
import { CpuStory, cpu } from '../model/cpu/story.ts';

test('a vCPU that comes within a period shares the cap of its VM from then on', () => {
  const story = new CpuStory(scopes['cpu-fuzz']);
  story.run(cpu('set-vcpus', { vm: 0, count: 1 }), cpu('release-vcpu', { thread: 1 }));
  story.run(cpu('pause-vm', { vm: 1 }), cpu('set-cap', { vm: 0, cap: 3 }));
  story.run(cpu('set-reservation', { vm: 0, reservation: 3 }));
  story.ticks(4);
  expect(story.thread(0).promised).toBe(3);
  story.run(cpu('set-vcpus', { vm: 0, count: 2 }), cpu('online-vcpu', { thread: 1 }));
  story.ticks(4);
  expect([story.thread(0).buckets.run, story.thread(1).buckets.run]).toEqual([5, 1]);
});
