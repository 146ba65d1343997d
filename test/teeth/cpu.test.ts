import { describe, expect, test } from 'vitest';
import { cpuProperties } from '../../invariants/index.ts';
import { changeOperation, type Machine, rational } from '../../machine/index.ts';
import type { Cpu, CpuOperations, CpuSizes, SchedulerName } from '../../model/index.ts';
import { forced } from './bench.ts';
import {
  after,
  type CpuStep,
  call,
  changeViolations,
  cpuMachine,
  runViolations,
  stateViolations,
  tick,
} from './cpu-bench.ts';
import { creditBadStates, creditBadSteps } from './credit.ts';

/** Threads 0 and 1 of VM 0 run, 3 and 4 of VM 1 wait; 2 and 5 are not plugged in, 6 has no work. */
const start = (...steps: readonly CpuStep[]): Cpu => after(...steps);

const ticks = (count: number): readonly CpuStep[] => Array.from({ length: count }, () => tick);

const idsOf = (kind: string): string[] =>
  cpuProperties.filter((each) => each.kind === kind).map(({ id }) => id);

/** Mistakes that other properties cannot but see as well. */
const alsoSeenBy: Readonly<Record<string, readonly string[]>> = {
  'CPU-T1': ['CPU-I5'],
  'C2-T2': ['CPU-W'],
  'COS-T1': ['COS-T2'],
  'DC-I2': ['CPU-I4', 'STL-I1'],
  'STL-I2': ['STL-I1', 'STL-I4', 'STL-T1'],
  'HP-1': ['CPU-T4'],
  'HP-2': ['CPU-T1'],
  'LHP-I1': ['CPU-T1'],
  // What is told is held against the books, against the state, and against the clock.
  'STL-I1': ['STL-I4', 'STL-T1'],
  'STL-I4': ['STL-I1', 'STL-T1'],
  'STL-T1': ['STL-I1'],
  'STL-T2': ['STL-I1', 'STL-T1'],
  // Both say what the virtual time is.
  'EV-I1': ['EV-I2'],
  'EV-I2': ['EV-I1'],
  'EV-I3': ['EV-I1', 'EV-I2'],
};
const seenBy = (id: string): string[] => [id, ...(alsoSeenBy[id] ?? [])].sort();

const together = call('set-coscheduling', { vm: 0, mode: 'relaxed' });
const yieldTo = (to: number): CpuStep => call('directed-yield', { thread: 1, to });
/** Thread 0 has the lock of VM 0, thread 1 has spun for it; threads 3, 4 and 2 wait for CPUs. */
const spinning = [
  ...[call('set-vcpus', { vm: 0, count: 3 }), call('online-vcpu', { thread: 2 })],
  ...[call('lock', { thread: 0 }), call('lock', { thread: 1 }), tick],
];

/** Threads 0 and 1 run together or not at all: they go first in the third tick. */
const strict = call('set-coscheduling', { vm: 0, mode: 'strict' });

/** Thread 0, the only one that VM 0 has left, owns CPU 0; threads 3 and 4 of VM 1 share CPU 1. */
const apart = [
  ...[call('set-vcpus', { vm: 0, count: 1 }), call('release-vcpu', { thread: 1 })],
  ...[call('set-mode', { vm: 0, mode: 'dedicated' }), tick],
];
/** Thread 0 is to have CPU 0, and has not. */
const withoutItsCpu = (m: Cpu): void => {
  m.dedication.at(0).owners[0] = null;
  m.threads.at(0).state = { kind: 'unassigned' };
  m.pcpus.at(0).current = null;
  m.pcpus.at(0).byRight = false;
};

/** On one CPU, where stride and EEVDF promise most. */
const oneCpu = { pcpu: 1 };
const under = (scheduler: SchedulerName): CpuStep => call('set-scheduler', { scheduler });

interface BadState {
  readonly before?: readonly CpuStep[];
  readonly spoil: (m: Cpu) => void;
  /** Sizes under which the state is judged, where they matter. */
  readonly size?: Partial<CpuSizes>;
}
const badStates: Readonly<Record<string, BadState>> = {
  ...creditBadStates,
  'CPU-I1': {
    spoil: (m) => {
      m.pcpus.at(0).current = null;
    },
  },
  'CPU-I2': {
    spoil: (m) => {
      m.pcpus.at(1).online = false;
    },
  },
  'CPU-I3': {
    spoil: (m) => {
      m.threads.at(2).vm = 1;
    },
  },
  'CPU-I5': {
    spoil: (m) => {
      m.queue.push(4);
    },
  },
  'CPU-I6': {
    spoil: (m) => {
      m.vms.at(0).reservation = 5;
      m.vms.at(1).reservation = 4;
    },
  },
  'CPU-I7': {
    spoil: (m) => {
      m.threads.at(4).affinity[0] = false;
      m.threads.at(4).affinity[1] = false;
    },
  },
  'CPU-I9': {
    spoil: (m) => {
      m.throttled.push(4);
    },
  },
  'CAP-1': {
    // One tick is left for the two vCPUs that run.
    spoil: (m) => {
      m.vms.at(0).cap = 2;
      m.vms.at(0).used = 1;
    },
  },
  'CAP-I1': {
    spoil: (m) => {
      m.vms.at(1).cap = 2;
      m.vms.at(1).used = 1;
      m.threads.at(4).state = { kind: 'throttled' };
      m.queue.pop();
      m.throttled.push(4);
    },
  },
  'COS-I4': {
    before: [strict],
    spoil: (m) => {
      m.vms.at(0).cap = 8;
    },
  },
  'DC-I1': {
    before: [...apart, call('halt', { thread: 0 })],
    spoil: (m) => {
      m.pcpus.at(0).current = 4;
      m.threads.at(4).state = { kind: 'running', on: 0 };
      m.queue = [];
    },
  },
  'DC-I3': {
    before: [...apart, call('halt', { thread: 0 })],
    spoil: (m) => {
      m.dedication.at(0).owners[0] = 1;
    },
  },
  'DC-I4': {
    before: apart,
    spoil: (m) => {
      withoutItsCpu(m);
      m.dedication.at(0).owners[0] = 0;
    },
  },
  'DC-I5': {
    spoil: (m) => {
      m.dedication.at(0).vms[0] = true;
      m.dedication.at(0).owners[0] = 0;
      m.threads.at(1).state = { kind: 'paused', was: 'ready' };
      m.pcpus.at(1).current = null;
    },
    size: { minShared: 2 },
  },
  'COS-I1': {
    before: [together],
    spoil: (m) => {
      m.threads.at(0).lead = 3;
    },
  },
  'COS-I2': {
    spoil: (m) => {
      for (const t of [3, 4]) m.threads.at(t).state = { kind: 'costopped' };
      m.queue = [];
    },
  },
  'COS-I3': {
    before: [together],
    spoil: (m) => {
      for (const t of [0, 1]) m.threads.at(t).lead = 1;
    },
  },
  'LHP-I2': {
    before: [call('lock', { thread: 0 })],
    spoil: (m) => {
      m.vms.at(0).lock.waiting.push(2);
    },
  },
  'STL-I3': {
    spoil: (m) => {
      m.threads.at(0).published.preempted = true;
    },
  },
  'RR-1': {
    spoil: (m) => {
      m.watch.ahead.at(0)[3] = rational(3);
    },
  },
  'RR-2': {
    spoil: (m) => {
      m.watch.waited[3] = 3;
    },
  },
  'ST-I1': {
    before: [under('stride')],
    spoil: (m) => {
      m.scheduler.states.stride.pass[3] = rational(3, 2);
    },
    size: oneCpu,
  },
  'ST-I2': {
    before: [under('stride')],
    spoil: (m) => {
      m.scheduler.states.stride.minimum = rational(-1);
    },
  },
  'ST-1': {
    before: [call('set-weight', { vm: 1, weight: 2 }), under('stride')],
    spoil: (m) => {
      m.watch.ahead.at(3)[0] = rational(5, 3);
    },
    size: oneCpu,
  },
  // Three others of the same weight: two quanta for each.
  'ST-N': {
    before: [under('stride')],
    spoil: (m) => {
      m.watch.waited[3] = 7;
      m.watch.steady = 7;
    },
  },
  'EV-I1': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.scheduler.states.eevdf.virtualTime = rational(1, 2);
    },
  },
  'EV-I2': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.scheduler.states.eevdf.runtime[3] = rational(1);
    },
  },
  'EV-I3': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.scheduler.states.eevdf.virtualTime = rational(-1);
    },
  },
  'EV-2': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.scheduler.states.eevdf.lag[2] = rational(4);
    },
    size: oneCpu,
  },
  'EV-1': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.watch.even = true;
      m.watch.beyond[0] = rational(-2);
    },
  },
  // Two requests of two ticks for each.
  'EV-3': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.watch.even = true;
      m.watch.ahead.at(3)[0] = rational(8);
    },
  },
  // A request and a tick for each of four.
  'EV-N': {
    before: [under('eevdf')],
    spoil: (m) => {
      m.watch.even = true;
      m.watch.waited[3] = 12;
    },
  },
  // Four threads compete.
  'ST-2': {
    before: [under('stride')],
    spoil: (m) => {
      m.watch.even = true;
      m.watch.beyond[1] = rational(3);
    },
  },
};

test('the state that mistakes are made in is without fault', () => {
  expect(stateViolations(start())).toEqual([]);
});

describe('every invariant of CPUs sees a state that breaks it', () => {
  test.each(idsOf('invariant'))('%s', (id) => {
    const { before = [], spoil, size } = badStates[id] ?? expect.fail('has no bad state');
    const state = start(...before);
    expect(stateViolations(state, size)).toEqual([]);
    spoil(state);
    expect(stateViolations(state, size).sort()).toEqual(seenBy(id));
  });
});

interface BadStep {
  readonly before?: readonly CpuStep[];
  readonly step: CpuStep;
  /** What is wrong before the step, and after it. */
  readonly from?: (m: Cpu) => void;
  readonly spoil: (m: Cpu) => void;
  /** Sizes under which the step is judged, where they matter. */
  readonly size?: Partial<CpuSizes>;
}
const badSteps: Readonly<Record<string, BadStep>> = {
  ...creditBadSteps,
  'CPU-I4': {
    step: tick,
    spoil: (m) => {
      m.threads.at(0).buckets.run--;
      m.threads.at(0).buckets.paused++;
    },
  },
  'CPU-W': {
    before: [call('halt', { thread: 0 })],
    step: tick,
    spoil: (m) => {
      m.pcpus.at(0).current = null;
      m.threads.at(3).state = { kind: 'ready' };
      m.queue.unshift(3);
    },
  },
  'CPU-T1': {
    step: call('wake', { thread: 4 }),
    spoil: (m) => {
      m.threads.at(4).state = { kind: 'blocked', on: 'io' };
    },
  },
  'CPU-T2': {
    before: [call('set-affinity', { thread: 3, pcpus: [1] }), tick],
    step: tick,
    // Thread 3 got CPU 1 by the tick; it and thread 4 change places.
    spoil: (m) => {
      m.pcpus.at(0).current = 3;
      m.pcpus.at(1).current = 4;
      m.threads.at(3).state = { kind: 'running', on: 0 };
      m.threads.at(4).state = { kind: 'running', on: 1 };
    },
  },
  'CPU-T3': {
    before: [call('wake', { thread: 3 })],
    step: tick,
    spoil: (m) => {
      m.threads.at(3).wakePending = false;
    },
  },
  'CPU-T4': {
    step: tick,
    spoil: (m) => {
      m.vms.at(1).weight = 2;
    },
  },
  'CPU-T5': {
    step: tick,
    spoil: (m) => {
      m.vms.at(1).used++;
    },
  },
  'HP-1': {
    step: call('set-vcpus', { vm: 0, count: 3 }),
    spoil: (m) => {
      m.vms.at(0).weight = 2;
    },
  },
  'HP-2': {
    step: call('set-vcpus', { vm: 0, count: 1 }),
    spoil: (m) => {
      // The host takes what it may only ask for.
      m.threads.at(1).state = { kind: 'offline' };
      m.pcpus.at(1).current = null;
    },
  },
  'COS-T3': {
    before: [strict, tick, tick],
    step: tick,
    spoil: (m) => {
      m.threads.at(1).state = { kind: 'costopped' };
      m.threads.at(3).state = { kind: 'running', on: 1 };
      m.threads.at(3).published.preempted = false;
      m.pcpus.at(1).current = 3;
      m.pcpus.at(1).byRight = false;
      m.queue = [4];
    },
  },
  'COS-T5': {
    before: [strict, tick, tick],
    step: tick,
    from: (m) => {
      m.vms.at(0).age = 1;
    },
    // Thread 3 ran on CPU 0 at the tick, and 4 on CPU 1.
    spoil: (m) => {
      m.vms.at(0).age = 0;
      for (const i of [0, 1]) {
        m.threads.at(i).state = { kind: 'running', on: i };
        m.threads.at(i).published.preempted = false;
        m.threads.at(i + 3).state = { kind: 'ready' };
        m.threads.at(i + 3).published.preempted = true;
        m.pcpus.at(i).current = i;
        m.pcpus.at(i).byRight = true;
      }
      m.queue = [3, 4];
    },
  },
  'COS-T4': {
    before: [strict, call('pause-vm', { vm: 1 })],
    step: tick,
    spoil: (m) => {
      for (const i of [0, 1]) {
        m.threads.at(i).state = { kind: 'costopped' };
        m.pcpus.at(i).current = null;
        m.pcpus.at(i).byRight = false;
      }
    },
  },
  'DC-I2': {
    before: apart,
    step: tick,
    spoil: (m) => {
      m.threads.at(0).buckets.run--;
      m.threads.at(0).buckets.ready++;
    },
  },
  'STL-I2': {
    before: apart,
    step: tick,
    spoil: (m) => {
      m.threads.at(0).published.steal++;
    },
  },
  // Thread 0 and the thread that CPU 1 runs change places.
  'DC-T1': {
    before: apart,
    step: tick,
    spoil: (m) => {
      const other = m.pcpus.at(1).current ?? 0;
      m.threads.at(0).state = { kind: 'running', on: 1 };
      m.threads.at(other).state = { kind: 'running', on: 0 };
      m.pcpus.at(0).current = other;
      m.pcpus.at(1).current = 0;
      m.pcpus.at(0).byRight = false;
      m.pcpus.at(1).byRight = true;
      m.dedication.at(0).owners[0] = null;
      m.dedication.at(0).owners[1] = 0;
    },
  },
  'DC-T2': {
    before: [...apart, call('set-automatic', { automatic: true })],
    step: tick,
    spoil: (m) => {
      m.dedication.at(0).roomy = 1;
    },
  },
  'DC-L1': {
    before: apart,
    step: tick,
    from: withoutItsCpu,
    spoil: (m) => {
      withoutItsCpu(m);
      const [next = 0] = m.queue;
      m.pcpus.at(0).current = next;
      m.threads.at(next).state = { kind: 'running', on: 0 };
      m.watch.waited[next] = 0;
      m.queue = [];
    },
  },
  'COS-T1': {
    before: [together],
    step: tick,
    spoil: (m) => {
      // Thread 0 is two ticks ahead, and gives way to thread 3.
      m.threads.at(0).state = { kind: 'costopped' };
      m.threads.at(0).lead = 2;
      m.threads.at(0).published.preempted = true;
      m.threads.at(3).state = { kind: 'running', on: 0 };
      m.pcpus.at(0).current = 3;
      m.queue = [4];
    },
  },
  'COS-T2': {
    before: [together],
    step: tick,
    spoil: (m) => {
      m.threads.at(0).lead = 1;
    },
  },
  'LHP-I1': {
    before: spinning,
    from: (m) => {
      m.threads.at(2).state = { kind: 'blocked', on: 'halt' };
      m.queue = [3, 4];
    },
    step: forced(yieldTo(2)),
    spoil: () => {},
  },
  'LHP-T1': {
    before: spinning,
    step: yieldTo(2),
    spoil: (m) => {
      m.pcpus.at(1).lentBy = null;
    },
  },
  'LHP-T2': {
    before: [call('lock', { thread: 0 })],
    step: tick,
    spoil: (m) => {
      m.vms.at(0).lock.holder = 1;
    },
  },
  'LHP-T3': {
    before: [call('lock', { thread: 0 }), call('lock', { thread: 1 })],
    step: tick,
    spoil: (m) => {
      m.threads.at(1).spun = 0;
    },
  },
  'LHP-T4': {
    before: spinning,
    // Thread 0 has given up its turn, to thread 3; thread 2 has not.
    from: (m) => {
      m.threads.at(0).state = { kind: 'ready' };
      m.threads.at(0).gaveTurn = true;
      m.threads.at(3).state = { kind: 'running', on: 0 };
      m.pcpus.at(0).current = 3;
      m.queue = [4, 2, 0];
    },
    step: forced(yieldTo(0)),
    spoil: () => {},
  },
  'STL-I1': {
    step: tick,
    spoil: (m) => {
      m.threads.at(0).published.steal++;
    },
  },
  'STL-I4': {
    step: call('halt', { thread: 0 }),
    spoil: (m) => {
      m.threads.at(0).published.steal++;
    },
  },
  'STL-T1': {
    step: tick,
    spoil: (m) => {
      m.threads.at(3).published.steal--;
    },
  },
  'STL-T2': {
    before: [call('vmm-work', { thread: 6, ticks: 1 }), ...ticks(4)],
    step: tick,
    spoil: (m) => {
      m.threads.at(0).published.steal--;
      m.threads.at(1).published.steal--;
    },
  },
  'STL-T3': {
    before: [tick],
    step: tick,
    spoil: (m) => {
      m.threads.at(0).published.preempted = false;
    },
  },
  'RES-1': {
    before: [call('set-reservation', { vm: 0, reservation: 4 }), ...ticks(7)],
    step: tick,
    // Thread 0 has had what it was promised, and waits.
    from: (m) => {
      m.watch.owed[0] = 1;
    },
    spoil: () => {},
  },
  'RES-T1': {
    before: [call('set-reservation', { vm: 0, reservation: 4 }), ...ticks(3)],
    step: tick,
    spoil: (m) => {
      m.threads.at(0).promised++;
      m.threads.at(1).promised--;
    },
  },
  'EV-C1': {
    before: [under('eevdf')],
    step: call('wake', { thread: 0 }),
    spoil: (m) => {
      m.watch.even = true;
      m.watch.beyond[0] = rational(1);
    },
  },
  'EV-C3': {
    before: [under('eevdf')],
    step: call('wake', { thread: 0 }),
    spoil: (m) => {
      m.watch.ahead.at(3)[0] = rational(8);
    },
    size: oneCpu,
  },
  'EV-CN': {
    before: [under('eevdf')],
    step: call('wake', { thread: 0 }),
    spoil: (m) => {
      m.watch.waited[3] = 12;
      m.watch.steady = 12;
    },
    size: oneCpu,
  },
  'EV-C2': {
    before: [under('eevdf')],
    step: call('wake', { thread: 0 }),
    spoil: (m) => {
      // Four of them compete; the sum is right, and one owes five ticks.
      const { runtime } = m.scheduler.states.eevdf;
      runtime[0] = rational(5);
      runtime[1] = rational(-5);
    },
    size: oneCpu,
  },
  'EV-4': {
    before: [under('eevdf'), tick, tick],
    step: call('halt', { thread: 0 }),
    spoil: (m) => {
      m.scheduler.states.eevdf.lag[0] = rational(2);
    },
  },
  'RR-3': {
    step: tick,
    spoil: (m) => {
      // CPU 0 goes over to thread 3 as if the quantum were a tick.
      m.pcpus.at(0).current = 3;
      m.threads.at(3).state = { kind: 'running', on: 0 };
      m.threads.at(0).state = { kind: 'ready' };
      m.threads.at(0).published.preempted = true;
      m.queue = [4, 0];
    },
  },
};

describe('every transition property and conjecture of CPUs sees a step that breaks it', () => {
  test.each([...idsOf('transition'), ...idsOf('conjecture')])('%s', (id) => {
    const { before = [], from, step, spoil, size } = badSteps[id] ?? expect.fail('has no bad step');
    const state = start(...before);
    from?.(state);
    expect(changeViolations(state, step, spoil, size).sort()).toEqual(seenBy(id));
  });
});

const without = (stage: keyof CpuOperations): Machine<Cpu> =>
  changeOperation(cpuMachine, stage, () => () => {});

/** Threads that are throttled stay so. */
const neverRefilled = changeOperation(
  cpuMachine,
  'applyCap',
  (original: CpuOperations['applyCap']) => (m, vm, c) => {
    if (m.vms.at(vm).used > 0) original(m, vm, c);
  },
);

const badRuns: Readonly<Record<string, readonly [Machine<Cpu>, readonly CpuStep[]]>> = {
  'CPU-L2': [
    without('deliverWakes'),
    [call('halt', { thread: 0 }), call('wake', { thread: 0 }), tick],
  ],
  'COS-N': [without('startGangs'), [strict, tick, tick, tick]],
  'CPU-L3': [neverRefilled, [call('set-cap', { vm: 0, cap: 2 }), tick, tick, tick, tick]],
};

describe('every bounded promise of CPUs sees a run that breaks it', () => {
  test.each(idsOf('within'))('%s', (id) => {
    const [machine, steps] = badRuns[id] ?? expect.fail('has no bad run');
    expect([...new Set(runViolations(machine, steps))]).toEqual([id]);
    expect(runViolations(cpuMachine, steps)).toEqual([]);
    expect(runViolations(machine, steps.slice(0, -1)), 'not before the last step').toEqual([]);
  });
});

/** Each thing that CPU-T4 is about, changed by a tick, which nobody asked for anything. */
const unasked: Readonly<Record<string, (m: Cpu) => void>> = {
  'a cap': (m) => {
    m.vms.at(1).cap = 3;
  },
  'a promise': (m) => {
    m.vms.at(1).reservation = 1;
  },
  'how many vCPUs a VM is to have': (m) => {
    m.vms.at(1).wanted = 1;
  },
  'whose a thread is': (m) => {
    m.threads.at(3).vm = 0;
  },
  'that a VM has CPUs for itself': (m) => {
    m.dedication.at(0).vms[0] = true;
  },
  'who dedicates VMs': (m) => {
    m.dedication.at(0).automatic = true;
  },
  'an affinity': (m) => {
    m.threads.at(3).affinity[0] = false;
  },
  'work of the VMM': (m) => {
    m.threads.at(6).work = 2;
  },
  'a CPU in service': (m) => {
    m.pcpus.at(1).online = false;
  },
  'the scheduler': (m) => {
    m.scheduler.algorithm = 'stride';
  },
};
test.each(Object.entries(unasked))('CPU-T4 sees %s changed unasked', (_, spoil) => {
  expect(changeViolations(start(), tick, spoil)).toContain('CPU-T4');
});
