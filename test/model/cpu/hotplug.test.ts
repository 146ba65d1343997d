/** vCPUs that are plugged in and out: 5.10. */
import { expect, test } from 'vitest';
import { inPlace } from '../../../machine/index.ts';
import { vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

const scope = cpusOf('round-robin', { vm: 2, vcpus: 2, thread: 4, period: 4 });

test('a vCPU that is plugged in runs when its guest begins to use it', () => {
  const story = new CpuStory(scope);
  story.run(cpu('set-vcpus', { vm: 0, count: 2 }));
  expect(story.ticks(4)).toBe('ACAC');
  story.run(cpu('online-vcpu', { thread: 1 }));
  expect(story.ticks(6)).toBe('ACBACB');
});

test('a vCPU that went and came again has its books and its record still', () => {
  const story = new CpuStory(scope);
  story.run(cpu('set-vcpus', { vm: 0, count: 2 }), cpu('online-vcpu', { thread: 1 }));
  expect(story.ticks(6)).toBe('ACBACB');
  story.run(cpu('set-vcpus', { vm: 0, count: 1 }));
  // The host only asks: until the guest lets go, the vCPU runs.
  expect(story.ticks(3)).toBe('ACB');
  story.run(cpu('release-vcpu', { thread: 1 }));
  expect(story.ticks(2)).toBe('AC');
  expect(story.thread(1).buckets).toMatchObject({ run: 3, ready: 6, offline: 2 });
  expect(story.thread(1).published.steal).toBe(6);
  story.run(cpu('set-vcpus', { vm: 0, count: 2 }), cpu('online-vcpu', { thread: 1 }));
  expect(story.thread(1).published.steal).toBe(6);
});

test('what a VM is promised is split anew in the next period when a vCPU comes', () => {
  const story = new CpuStory(scope);
  story.run(cpu('set-reservation', { vm: 1, reservation: 3 }));
  story.ticks(4);
  expect(story.thread(2).promised).toBe(3);
  story.run(cpu('set-vcpus', { vm: 1, count: 2 }), cpu('online-vcpu', { thread: 3 }));
  expect(story.thread(3).promised).toBe(0);
  story.ticks(4);
  expect([story.thread(2).promised, story.thread(3).promised]).toEqual([2, 1]);
});

test('a host cannot take a vCPU, nor a guest one that it was not given', () => {
  const host = inPlace(vmmMachine, scope);
  const code = (kind: string, args: Readonly<Record<string, unknown>>): string => {
    const step = host.step(host.initial(), cpu(kind, args));
    return step.ok ? 'taken' : step.rejection.code;
  };
  expect(code('set-vcpus', { vm: 0, count: 0 })).toBe('last-vcpu');
  expect(code('set-vcpus', { vm: 0, count: 3 })).toBe('out-of-range');
  expect(code('online-vcpu', { thread: 1 })).toBe('not-plugged-in');
  expect(code('release-vcpu', { thread: 0 })).toBe('first-vcpu');
});
