/** True CPU logs of random experiments on a simulated core, as the recording script writes them. */
import { Core, type Group, type SchedStat } from './cpuHost.ts';
import { type Random, seeded } from './ksmHost.ts';

/** A log of a few experiments, one after another on one core. */
export function cpuLog(seed: number): string[] {
  return new Script(seeded(seed)).run().map((record) => JSON.stringify(record));
}

interface Measured {
  readonly secs: number;
  readonly cpu: readonly number[];
  readonly wait: readonly number[];
  readonly slices: readonly number[];
}

class Script {
  private readonly random: Random;
  private readonly core: Core;

  constructor(random: Random) {
    this.random = random;
    this.core = new Core(random, random() * 0.05);
    for (let load = this.below(5); load > 0; load -= 1)
      this.core.addLoad(this.oneOf([256, 512, 1_024, 2_048]));
  }

  run(): object[] {
    const kinds = [this.shares, this.quota, this.threads, this.coreTime, this.write, this.child];
    return Array.from({ length: 1 + this.below(4) }, () => {
      const record = kinds[this.below(kinds.length)]?.call(this);
      return { t: Math.round(this.core.now / 100) / 10, ...record };
    });
  }

  private shares(): object {
    const w = Array.from({ length: 1 + this.below(4) }, () => this.weight());
    const groups = w.map((weight) => this.core.add(1, Math.min(262_144, Math.max(2, weight))));
    this.core.runUntil(this.core.now + this.settling());
    const measured = this.measure(groups.map((group) => [group, 0]));
    const all = total(measured.cpu);
    for (const group of groups) this.core.remove(group);
    // Nobody ran at all: the script divides by zero, which JSON has no number for.
    if (all === 0) return { note: 'nobody ran' };
    const share = measured.cpu.map((ran) => ran / all);
    const want = w.map((weight) => weight / total(w));
    const maxAbsErr = Math.max(...share.map((part, i) => Math.abs(part - (want[i] ?? 0))));
    return {
      note: 'shares',
      w,
      ...printed(measured),
      share: share.map(four),
      want: want.map(four),
      maxAbsErr: four(maxAbsErr),
      load: '1.00 2.00 3.00',
    };
  }

  private quota(): object {
    const period = this.oneOf([1_000, 5_000, 10_000, 50_000, 100_000, 250_000, 1_000_000]);
    const part = Math.round(period * (0.01 + this.random() * 1.6));
    const quota = this.random() < 0.05 ? -1 : Math.max(1_000, part);
    const hogs = 1 + this.below(4);
    const group = this.core.add(hogs, 1_024, quota, period);
    const before = this.stat(group);
    this.core.runUntil(this.core.now + this.settling());
    const measured = this.measure(group.threads.map((_, index) => [group, index]));
    this.core.runUntil(this.core.now + this.below(20_000));
    const [kept, bursts] = [this.random() < 0.5, this.random() < 0.8];
    const text = (stat: Stat): string => statText(stat, kept, bursts);
    const stat1 = text(this.stat(group));
    this.core.remove(group);
    return {
      note: 'quota',
      quota,
      period,
      hogs,
      total: four(total(measured.cpu)),
      ...printed(measured),
      stat0: text(before),
      stat1,
    };
  }

  private threads(): object {
    const groups = Array.from({ length: 1 + this.below(5) }, () => this.core.add(1, 1_024));
    this.core.runUntil(this.core.now + this.settling());
    const measured = this.measure(groups.map((group) => [group, 0]));
    for (const group of groups) this.core.remove(group);
    const sum = measured.cpu.map((ran, i) => round(ran + (measured.wait[i] ?? 0), 3));
    return { note: 'hogs without groups', ...printed(measured), sum };
  }

  private coreTime(): object {
    const seconds = 1 + this.below(9);
    const ticks = Math.floor(seconds * 100 * (1 + this.random() * 0.05));
    const user = this.below(ticks + 1);
    const steal = this.below(ticks - user + 1);
    const idle = this.below(ticks - user - steal + 1);
    return { note: `/proc/stat over ${seconds} s, ticks`, core: this.below(8), user, idle, steal };
  }

  private write(): object {
    const v = this.oneOf([-7, -1, 0, 1, 2, 3, 999, 1_000, 1_024, 262_144, 262_145, 2 ** 44]);
    if (this.random() < 0.5) {
      const then = v > 262_144 ? 262_144 : v < 2 ? 2 : v;
      return { note: 'write cpu.shares', v, ...(v < 0 ? { errno: 'EINVAL' } : { then }) };
    }
    const refused = v >= 0 && (v < 1_000 || v === 2 ** 44);
    const then = v < 0 ? '-1' : `${v}`;
    return { note: 'write quota', v, ...(refused ? { errno: 'EINVAL' } : { then }) };
  }

  private child(): object {
    return { note: 'child quota above parent', errno: 'EINVAL' };
  }

  /** Reads all counters one after another, waits, reads them again. */
  private measure(threads: readonly (readonly [Group, number])[]): Measured {
    const from = this.readAll(threads);
    const started = this.core.now;
    const window = 10 ** (5.5 + this.random() * 1.3);
    this.core.runUntil(this.core.now + Math.ceil(window));
    const to = this.readAll(threads);
    const micros = this.core.now - started;
    const part = (key: keyof SchedStat): number[] =>
      to.map((stat, i) => (stat[key] - (from[i]?.[key] ?? 0)) / (key === 'slices' ? 1 : micros));
    return { secs: micros / 1e6, cpu: part('run'), wait: part('wait'), slices: part('slices') };
  }

  private readAll(threads: readonly (readonly [Group, number])[]): SchedStat[] {
    return threads.map(([group, index]) => {
      this.core.runUntil(this.core.now + this.below(2_000));
      return this.core.read(group, index);
    });
  }

  private stat({ nrPeriods, nrThrottled, throttledTime }: Group): Stat {
    return { nrPeriods, nrThrottled, throttledTime };
  }

  private settling(): number {
    return 20_000 + this.below(900_000);
  }

  private weight(): number {
    const usual = this.oneOf([1, 2, 100, 256, 512, 1_024, 2_048, 262_144, 300_000]);
    return this.random() < 0.6 ? usual : 2 + this.below(5_000);
  }

  private oneOf<T>(all: readonly T[]): T {
    const chosen = all[this.below(all.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}

type Stat = Pick<Group, 'nrPeriods' | 'nrThrottled' | 'throttledTime'>;

/** Kernels of today do not count the time of a thread that runs on in the kernel: `kept`. */
function statText(stat: Stat, kept: boolean, bursts: boolean): string {
  const time = kept ? Math.round(stat.throttledTime * 1_000) : 0;
  const rest = bursts ? ['nr_bursts 0', 'burst_time 0'] : [];
  const { nrPeriods, nrThrottled } = stat;
  return [
    `nr_periods ${nrPeriods}`,
    `nr_throttled ${nrThrottled}`,
    `throttled_time ${time}`,
    ...rest,
  ].join(';');
}

function printed({ secs, cpu, wait, slices }: Measured): object {
  return { secs: round(secs, 3), cpu: cpu.map(four), wait: wait.map(four), slices };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function four(value: number): number {
  return round(value, 4);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
