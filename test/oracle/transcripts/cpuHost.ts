/**
 * A simulation of one core that groups of threads share: weighted fair queueing with start tags, at
 * two levels, a quota for a group as Linux accounts it, and other groups that come and go. Written
 * from the chapter (5.5, 5.7, 5.8) and Linux scheduler/sched-bwc, not from the abstraction. Times
 * are microseconds.
 */
import type { Random } from './ksmHost.ts';

/** Nobody keeps the core for longer: a tick is the granularity of everything. */
const TICK = 4_000;

/** A thread's line in /proc/PID/schedstat. */
export interface SchedStat {
  readonly run: number;
  readonly wait: number;
  readonly slices: number;
}

class Thread {
  run = 0;
  wait = 0;
  slices = 0;
  tag = 0;
  /** Since when it waits; undefined while it runs. */
  queuedAt: number | undefined;
  arrivedRun = 0;

  constructor(now: number) {
    this.queuedAt = now;
  }
}

/** Threads that compete as one; with a quota, `cpu.stat`. */
export class Group {
  readonly threads: Thread[];
  readonly weight: number;
  readonly quota: number;
  readonly period: number;
  tag = 0;
  runnable = true;
  throttledAt: number | undefined;
  private left: number;
  private refillAt: number;
  private active = false;
  private idle = false;
  private starts: number;
  nrPeriods = 0;
  nrThrottled = 0;
  throttledTime = 0;

  constructor(now: number, threads: number, weight: number, quota = -1, period = 100_000) {
    this.threads = Array.from({ length: threads }, () => new Thread(now));
    this.weight = weight;
    this.quota = quota;
    this.period = period;
    this.left = quota;
    this.starts = now;
    this.refillAt = Number.POSITIVE_INFINITY;
  }

  get ready(): boolean {
    return this.runnable && this.throttledAt === undefined;
  }

  /** When the period timer fires. */
  get timer(): number {
    return this.active ? this.refillAt : Number.POSITIVE_INFINITY;
  }

  charge(now: number, ran: number): void {
    if (this.quota < 0) return;
    if (!this.active) {
      // The timer keeps its phase over the periods in which it was off.
      const passed = Math.floor((now - this.starts) / this.period);
      this.refillAt = this.starts + (passed + 1) * this.period;
      this.active = true;
    }
    this.idle = false;
    this.left -= ran;
    if (this.left <= 0) this.throttledAt = now;
  }

  /** The period timer, off after a period without use. Whether the group may run again. */
  refill(now: number): boolean {
    this.nrPeriods += 1;
    this.left = Math.min(this.quota, this.left + this.quota);
    this.refillAt += this.period;
    if (this.throttledAt === undefined) {
      if (this.idle) this.active = false;
      this.idle = true;
      return false;
    }
    this.nrThrottled += 1;
    if (this.left <= 0) return false;
    this.throttledTime += now - this.throttledAt;
    this.throttledAt = undefined;
    return true;
  }
}

/** The core and its time. */
export class Core {
  now = 0;
  readonly groups: Group[] = [];
  private readonly random: Random;
  /** The part of a slice that interrupts take at most, and that no thread is charged with. */
  private readonly interrupts: number;
  private readonly loads: { readonly group: Group; togglesAt: number }[] = [];
  private current: Thread | undefined;
  /** The least tag of those who are ready, which never falls. */
  private virtualTime = 0;

  constructor(random: Random, interrupts: number) {
    this.random = random;
    this.interrupts = interrupts;
  }

  add(threads: number, weight: number, quota?: number, period?: number): Group {
    const group = new Group(this.now, threads, weight, quota, period);
    this.lift(group);
    this.groups.push(group);
    return group;
  }

  /** Another user of the core, which stops and starts again. */
  addLoad(weight: number): void {
    const group = this.add(1, weight);
    this.loads.push({ group, togglesAt: this.now + this.pause() });
  }

  remove(group: Group): void {
    this.groups.splice(this.groups.indexOf(group), 1);
    if (this.current !== undefined && group.threads.includes(this.current)) {
      this.current = undefined;
    }
  }

  runUntil(end: number): void {
    while (this.now < end) {
      const timers = this.groups.map(({ timer }) => timer);
      const next = Math.min(end, ...timers, ...this.loads.map(({ togglesAt }) => togglesAt));
      if (next > this.now) this.runFor(next - this.now);
      for (const group of this.groups) {
        if (group.timer <= this.now && group.refill(this.now)) this.lift(group);
      }
      for (const load of this.loads) if (load.togglesAt <= this.now) this.toggle(load);
    }
  }

  /** What can be read of a thread now: run time as of the tick before. */
  read(group: Group, index: number): SchedStat {
    const thread = group.threads[index];
    if (thread === undefined) throw new Error(`no thread ${index}`);
    const { run, wait, slices } = thread;
    const since = thread === this.current ? run - thread.arrivedRun : 0;
    return { run: run - Math.min(since, this.random() * TICK), wait, slices };
  }

  private runFor(most: number): void {
    const ready = this.groups.filter((group) => group.ready);
    const group = first(ready);
    const thread = group === undefined ? undefined : first(group.threads);
    if (group === undefined || thread === undefined) {
      this.switchTo(undefined);
      this.now += most;
      return;
    }
    this.virtualTime = Math.max(this.virtualTime, group.tag);
    this.switchTo(thread);
    const ran = Math.min(most, Math.ceil(500 + this.random() * (TICK - 500)));
    this.now += ran;
    const charged = ran * (1 - this.random() * this.interrupts);
    thread.run += charged;
    thread.tag += charged;
    group.tag += charged / group.weight;
    group.charge(this.now, charged);
  }

  private switchTo(thread: Thread | undefined): void {
    if (this.current === thread) return;
    if (this.current !== undefined) this.current.queuedAt = this.now;
    this.current = thread;
    if (thread === undefined) return;
    thread.wait += this.now - (thread.queuedAt ?? this.now);
    thread.queuedAt = undefined;
    thread.slices += 1;
    thread.arrivedRun = thread.run;
  }

  private toggle(load: { readonly group: Group; togglesAt: number }): void {
    load.togglesAt = this.now + this.pause();
    load.group.runnable = !load.group.runnable;
    if (load.group.runnable) this.lift(load.group);
    else if (this.current !== undefined && load.group.threads.includes(this.current)) {
      this.current = undefined;
    }
  }

  private pause(): number {
    return Math.ceil(20_000 + this.random() * 500_000);
  }

  /** Who was away gets nothing for it. */
  private lift(group: Group): void {
    group.tag = Math.max(group.tag, this.virtualTime);
  }
}

function first<T extends { readonly tag: number }>(all: readonly T[]): T | undefined {
  let least: T | undefined;
  for (const each of all) if (least === undefined || each.tag < least.tag) least = each;
  return least;
}
