/**
 * A thread that ran by right went on to compete while its virtual time stood still, and was owed that
 * time when the promise ended: on two CPUs it then had one to itself for as long, and whoever joined
 * began as far behind the others.
 */
import { expect, test } from 'vitest';
import type { SchedulerName } from '../../model/index.ts';
import { CpuStory, cpu, cpusOf } from '../model/cpu/story.ts';

/** Three equal VMs on two CPUs: the first is promised all of one for some periods. */
function afterAPromise(scheduler: SchedulerName): CpuStory {
  const sizes = { vm: 3, pcpu: 2, period: 4, weight: 1, grid: 1, request: 1 };
  const story = new CpuStory(cpusOf(scheduler, sizes));
  story.run(cpu('set-reservation', { vm: 0, reservation: 4 }));
  story.ticks(16);
  story.run(cpu('set-reservation', { vm: 0, reservation: 0 }));
  story.ticks(4);
  return story;
}

test.each(['stride', 'eevdf'] as const)(
  'under %s a promise leaves nothing to be caught up on',
  (name) => {
    const story = afterAPromise(name);
    // On one CPU: whoever was owed anything would have it to itself now.
    story.run(cpu('offline-pcpu', { pcpu: 1 }), cpu('tick'));
    expect([...story.ticks(6)].sort().join('')).toBe('AABBCC');
  },
);
