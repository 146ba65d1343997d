/**
 * vCPUs of a VM that had used up its cap came back in the order of their ids, and at the end of a
 * period even where there was nothing to wait for: the first ran in every period, the second never.
 * Under stride all came back at the virtual time, so that again the first of them was served.
 */
import { expect, test } from 'vitest';
import type { SchedulerName } from '../../model/index.ts';
import { CpuStory, cpu, cpusOf } from '../model/cpu/story.ts';

/** VMs of two vCPUs on one CPU; the first may use `cap` ticks of every period. */
function picks(
  scheduler: SchedulerName,
  vm: number,
  cap: number,
  quantum: number,
  period: number = 2,
): string {
  const sizes = { vm, vcpus: 2, online: 2, thread: 2 * vm, period, quantum };
  const story = new CpuStory(cpusOf(scheduler, sizes));
  story.run(cpu('set-cap', { vm: 0, cap }));
  return story.ticks(6 * period);
}

test.each([
  // Thread 0 used up the cap, and had it again.
  ['round-robin', 2, 1, 1, 'ACDBACDBACDB'],
  ['eevdf', 1, 1, 1, 'A.B.A.B.A.B.'],
  // Nothing was to be waited for: the period was over with the last tick of the cap.
  ['round-robin', 2, 2, 2, 'AABBCCDDAABB'],
  ['round-robin', 1, 2, 2, 'AABBAABBAABB'],
] as const)('under %s with %i VMs, a cap of %i and quanta of %i all have turns', (...of) => {
  const [scheduler, vm, cap, quantum, expected] = of;
  expect(picks(scheduler, vm, cap, quantum)).toBe(expected);
});

test('under stride a vCPU that the virtual time has left behind has its turn after the cap', () => {
  expect(picks('stride', 2, 1, 1, 4)).toBe('ACDCBDCDCDACBDCDCDACBDCD');
});
