/**
 * Runs of the CPU model as logs of threads that compete for one core: what a script would have read of
 * a kernel that schedules as the model does, a tick being 3 ms. Every vCPU of the VMs that are measured
 * runs all the time; another VM comes and goes. Beside a quota it stays, or is not there: a kernel
 * keeps the threads of a group in a queue of their own, and the model, which has one queue for all,
 * promises nothing between vCPUs that are throttled while others come and go.
 */
import * as fc from 'fast-check';
import type { VmmMachine } from '../../../faults/index.ts';
import { inPlace } from '../../../machine/index.ts';
import type { SchedulerName, Vmm } from '../../../model/index.ts';
import { cpu, cpusOf } from '../../model/cpu/story.ts';

const TICK = 0.003;
const SHARES_OF_ONE = 1_024;

export interface CpuRun {
  readonly kind: 'shares' | 'quota' | 'threads';
  readonly scheduler: SchedulerName;
  /** Of the VMs that are measured, one vCPU each; under a quota there is one VM with as many vCPUs. */
  readonly weights: readonly number[];
  /** Ticks that the VM has in each period. */
  readonly cap: number;
  readonly period: number;
  /** The weight of the VM that comes and goes, and in how many ticks it does so each time. */
  readonly load: number;
  readonly pauses: readonly number[];
  readonly before: number;
  readonly window: number;
}

const weight = fc.constantFrom(1, 2, 3, 4);
const threads = { minLength: 1, maxLength: 4 };
const common = {
  load: weight,
  pauses: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  before: fc.integer({ min: 0, max: 30 }),
  window: fc.integer({ min: 10, max: 400 }),
};
const limit = fc
  .integer({ min: 1, max: 40 })
  .chain((period) =>
    fc.record({ period: fc.constant(period), cap: fc.integer({ min: 1, max: period }) }),
  );
/** It comes with the first tick, or never. */
const steady = fc.constantFrom([1, 1_000_000], [1_000_000]);
const byWeight = fc.constantFrom<SchedulerName>('stride', 'eevdf');
const none = { cap: fc.constant(0), period: fc.constant(1) };
const alike = fc.array(fc.constant(1), threads);

export const cpuRuns: fc.Arbitrary<CpuRun> = fc.oneof(
  fc.record({
    ...{ ...common, ...none, kind: fc.constant('shares' as const), scheduler: byWeight },
    weights: fc.array(weight, threads),
  }),
  limit.chain(({ cap, period }) =>
    fc.record({
      ...{
        ...common,
        pauses: steady,
        kind: fc.constant('quota' as const),
        scheduler: byWeight,
        weights: alike,
      },
      ...{ cap: fc.constant(cap), period: fc.constant(period) },
    }),
  ),
  fc.record({
    ...{ ...common, ...none, kind: fc.constant('threads' as const), weights: alike },
    ...{ load: fc.constant(1), scheduler: fc.constantFrom('round-robin', 'stride', 'eevdf') },
  }),
);

interface Counters {
  readonly run: readonly number[];
  readonly wait: readonly number[];
  readonly slices: readonly number[];
  readonly periods: number;
  readonly throttled: number;
  readonly throttledTicks: number;
}

/** A host whose counters are read. */
class Measured {
  private readonly host;
  private readonly state: Vmm;
  private readonly run: CpuRun;
  private readonly measured: number;
  private readonly waiting: number[];
  private readonly wait: number[];
  private readonly slices: number[];
  private now = 0;
  private next = 0;
  private pause = 0;
  private periods = 0;
  private throttled = 0;
  private throttledTicks = 0;
  private throttledNow = 0;

  constructor(machine: VmmMachine, run: CpuRun) {
    const { kind, weights, load, cap, period, scheduler } = run;
    const vcpus = kind === 'quota' ? weights.length : 1;
    const vm = kind === 'quota' ? 2 : weights.length + 1;
    const sizes = { vm, vcpus, online: vcpus, thread: vm * vcpus, weight: 4, grid: 12, request: 1 };
    this.host = inPlace(machine, cpusOf(scheduler, { ...sizes, period }));
    this.state = this.host.initial();
    this.run = run;
    this.measured = weights.length;
    [this.waiting, this.wait, this.slices] = [this.zeros(), this.zeros(), this.zeros()];
    this.take('pause-vm', { vm: vm - 1 });
    if (load > 1) this.take('set-weight', { vm: vm - 1, weight: load });
    if (kind === 'shares') {
      weights.forEach((each, i) => {
        if (each > 1) this.take('set-weight', { vm: i, weight: each });
      });
    }
    if (cap > 0) this.take('set-cap', { vm: 0, cap });
    this.next = run.pauses[0] ?? 1;
  }

  private zeros(): number[] {
    return Array.from({ length: this.measured }, () => 0);
  }
  private get cpu() {
    return this.state.hosts.at(0).cpu;
  }
  private take(kind: string, args: Readonly<Record<string, unknown>>): void {
    const step = this.host.step(this.state, cpu(kind, args));
    if (!step.ok) throw new Error(`${kind} is refused: ${step.rejection.code}`);
    for (const event of step.events) {
      if (event.type !== 'switched' || event.thread === null) continue;
      const t = Number(event.thread);
      if (t >= this.measured) continue;
      this.slices[t] = (this.slices[t] ?? 0) + 1;
      this.wait[t] = (this.wait[t] ?? 0) + (this.waiting[t] ?? 0);
      this.waiting[t] = 0;
    }
  }

  ticks(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.now === this.next) this.toggle();
      this.tick();
    }
  }
  private toggle(): void {
    const { pauses } = this.run;
    const vm = this.cpu.vms.length - 1;
    this.take(this.pause % 2 === 0 ? 'resume-vm' : 'pause-vm', { vm });
    this.pause++;
    this.next += pauses[this.pause % pauses.length] ?? 1;
  }
  private tick(): void {
    let stopped = false;
    for (let t = 0; t < this.measured; t++) {
      const { kind } = this.cpu.threads.at(t).state;
      if (kind === 'ready' || kind === 'throttled') this.waiting[t] = (this.waiting[t] ?? 0) + 1;
      if (kind === 'throttled') stopped = true;
    }
    if (stopped) this.throttledNow++;
    this.take('tick', {});
    this.now++;
    if (this.cpu.phase !== 0 || this.run.cap === 0) return;
    this.periods++;
    // A kernel adds up how long a group was throttled when it lets it go.
    if (this.throttledNow > 0) this.throttled++;
    this.throttledTicks += this.throttledNow;
    this.throttledNow = 0;
  }

  read(): Counters {
    const { periods, throttled, throttledTicks } = this;
    const run = this.zeros().map((_, t) => this.cpu.threads.at(t).buckets.run);
    return {
      run,
      wait: [...this.wait],
      slices: [...this.slices],
      periods,
      throttled,
      throttledTicks,
    };
  }
}

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);

/** The record that a script writes of a run; `spoil` changes what it read at the end. */
export function projectCpu(
  machine: VmmMachine,
  run: CpuRun,
  spoil: (after: Counters) => Counters = (after) => after,
): string {
  const host = new Measured(machine, run);
  const first = host.read();
  host.ticks(run.before);
  const before = host.read();
  host.ticks(run.window);
  const after = spoil(host.read());
  const { kind, window, weights } = run;
  const parts = (key: 'run' | 'wait'): number[] =>
    after[key].map((each, t) => rounded((each - (before[key][t] ?? 0)) / window, 4));
  const [ran, waited] = [parts('run'), parts('wait')];
  const exact = after.run.map((each, t) => (each - (before.run[t] ?? 0)) / window);
  const slices = after.slices.map((each, t) => each - (before.slices[t] ?? 0));
  const read = { note: kind, secs: rounded(window * TICK, 3), cpu: ran, wait: waited, slices };
  if (kind === 'threads') {
    return JSON.stringify({
      ...read,
      sum: ran.map((each, t) => rounded(each + (waited[t] ?? 0), 3)),
    });
  }
  if (kind === 'shares') {
    const all = total(exact);
    if (all === 0) return JSON.stringify({ note: 'nobody ran' });
    const share = exact.map((each) => each / all);
    const want = weights.map((each) => each / total(weights));
    const off = Math.max(...share.map((each, t) => Math.abs(each - (want[t] ?? 0))));
    const four = (each: number): number => rounded(each, 4);
    return JSON.stringify({
      ...{ ...read, w: weights.map((each) => each * SHARES_OF_ONE), share: share.map(four) },
      ...{ want: want.map(four), maxAbsErr: four(off) },
    });
  }
  const micros = (ticks: number): number => Math.round(ticks * TICK * 1e6);
  return JSON.stringify({
    ...{ ...read, quota: micros(run.cap), period: micros(run.period), hogs: weights.length },
    ...{ total: rounded(total(exact), 4), stat0: statistics(first), stat1: statistics(after) },
  });
}

function statistics({ periods, throttled, throttledTicks }: Counters): string {
  const nanoseconds = Math.round(throttledTicks * TICK * 1e9);
  return `nr_periods ${periods};nr_throttled ${throttled};throttled_time ${nanoseconds}`;
}
