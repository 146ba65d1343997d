/** vCPUs of a VM that are kept together: 5.9. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { inPlace, isLiveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

/** Two vCPUs on one CPU, which each would have for ten ticks. */
function relaxed(): CpuStory {
  const sizes = { vm: 1, vcpus: 2, online: 2, thread: 2, quantum: 10, stop: 3, start: 1 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'relaxed' }));
  return story;
}
const leads = (story: CpuStory): number[] => story.cpu.threads.map(({ lead }) => lead);

test('EX-12: a vCPU leads another by three ticks at most, and goes on when one is left', () => {
  const story = relaxed();
  expect(story.ticks(3)).toBe('AAA');
  expect(leads(story)).toEqual([3, 0]);
  expect(story.thread(0).state.kind).toBe('costopped');
  expect(story.ticks(2)).toBe('BB');
  expect(story.thread(0).state.kind).toBe('ready');
  // The turn of B goes on until B is three ticks ahead.
  expect(story.ticks(4)).toBe('BBBB');
  expect(leads(story)).toEqual([0, 3]);
  expect(story.ticks(2)).toBe('AA');
});

test('EX-12: while one vCPU sleeps the other runs on, and the sleeper comes back level', () => {
  const story = relaxed();
  story.run(cpu('tick'), cpu('halt', { thread: 0 }), cpu('tick'));
  expect(story.ticks(10)).toBe('BBBBBBBBBB');
  expect(leads(story)).toEqual([1, 0]);
  story.run(cpu('wake', { thread: 0 }));
  // It wakes within START of the other, as far as its sleep took it.
  story.ticks(1);
  expect(leads(story)).toEqual([1, 0]);
});

test('who waits for a sibling goes on at once when that one halts', () => {
  const story = relaxed();
  story.ticks(3);
  expect(story.thread(0).state.kind).toBe('costopped');
  story.run(cpu('halt', { thread: 1 }));
  expect(story.thread(0).state.kind).toBe('ready');
  expect(leads(story)).toEqual([0, 0]);
});

test('time in which a vCPU is co-stopped is told as stolen, in a bucket of its own', () => {
  const story = relaxed();
  story.ticks(5);
  expect(story.thread(0).buckets).toMatchObject({ run: 3, costop: 2 });
  expect(story.thread(0).published.steal).toBe(2);
});

test('a VM of one vCPU is never stopped, whatever it is asked to keep together', () => {
  const sizes = { vm: 2, quantum: 10, stop: 3, start: 1 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'relaxed' }));
  expect(story.ticks(10)).toBe('AAAAAAAAAA');
});

test.each([
  ['cpu-costop', 'cpu/G1'],
  ['cpu-gangs', 'cpu/G2'],
] as const)('COS-L1: in %s who was co-stopped goes on in the end, but not with %s', (name, id) => {
  const { [name]: scope } = scopes;
  const stops = vmmProperties.filter(isLiveness).filter((each) => each.id === 'COS-L1');
  expect(liveness(vmmMachine as Machine, scope, stops).verdict).toBe('holds');
  const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
  expect(liveness(fault.apply(vmmMachine) as Machine, scope, stops).verdict).toBe('violated');
});

/** VM 0 of two vCPUs is strict, on as many CPUs, beside one of as many vCPUs that are not. */
function strict(vms: number, sizes: { pcpu: number; ageing: number }): CpuStory {
  const scope = cpusOf('round-robin', { vm: vms, vcpus: 2, online: 2, thread: 2 * vms, ...sizes });
  const story = new CpuStory(scope);
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'strict' }));
  return story;
}
/** What runs on each CPU, a letter for each, tick by tick. */
function both(story: CpuStory, count: number): string {
  const told: string[] = [];
  for (let i = 0; i < count; i++) {
    story.run(cpu('tick'));
    const letters = story.cpu.pcpus.map(({ current }) => 'ABCDEF'[current ?? -1] ?? '.');
    told.push(letters.join(''));
  }
  return told.join(' ');
}

test('a wide VM that is strict has all of its CPUs for a tick when it has waited for its age', () => {
  const story = strict(2, { pcpu: 2, ageing: 2 });
  expect(both(story, 7)).toBe('CD CD AB CD CD AB CD');
  expect(story.thread(0).buckets).toMatchObject({ run: 2, costop: 5, ready: 0 });
  expect(story.thread(1).published.steal).toBe(5);
});

test('a strict VM takes CPUs that are left, and leaves one idle where it needs two', () => {
  const story = strict(2, { pcpu: 3, ageing: 3 });
  expect(both(story, 4)).toBe('D.C D.C D.C ABD');
  story.run(cpu('halt', { thread: 3 }));
  // One of the others sleeps: two CPUs are left for good.
  expect(both(story, 3)).toBe('CAB CAB CAB');
  story.run(cpu('halt', { thread: 0 }));
  // Who would run is the gang.
  expect(both(story, 2)).toBe('CB. CB.');
  story.run(cpu('wake', { thread: 0 }));
  expect(both(story, 1)).toBe('CAB');
});

test('two strict VMs take turns, and between them all others have theirs', () => {
  const story = strict(3, { pcpu: 2, ageing: 1 });
  story.run(cpu('set-coscheduling', { vm: 1, mode: 'strict' }));
  expect(both(story, 7)).toBe('EF AB CD EF AB CD EF');
});

test('a vCPU that comes waits for its siblings to be stopped, and runs with them', () => {
  const scope = cpusOf('round-robin', { vm: 1, vcpus: 3, online: 2, thread: 3, pcpu: 3 });
  const story = new CpuStory(scope);
  story.run(
    cpu('set-coscheduling', { vm: 0, mode: 'strict' }),
    cpu('set-vcpus', { vm: 0, count: 3 }),
  );
  expect(both(story, 1)).toBe('AB.');
  story.run(cpu('online-vcpu', { thread: 2 }));
  expect(story.thread(2).state.kind).toBe('costopped');
  expect(both(story, 1)).toBe('ABC');
  story.run(cpu('set-coscheduling', { vm: 0, mode: 'none' }));
  expect(story.thread(2).state.kind).toBe('ready');
  expect(both(story, 1)).toBe('ABC');
});

test('what a strict VM could not keep to is refused', () => {
  const scope = cpusOf('round-robin', { vm: 1, vcpus: 3, online: 2, thread: 3, pcpu: 2 });
  const host = inPlace(vmmMachine, scope);
  const state = host.initial();
  const code = (kind: string, args: Readonly<Record<string, unknown>>): string => {
    const step = host.step(state, cpu(kind, args));
    return step.ok ? 'taken' : step.rejection.code;
  };
  expect(code('set-coscheduling', { vm: 0, mode: 'strict' })).toBe('taken');
  expect(code('set-vcpus', { vm: 0, count: 3 })).toBe('admission-cpu');
  expect(code('set-vcpus', { vm: 0, count: 1 })).toBe('no-siblings');
  expect(code('offline-pcpu', { pcpu: 1 })).toBe('admission-cpu');
  expect(code('set-affinity', { thread: 0, pcpus: [0] })).toBe('affinity-conflict');
  expect(code('set-cap', { vm: 0, cap: 1 })).toBe('vm-strict');
  expect(code('set-mode', { vm: 0, mode: 'dedicated' })).toBe('shares-on-terms');
});
