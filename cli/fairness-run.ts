/** How far schedulers let threads that run all the time come from their shares of one CPU. */
import { absolute, compare, inPlace, type Rational, rational } from '../machine/index.ts';
import {
  type SchedulerName,
  schedulers,
  scopes,
  type VmmScope,
  vmmMachine,
} from '../model/index.ts';

export interface Fairness {
  readonly scheduler: SchedulerName;
  /** One VM of one vCPU for each. */
  readonly weights: readonly number[];
  readonly ticks: number;
  /** Ticks that each has run. */
  readonly service: readonly number[];
  /** Ticks that anybody was off its share at the worst, which no run may reach; null: none promised. */
  readonly worst: Rational;
  readonly bound: Rational | null;
}

/** Ticks that one thread has at a time: Xen's credit has slices of 30 ms. */
const quantumOf = (scheduler: SchedulerName): number => (scheduler === 'credit' ? 3 : 1);

/**
 * What is promised for requests and quanta of a tick, exclusive but for round robin (RR-1, ST-2, EV-1).
 * Credit and credit2 promise nothing: see CR-1 and C2-T3 for what they do.
 */
function boundOf(scheduler: SchedulerName, threads: number): Rational | null {
  if (scheduler === 'round-robin') return rational(threads - 1, threads);
  if (scheduler === 'stride') return rational(threads - 1);
  return scheduler === 'eevdf' ? rational(1) : null;
}

function scopeFor(scheduler: SchedulerName, weights: readonly number[]): VmmScope {
  const vm = weights.length;
  return {
    name: 'fairness',
    purpose: 'VMs of one vCPU each that run all the time on one CPU',
    sizes: {
      ...scopes['cpu-fuzz'].sizes,
      ...{ vm, thread: vm, vcpus: 1, online: 1, pcpu: 1, subticks: 1, request: 1, horizon: 0 },
      ...{ weight: Math.max(...weights), firstWeight: weights[0] ?? 1 },
      ...{ scheduler: Object.keys(schedulers).indexOf(scheduler), quantum: quantumOf(scheduler) },
      grid: weights.reduce((all, each) => (all / gcd(all, each)) * each, 1),
    },
  };
}
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Runs the VMs, and looks after every tick. Under credit all earn from the start, in order of id. */
export function fairness(
  scheduler: SchedulerName,
  weights: readonly number[],
  ticks: number,
): Fairness {
  const scope = scopeFor(scheduler, weights);
  const host = inPlace(vmmMachine, scope);
  const state = host.initial();
  const { cpu } = state.hosts.at(0);
  weights.forEach((weight, vm) => {
    const args = { host: 0, vm, weight };
    if (weight !== cpu.vms.at(vm).weight) host.step(state, { kind: 'cpu.set-weight', args });
  });
  const { credit } = cpu.scheduler.states;
  if (scheduler === 'credit') {
    weights.forEach((weight, t) => {
      credit.active.push(t);
      credit.weight += weight;
    });
  }
  const service = weights.map(() => 0);
  const shares = schedulers[scheduler].shares === 'equally' ? weights.map(() => 1) : weights;
  const all = shares.reduce((sum, each) => sum + each, 0);
  let worst = rational(0);
  for (let tick = 1; tick <= ticks; tick++) {
    const { current } = cpu.pcpus.at(0);
    if (current !== null) service[current] = (service[current] ?? 0) + 1;
    const step = host.step(state, { kind: 'cpu.tick', args: { host: 0 } });
    if (!step.ok) throw new Error(`a tick is refused: ${step.rejection.code}`);
    shares.forEach((share, t) => {
      const off = absolute(rational((service[t] ?? 0) * all - share * tick, all));
      if (compare(off, worst) > 0) worst = off;
    });
  }
  return { scheduler, weights, ticks, service, worst, bound: boundOf(scheduler, weights.length) };
}

const heavyAmongLight = (threads: number): readonly number[] => [
  100,
  ...Array.from({ length: threads - 1 }, () => 1),
];

/** What is measured unless weights are given: a heavy VM among light ones, and ever more of these. */
export function usualCases(
  names: readonly SchedulerName[],
): readonly (readonly [SchedulerName, readonly number[]])[] {
  const few = [1024, 128, 128, 128, 128];
  return [
    ...names.map((name) => [name, few] as const),
    ...names
      .filter((name) => schedulers[name].shares === 'by-weight')
      .flatMap((name) => [2, 4, 6, 8, 10].map((n) => [name, heavyAmongLight(n)] as const)),
  ];
}
