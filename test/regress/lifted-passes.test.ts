/**
 * A change of weight rounds passes up to the grid. Where the readjusted rate of a heavy thread had
 * brought the virtual time off it, the last thread was lifted away from the virtual time, and whoever
 * came next was placed before it.
 */
import { expect, test } from 'vitest';
import { rational } from '../../machine/index.ts';
import { CpuStory, cpu, cpusOf } from '../model/cpu/story.ts';

test('the virtual time follows a thread that a change of weight lifts', () => {
  const sizes = { vm: 6, pcpu: 3, weight: 3, firstWeight: 3, grid: 12 };
  const story = new CpuStory(cpusOf('stride', sizes));
  story.ticks(3);
  for (const vm of [1, 2, 3, 4, 5]) story.run(cpu('pause-vm', { vm }));
  const { stride } = story.cpu.scheduler.states;
  // Two CPUs serve the five others: a tick takes the first one two fifths further.
  expect(stride.minimum).toEqual(rational(4, 5));
  story.run(cpu('set-weight', { vm: 0, weight: 1 }));
  expect(stride.minimum).toEqual(rational(5, 6));
});
