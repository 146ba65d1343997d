/** A turn that a vCPU gave to its sibling in the last tick of a period was missed as a promise to it. */
import { test } from 'vitest';
import { scopes } from '../../model/index.ts';
import { CpuStory, cpu } from '../model/cpu/story.ts';

test('a vCPU that gives away the last tick that it was promised has had it', () => {
  const story = new CpuStory(scopes['cpu-fuzz']);
  story.run(cpu('set-reservation', { vm: 0, reservation: 7 }));
  story.ticks(4);
  // Of seven ticks thread 0 has four before it, and thread 1 three.
  story.run(cpu('lock', { thread: 1 }), cpu('lock', { thread: 0 }));
  story.ticks(3);
  story.run(cpu('directed-yield', { thread: 0, to: 1 }), cpu('tick'));
});
