/**
 * Simulated QEMU processes that migrate a guest, after the specification (chapter 4, 5.A to 5.C) and
 * QEMU's order of doing things, not after the reader. The migration thread is a generator: it may be
 * preempted at every `yield`, also while a poll reads one counter after the other.
 */
import type { Random } from './ksmHost.ts';

export const PAGE = 4096;

/** What one experiment is about. */
export interface Options {
  readonly pages: number;
  readonly blocks: number;
  readonly cpus: number;
  readonly version: number;
  readonly capabilities: readonly string[];
  /** Pages that the guest writes, at most, and how many at a time. */
  readonly span: number;
  readonly rate: number;
  /** The last pages that the guest wrote are lost. */
  readonly lossy: boolean;
}

/** Memory as a number that every write changes. */
export interface GuestMemory {
  content: number;
  writes: number;
}

const COUNTERS = ['transferred', 'duplicate', 'normal', 'syncs', 'requests'] as const;
const PARTS = ['precopy', 'downtime', 'postcopy'] as const;
type Counter = (typeof COUNTERS)[number] | (typeof PARTS)[number];

/** One process. Lines wait in `out` until the script reads them. */
export class Qemu {
  readonly name: string;
  readonly out: object[] = [];
  readonly events: string[] = [];
  readonly options: Options;
  readonly random: Random;
  guest: GuestMemory = { content: 1, writes: 0 };
  /** The machines that hold a copy of the guest. */
  family: Set<Qemu> = new Set([this]);
  /** Two of them ran at the same time. */
  doubled = false;
  run: string;
  told = false;
  capabilities: readonly string[] = [];
  exited = false;
  autostart: boolean;
  status = 'none';
  incoming = 'none';
  error = '';
  target: Qemu | undefined;
  postcopyAsked = false;
  continued = false;
  /** What the target is to do when it gets to it. */
  private readonly inbox: (() => void)[] = [];
  private thread: Generator<void, void, void> | undefined;
  private counters: Record<Counter, number> = zero();
  private remaining = 0;
  private dirty = 0;
  private unsent = 0;
  private before = 'running';

  constructor(name: string, options: Options, random: Random, run: string, autostart: boolean) {
    this.name = name;
    this.options = options;
    this.random = random;
    this.run = run;
    this.autostart = autostart;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  write(record: object): void {
    this.out.push({ vm: this.name, ...record });
  }

  event(name: string, data?: object): void {
    const timestamp = { seconds: 1, microseconds: 1 };
    const listed = ['STOP', 'RESUME'].includes(name) ? [name] : [];
    this.events.push(...listed);
    this.write({
      dir: '<',
      msg: { timestamp, event: name, ...(data === undefined ? {} : { data }) },
    });
  }

  can(capability: string): boolean {
    return this.capabilities.includes(capability);
  }

  /** Lets the process work. */
  step(): void {
    if (this.exited) return;
    this.inbox.shift()?.();
    if (this.thread?.next().done === true) this.thread = undefined;
  }

  get busy(): boolean {
    return !this.exited && (this.thread !== undefined || this.inbox.length > 0);
  }

  get migrating(): boolean {
    return !['none', 'completed', 'failed', 'cancelled'].includes(this.status);
  }

  /** The status is set by comparing and swapping: a cancel that came first stays. */
  setStatus(to: string): void {
    if (this.status === 'cancelling' && to !== 'cancelled') return;
    this.status = to;
    this.tell(to);
  }

  private setIncoming(to: string): void {
    this.incoming = to;
    this.tell(to);
  }

  private tell(status: string): void {
    if (!this.told) return;
    this.events.push(`MIGRATION:${status}`);
    this.event('MIGRATION', { status });
  }

  stop(to: string): void {
    if (this.run !== 'running') {
      if (to === 'finish-migrate') this.run = to;
      return;
    }
    this.run = to;
    this.event('STOP');
  }

  resume(): void {
    if (this.run === 'running') return;
    this.event('RESUME');
    this.run = 'running';
    const running = [...this.family].filter((each) => each.run === 'running' && !each.exited);
    this.doubled ||= running.length > 1;
  }

  end(status: number | null, signal: string | null): void {
    this.exited = true;
    this.write({ exit: status, signal });
  }

  /** `migrate`: to a machine that waits, or to nobody. */
  migrate(target: Qemu | undefined): void {
    this.target = target;
    this.counters = zero();
    this.unsent = 0;
    this.postcopyAsked = false;
    this.continued = false;
    this.error = '';
    this.setStatus('setup');
    this.thread = this.migration();
  }

  private *migration(): Generator<void, void, void> {
    const { target } = this;
    yield;
    if (target === undefined || target.exited || target.run !== 'inmigrate') {
      this.fail('Failed to connect');
      return;
    }
    target.inbox.push(() => target.setIncoming('active'));
    this.remaining = this.options.pages + this.options.blocks;
    this.dirty = 0;
    yield* this.sync();
    if (yield* this.cut(target)) return;
    this.setStatus('active');
    while (!this.postcopyAsked || !target.can('postcopy-ram')) {
      yield* this.send(this.below(this.options.pages / 4) + 1, false);
      this.touch();
      if (yield* this.cut(target)) return;
      if (this.remaining > this.options.pages / 50) continue;
      yield* this.sync();
      if (this.remaining > this.options.pages / 10) continue;
      if (yield* this.precopy(target)) return;
    }
    yield* this.postcopy(target);
  }

  /** Cancelled or cut off: the guest goes on. */
  private *cut(target: Qemu): Generator<void, boolean, void> {
    yield;
    if (this.status === 'cancelling') {
      if (!target.exited) target.inbox.push(() => target.unload());
      yield;
      this.goOn();
      this.setStatus('cancelled');
      return true;
    }
    if (!target.exited) return false;
    yield;
    // The status is set once: a cancel may have been first.
    if (this.status === 'cancelling') return yield* this.cut(target);
    this.fail('Unable to write to socket: Broken pipe');
    return true;
  }

  private fail(error: string): void {
    this.error = error;
    this.setStatus('failed');
    this.goOn();
  }

  private goOn(): void {
    if (this.run !== 'finish-migrate') return;
    if (this.before === 'running') this.resume();
    else this.run = this.options.version < 8 ? 'postmigrate' : this.before;
  }

  /** What a target does when the stream ends too early. */
  private unload(): void {
    if (this.exited || this.incoming === 'completed') return;
    if (this.incoming === 'none') this.setIncoming('active');
    this.setIncoming('failed');
    this.write({ stderr: 'qemu: load of migration failed: Invalid argument\n' });
    this.end(1, null);
  }

  private *sync(): Generator<void, void, void> {
    this.counters.syncs += 1;
    yield;
    const all = this.options.pages + this.options.blocks;
    const both = Math.max(0, this.remaining + this.dirty - all);
    const overlap = Math.min(this.remaining, this.dirty, both + this.below(this.dirty + 1));
    this.remaining += this.dirty - overlap;
    this.dirty = 0;
    yield;
    if (!this.told) return;
    this.events.push(`MIGRATION_PASS:${this.counters.syncs}`);
    this.event('MIGRATION_PASS', { pass: this.counters.syncs });
  }

  /** The guest writes. */
  private touch(): void {
    if (this.run !== 'running' || this.options.rate === 0) return;
    const written = this.below(this.options.rate + 1);
    this.dirty = Math.min(this.options.span, this.dirty + written);
    this.guest.content += written;
    this.guest.writes += written;
  }

  /** Sends so many pages; the last one is under way for a while. */
  private *send(pages: number, postcopy: boolean): Generator<void, void, void> {
    const sent = Math.min(pages, this.remaining);
    const zeros = this.below(sent + 1);
    for (const [kind, count] of [
      ['duplicate', zeros],
      ['normal', sent - zeros],
    ] as const) {
      if (count === 0) continue;
      const whole = this.random() < 0.5 ? count : count - 1;
      this.remaining -= whole;
      this.add(kind, whole, postcopy);
      if (whole === count) continue;
      this.remaining -= 1;
      yield;
      this.add(kind, 1, postcopy);
    }
    if (postcopy) this.counters.requests += this.below(sent + 1);
  }

  private add(kind: 'duplicate' | 'normal', pages: number, postcopy: boolean): void {
    const switches = this.below(3) * 20;
    const whole = kind === 'normal';
    if (whole && this.can('multifd')) {
      this.unsent += pages;
      this.flush(postcopy, 128);
    } else this.bytes(pages * (whole ? PAGE + 8 : 9) + switches, postcopy, true);
    this.counters[kind] += pages;
  }

  /** Channels send packets of 128 pages. */
  private flush(postcopy: boolean, keep: number): void {
    const packets = keep === 0 ? Math.ceil(this.unsent / 128) : Math.floor(this.unsent / 128);
    const pages = Math.min(this.unsent, packets * 128);
    this.unsent -= pages;
    this.bytes(pages * PAGE + packets * 1100, postcopy, false);
  }

  private bytes(bytes: number, postcopy: boolean, counted: boolean): void {
    const part = this.run === 'running' ? 'precopy' : postcopy ? 'postcopy' : 'downtime';
    if (counted) this.counters[part] += bytes;
    this.counters.transferred += bytes;
  }

  /** Stops the guest and sends the rest; true when it is over. */
  private *precopy(target: Qemu): Generator<void, boolean, void> {
    this.before = this.run;
    this.stop('finish-migrate');
    if (this.can('pause-before-switchover')) {
      this.setStatus('pre-switchover');
      while (!this.continued && this.status === 'pre-switchover' && !target.exited) yield;
    }
    if (this.status === 'cancelling') return yield* this.cut(target);
    if (this.can('pause-before-switchover') || this.options.version >= 10) this.setStatus('device');
    yield* this.sync();
    while (this.remaining > 0) {
      yield* this.send(this.below(this.remaining) + 1, false);
      if (yield* this.cut(target)) return true;
    }
    // Everything is sent, so the race is over.
    if (yield* this.cut(target)) return true;
    this.handOver(target);
    yield;
    this.run = 'postmigrate';
    return true;
  }

  private handOver(target: Qemu): void {
    this.flush(false, 0);
    const { before, guest } = this;
    target.inbox.push(() => target.loaded(before, guest, this.family));
    // Either side may be the first to say so.
    if (this.random() < 0.5) target.step();
    this.setStatus('completed');
  }

  private loaded(before: string, guest: GuestMemory, family: Set<Qemu>): void {
    if (this.exited) return;
    this.takeOver(before, guest, family);
    this.setIncoming('completed');
  }

  private takeOver(before: string, guest: GuestMemory, family: Set<Qemu>): void {
    this.family = family.add(this);
    const lost = this.options.lossy && guest.writes > 0 ? 1 : 0;
    this.guest = { content: guest.content - lost, writes: guest.writes };
    if (before !== 'running') this.run = before;
    else if (this.autostart) this.resume();
    else this.run = 'paused';
  }

  private *postcopy(target: Qemu): Generator<void, void, void> {
    this.before = this.run;
    this.setStatus('postcopy-active');
    yield;
    this.stop('finish-migrate');
    yield* this.sync();
    const { before, guest, family } = this;
    target.inbox.push(() => {
      target.setIncoming('postcopy-active');
      target.takeOver(before, guest, family);
    });
    while (this.remaining > 0) {
      yield* this.send(this.below(this.remaining) + 1, true);
      yield;
    }
    this.flush(true, 0);
    target.inbox.push(() => target.setIncoming('completed'));
    this.setStatus('completed');
    yield;
    this.run = 'postmigrate';
  }

  /** `query-migrate`, shortened as the script does. */
  poll(): object {
    const { status } = this;
    const preempted = (): void => {
      if (this.random() < 0.15) this.step();
    };
    if (this.target === undefined && status === 'none') return { status: this.incoming };
    if (['setup', 'failed', 'cancelled'].includes(status)) {
      return { status, ...(status === 'failed' ? { error: this.error } : {}) };
    }
    preempted();
    const read: Record<string, number> = {};
    for (const counter of [...COUNTERS, ...PARTS]) {
      read[counter] = this.counters[counter];
      preempted();
    }
    const over = status === 'completed';
    return {
      status,
      totalMs: this.below(1000),
      setupMs: 1,
      ...(over ? { downtimeMs: 5 } : { expDowntimeMs: 300 }),
      ram: {
        total: (this.options.pages + this.options.blocks) * PAGE,
        transferred: read.transferred,
        remaining: over ? 0 : this.remaining * PAGE,
        duplicate: read.duplicate,
        normal: read.normal,
        'dirty-sync-count': read.syncs,
        'dirty-pages-rate': over ? 0 : this.below(this.options.span),
        mbps: this.random() * 100,
        'postcopy-requests': read.requests,
        'precopy-bytes': read.precopy,
        'downtime-bytes': read.downtime,
        'postcopy-bytes': read.postcopy,
      },
    };
  }
}

function zero(): Record<Counter, number> {
  const all = { transferred: 0, duplicate: 0, normal: 0, syncs: 0, requests: 0 };
  return { ...all, precopy: 0, downtime: 0, postcopy: 0 };
}
