/**
 * A period began with claims to all that was promised, while a thread of the VMM that goes first had
 * the CPU for one more tick. RES-1 blamed the host for that tick. Found by traces of memory and CPUs.
 */
import { expect, test } from 'vitest';
import { CpuStory, cpu, cpusOf } from '../model/cpu/story.ts';

test('work of the VMM that lasts into a period leaves no claim to all of it', () => {
  const sizes = { vm: 1, thread: 2, period: 4, work: 3, vmmFirst: 1 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-reservation', { vm: 0, reservation: 4 }));
  story.ticks(2);
  story.run(cpu('vmm-work', { thread: 1, ticks: 2 }));
  expect(story.ticks(6)).toBe('ABBAAA');
});
