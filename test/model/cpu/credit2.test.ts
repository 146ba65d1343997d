/** Xen's credit2 by example. */
import { expect, test } from 'vitest';
import { CpuStory, cpu, cpusOf } from './story.ts';

const ran = (picks: string, who: string): number =>
  [...picks].filter((each) => each === who).length;

test('equal weights run alike, one tick for each in an epoch', () => {
  const picks = new CpuStory(cpusOf('credit2', { vm: 3 })).ticks(300);
  expect([...'ABC'].map((who) => ran(picks, who))).toEqual([100, 100, 100]);
});

test('who has double weight gets double the time, as long as nobody is forgiven anything', () => {
  const story = new CpuStory(cpusOf('credit2', { vm: 2, firstWeight: 2 }));
  const picks = story.ticks(300);
  expect([ran(picks, 'A'), ran(picks, 'B')]).toEqual([200, 100]);
});

test('who uses nine tenths of each tick and is gone at its end pays for them, and waits', () => {
  const story = new CpuStory(cpusOf('credit2', { vm: 2 }));
  story.run(cpu('run-part', { thread: 0, subticks: 9 }), cpu('tick'));
  expect([...story.cpu.scheduler.states.credit2.credit].slice(0, 2)).toEqual([10, 90]);
  expect(story.ticks(3)).toBe('BAB');
});

test('a capped VM runs on its budget: who finds it empty is passed over, and debts are paid', () => {
  const sizes = { vm: 2, vcpus: 2, online: 2, thread: 4, period: 4, subticks: 10 };
  const story = new CpuStory(cpusOf('credit2', sizes));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  // Each of VM 0 takes half a tick and runs to the end of it: a debt that the next period pays.
  expect(story.ticks(24)).toBe('ACDDBCCDBCDDACCDACDDBCCD');
});
