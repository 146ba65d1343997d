/** What VMs are promised and allowed in each period: 5.7. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { traces } from '../../../generators/index.ts';
import { changeOperation, inPlace } from '../../../machine/index.ts';
import { type SchedulerName, schedulers, scopes, vmmMachine } from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

/** The threads that run, tick by tick. */
function runners(story: CpuStory, count: number): (number | null)[][] {
  return Array.from({ length: count }, () => {
    const running = story.cpu.pcpus.map(({ current }) => current);
    story.run(cpu('tick'));
    return running.sort();
  });
}

const promised = (story: CpuStory): number[] => story.cpu.threads.map((each) => each.promised);

test('EX-13: of promises of 1, 1 and 2 in two ticks of two CPUs the largest is served first', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 3, pcpu: 2, period: 2 }));
  [1, 1, 2].forEach((reservation, vm) => {
    story.run(cpu('set-reservation', { vm, reservation }));
  });
  story.ticks(2);
  expect(promised(story)).toEqual([1, 1, 2]);
  expect(runners(story, 2)).toEqual([
    [0, 2],
    [1, 2],
  ]);
});

test('a promise is split over the vCPUs of a VM, and kept from the next period on', () => {
  const sizes = { vm: 2, vcpus: 2, online: 2, thread: 4, pcpu: 2, period: 4 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-reservation', { vm: 1, reservation: 5 }));
  expect(promised(story)).toEqual([0, 0, 0, 0]);
  story.ticks(4);
  expect(promised(story)).toEqual([0, 0, 3, 2]);
  // What is not promised goes to the others at once.
  expect(runners(story, 4)).toEqual([
    [2, 3],
    [2, 3],
    [0, 2],
    [1, 3],
  ]);
});

test('who wakes within a period keeps what fits beside the promises to those awake', () => {
  const sizes = { vm: 4, vcpus: 2, online: 2, thread: 8, pcpu: 2, period: 4 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-reservation', { vm: 0, reservation: 4 }));
  story.run(cpu('set-reservation', { vm: 1, reservation: 3 }));
  story.ticks(4);
  expect(promised(story)).toEqual([2, 2, 2, 1, 0, 0, 0, 0]);
  // A tick that VM 0 had is lost with its pause; six ticks are left, three of them promised.
  story.run(cpu('pause-vm', { vm: 0 }), cpu('resume-vm', { vm: 0 }), cpu('tick'));
  expect(promised(story)).toEqual([2, 1, 2, 1, 0, 0, 0, 0]);
  story.ticks(3);
});

test('CAP-1: a VM never uses more than its cap, even in a tick in which several vCPUs could run', () => {
  const sizes = { vm: 1, vcpus: 2, online: 2, thread: 2, pcpu: 2, period: 4 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-cap', { vm: 0, cap: 3 }));
  expect(runners(story, 8)).toEqual([
    [0, 1],
    [1, null],
    [null, null],
    [null, null],
    [0, 1],
    [1, null],
    [null, null],
    [null, null],
  ]);
});

test('CAP-1: a window across the end of a period holds two caps at most', () => {
  const story = new CpuStory(cpusOf('round-robin', { vm: 2, period: 4 }));
  story.run(cpu('set-cap', { vm: 0, cap: 2 }), cpu('halt', { thread: 0 }));
  expect(story.ticks(1)).toBe('.');
  story.run(cpu('wake', { thread: 0 }), cpu('halt', { thread: 1 }));
  // L = 4 ticks from here: (floor(L / 4) + 2) * 2 = 6 is the bound, 4 of them is what happens.
  expect(story.ticks(8)).toBe('.AAAA..A');
});

test('CAP-1: lowering a cap takes a vCPU off in the same step where its tick would be too many', () => {
  const sizes = { vm: 1, vcpus: 2, online: 2, thread: 2, pcpu: 2, period: 4 };
  const story = new CpuStory(cpusOf('round-robin', sizes));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  expect(story.cpu.pcpus.map(({ current }) => current)).toEqual([0, null]);
});

const fair = Object.entries(schedulers).filter(([, { shares }]) => shares !== 'unfairly');
const settings = fair.flatMap(([name, { shares }]) =>
  shares === 'by-weight'
    ? [[name, 'cap'] as const, [name, 'weight'] as const]
    : [[name, 'cap'] as const],
);

test.each(settings)('SHR-1: under %s a VM that is given more %s gets no less', (name, setting) => {
  const period = 4;
  const quantum = 2;
  const scope = cpusOf(name as SchedulerName, { vm: 3, period, quantum });
  const most = setting === 'cap' ? period : scope.sizes.weight;
  const number = fc.integer({ min: 1, max: most });
  const numbers = fc.tuple(number, number, number);
  const service = (values: readonly number[], length: number): number => {
    const story = new CpuStory(scope);
    values.forEach((value, vm) => {
      const is = story.cpu.vms.at(vm)[setting];
      if (is !== value) story.run(cpu(`set-${setting}`, { vm, [setting]: value }));
    });
    return [...story.ticks(length)].filter((each) => each === 'B').length;
  };
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 30 }), ([a, b, c], length) => {
      const [less, more] = [
        service([a, b, c], length),
        service([a, Math.min(b + 1, most), c], length),
      ];
      expect(more).toBeGreaterThanOrEqual(less - quantum);
    }),
    { seed: 1, numRuns: 12 },
  );
});

test('SHR-1: without promises and caps nothing but the scheduler decides', () => {
  const scope = {
    ...scopes['cpu-fuzz'],
    commands: Object.keys(vmmMachine.commands).filter(
      (kind) => kind.startsWith('cpu.') && kind !== 'cpu.set-cap' && kind !== 'cpu.set-reservation',
    ),
  };
  const bare = changeOperation(
    changeOperation(vmmMachine, 'pickPromised', () => () => null),
    'applyCap',
    () => () => {},
  );
  fc.assert(
    fc.property(traces(vmmMachine, { scope }), (trace) => {
      const [full, plain] = [vmmMachine, bare].map((machine) => {
        const host = inPlace(machine, scope);
        const state = host.initial();
        for (const call of trace) host.step(state, call);
        return state;
      });
      expect(full).toEqual(plain);
    }),
    { seed: 1, numRuns: 12 },
  );
});
