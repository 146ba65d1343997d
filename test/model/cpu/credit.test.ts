/** Xen's credit scheduler by example: what is given there, and what its source makes one expect. */
import { expect, test } from 'vitest';
import {
  type Cpu,
  creditStages,
  initialCpu,
  schedulers,
  type VmmScope,
} from '../../../model/index.ts';
import { CpuStory, cpu, cpusOf } from './story.ts';

const creditsOf = (m: Cpu): number[] => [...m.scheduler.states.credit.credit];
/** Everybody earns as if they had run before, in the order of their ids. */
function allEarn(m: Cpu): void {
  const own = m.scheduler.states.credit;
  for (let t = 0; t < m.threads.length; t++) {
    own.active.push(t);
    own.weight += m.vms.at(t).weight;
  }
}
const ran = (picks: string, who: string): number =>
  [...picks].filter((each) => each === who).length;

/** EX-3: A has weight 256, B 512 and a cap of 20%, where it has one; nobody runs. */
function example3(order: readonly number[], cap: number): { next: () => number[]; m: Cpu } {
  const { sizes } = cpusOf('credit', { vm: 2, weight: 512, period: 5 });
  const m = initialCpu(sizes);
  m.vms.at(0).weight = 256;
  m.vms.at(1).weight = 512;
  m.vms.at(1).cap = cap;
  m.pcpus.at(0).current = null;
  const own = m.scheduler.states.credit;
  own.active.push(...order);
  own.weight = 768;
  const next = (): number[] => {
    const before = own.ledger.map(({ earned }) => earned);
    for (let i = 0; i < 3; i++) schedulers.credit.onTick(own, m, sizes);
    return own.ledger.map(({ earned }, t) => earned - (before[t] ?? 0));
  };
  return { next, m };
}

test('EX-3: two VMs earn by weight', () => {
  expect(example3([0, 1], 0).next()).toEqual([100, 200]);
  expect(example3([1, 0], 0).next()).toEqual([100, 200]);
});

test('EX-3: what a capped VM leaves goes to those after it', () => {
  expect(example3([1, 0], 1).next()).toEqual([240, 60]);
});

test('EX-3: what it leaves is lost once where others come before it, and then it comes first', () => {
  const { next, m } = example3([0, 1], 1);
  expect(next()).toEqual([100, 60]);
  expect(m.scheduler.states.credit.active).toEqual([1, 0]);
  expect(next()).toEqual([240, 60]);
});

/**
 * The measured counterexample to proportional fairness: of 1200 ticks weights promise the heavy VM 800.
 * Which it gets depends on how the run begins; 243 is what the specification calls about 246.
 */
const heavyAmongLight = (quantum: number, active: boolean): string => {
  const scope = cpusOf('credit', { vm: 5, quantum, weight: 1024, firstWeight: 1024 });
  const story = new CpuStory(scope, (m) => {
    for (let vm = 1; vm < 5; vm++) m.vms.at(vm).weight = 128;
    if (active) allEarn(m);
  });
  return story.ticks(1200);
};

test('with slices of 30 ms a heavy VM gets no more than the light ones, when all earn from the start', () => {
  const picks = heavyAmongLight(3, true);
  expect([...'ABCDE'].map((who) => ran(picks, who))).toEqual([243, 240, 240, 240, 237]);
});

test('with slices of 30 ms it gets 507 ticks when it earns only from its first tick on', () => {
  expect(ran(heavyAmongLight(3, false), 'A')).toBe(507);
});

test('with slices of 10 ms it gets its share, however it begins', () => {
  expect([true, false].map((active) => ran(heavyAmongLight(1, active), 'A'))).toEqual([799, 800]);
});

/** A uses nine tenths of each tick and is gone when the tick comes. */
function thief(scope: VmmScope): CpuStory {
  const story = new CpuStory(scope);
  for (let i = 0; i < 30; i++) story.run(cpu('run-part', { thread: 0, subticks: 9 }), cpu('tick'));
  return story;
}

test('who is never seen at a tick pays all the same, to the sub-tick', () => {
  const story = thief(cpusOf('credit', { vm: 2 }));
  expect(story.thread(0).computed).toBe(270);
  expect(creditsOf(story.cpu)[0]).toBe(-2700);
});

test('it never earns, is never OVER, and no cap holds it: paying is not all that happens at a tick', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 2, period: 5 }));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  for (let i = 0; i < 30; i++) story.run(cpu('run-part', { thread: 0, subticks: 9 }), cpu('tick'));
  const { priority, active, parked } = story.cpu.scheduler.states.credit;
  expect(story.thread(0).computed).toBe(270);
  expect([priority.at(0), active.includes(0), parked.at(0)]).toEqual(['under', false, false]);
});

test('weights of 65535 on a host of 16 CPUs take more than 32 bits', () => {
  expect(creditStages.fairShare(4800, 65_535 * 16, 65_535 * 32)).toBe(2400);
  expect(4800 * 65_535 * 16).toBeGreaterThan(2 ** 32);
});

test('who wakes with credits goes before all others, until it is seen at a tick', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 3, quantum: 3 }));
  story.run(cpu('halt', { thread: 0 }));
  story.ticks(1);
  story.run(cpu('wake', { thread: 0 }));
  // Woken during the second tick, it takes the CPU from B in the middle of its slice.
  expect(story.ticks(8)).toBe('BAAACCCB');
});

test('who yields lets those of its priority go first, and one that has no credits', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 3, quantum: 3 }));
  const { priority } = story.cpu.scheduler.states.credit;
  priority[1] = 'over';
  priority[2] = 'over';
  story.run(cpu('yield', { thread: 0 }));
  story.run(cpu('tick'));
  expect(story.cpu.queue).toEqual([0, 2]);
  expect(story.thread(1).state.kind).toBe('running');
});

test('a VM over its cap is parked at an accounting, and let go when it has paid', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 1, period: 3, horizon: 0 }));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  // Runs 3 ticks of 100 credits, earns 100 every three ticks.
  expect(story.ticks(12)).toBe('AAA......AAA');
});

test('a VM that has no cap any more is let go at once', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 1, period: 3, horizon: 0 }));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  story.ticks(4);
  expect(story.thread(0).state.kind).toBe('throttled');
  story.run(cpu('set-cap', { vm: 0, cap: 0 }));
  expect(story.thread(0).state.kind).toBe('ready');
});

test('a parked thread that goes over to another scheduler runs there', () => {
  const story = new CpuStory(cpusOf('credit', { vm: 1, period: 3, horizon: 0 }));
  story.run(cpu('set-cap', { vm: 0, cap: 1 }));
  story.ticks(3);
  story.run(cpu('set-scheduler', { scheduler: 'round-robin' }), cpu('tick'));
  expect(story.thread(0).state.kind).toBe('running');
});

test('of two that yield the later one may be first: each goes behind the same worse one', () => {
  // Thread 2 has used too many credits; 0 and 1 run.
  const story = new CpuStory(cpusOf('credit', { vm: 4, pcpu: 2, quantum: 3 }), (m) => {
    m.scheduler.states.credit.priority[2] = 'over';
    m.queue = [3, 2];
  });
  story.run(cpu('yield', { thread: 0 }), cpu('tick'));
  expect([...story.cpu.queue]).toEqual([2, 0]);
  // CPU 0 goes over from 3 to 2, and CPU 1 from 1 to 3, which has just yielded; 0 waits on.
  story.run(cpu('yield', { thread: 3 }), cpu('yield', { thread: 1 }), cpu('tick'));
  expect(story.cpu.pcpus.map(({ current }) => current)).toEqual([2, 3]);
  expect([...story.cpu.queue]).toEqual([0, 1]);
});
