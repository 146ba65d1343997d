/**
 * True balloon logs of random experiments on a simulated machine, written from the driver's loop
 * and QEMU's replies as the specification gives them (3.0, 3.3), not from the abstraction.
 */
import { type Random, seeded } from './ksmHost.ts';

const PAGE = 4096;
const MIB = 1024 * 1024;
const BATCH = 256;
const INTERVAL = 'guest-stats-polling-interval';

/** A log of one to three machines, one after another. */
export function balloonLog(seed: number): string[] {
  const random = seeded(seed);
  const log: string[] = [];
  const machines = 1 + Math.floor(random() * 3);
  for (let index = 0; index < machines; index += 1) new Guest(random, log, `vm${index}`).run();
  return log;
}

class Guest {
  private readonly ram: number;
  private readonly devices: number;
  private readonly oom: boolean;
  private driver: boolean;
  private loaded: boolean;
  /** Pages in the balloon, as the guest holds them, and as it last told the host. */
  private held = 0;
  private told = 0;
  private target = 0;
  private batch = 0;
  private id = 0;
  private events = 0;
  private pendingEvent = false;
  private allocated = 0;
  private used: number;
  private readonly reserved: number;
  private polls: number[] = [];
  private asked = 0;
  private faults = 40;
  private stats: Record<string, unknown> = { stats: {}, 'last-update': 0 };
  private clock = 1_700_000_000;
  private readonly random: Random;
  private readonly log: string[];
  private readonly vm: string;

  constructor(random: Random, log: string[], vm: string) {
    this.random = random;
    this.log = log;
    this.vm = vm;
    this.ram = (96 + 32 * this.below(20)) * MIB;
    this.devices = [1, 1, 1, 1, 0, 2][this.below(6)] ?? 1;
    this.oom = random() < 0.3;
    this.loaded = random() < 0.75;
    this.driver = this.loaded && this.devices === 1;
    this.reserved = (9 + this.below(8)) * MIB;
    this.used = (20 + this.below(8)) * MIB;
  }

  run(): void {
    this.start();
    if (this.devices === 2) {
      this.refuse();
      return;
    }
    this.send({ execute: 'qmp_capabilities' }, { return: {} });
    if (this.random() < 0.9) this.boot();
    const steps = this.below(14);
    for (let step = 0; step < steps; step += 1) this.step();
    this.quit();
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private write(record: object): void {
    this.log.push(JSON.stringify({ t: this.log.length, vm: this.vm, ...record }));
  }

  private receive(msg: object): void {
    this.write({ dir: '<', msg });
  }

  private start(): void {
    const devices = Array.from({ length: this.devices }, (_, index) => [
      '-device',
      `virtio-balloon-pci,id=bal${index}${this.oom ? ',deflate-on-oom=on' : ''}`,
    ]);
    const skip = this.loaded ? '' : ' skip=virtio_balloon,';
    const memory = ['-m', `${this.ram / MIB}M`, '-smp', '2', '-append', `quiet${skip}`];
    this.write({ argv: ['qemu', ...memory, ...devices.flat()] });
    this.receive({ QMP: { version: { qemu: { major: 7 } }, capabilities: ['oob'] } });
  }

  private refuse(): void {
    const text = 'qemu: -device virtio-balloon-pci,id=bal1: Only one balloon device is supported\n';
    this.write({ dir: '>', msg: { execute: 'qmp_capabilities', id: 1 } });
    this.write({ stderr: text });
    this.write({ exit: 1, signal: null });
    this.log.push(JSON.stringify({ note: 'second balloon device', err: text }));
  }

  private boot(): void {
    const msg = { ready: true, modules: this.loaded ? 13 : 12, moduleErrors: 0, ...this.memory() };
    this.write({ agent: '<', msg });
    this.ready = true;
  }

  private ready = false;

  private memory(): Record<string, number> {
    const total = this.ram - this.reserved - (this.oom ? 0 : this.held * PAGE);
    const free = this.free();
    return {
      memTotalKb: total / 1024,
      memFreeKb: free / 1024,
      memAvailableKb: Math.min(total, free + 40 * PAGE) / 1024,
    };
  }

  private free(): number {
    const used = this.used + this.allocated * PAGE + this.held * PAGE;
    return Math.max(0, this.ram - this.reserved - used);
  }

  private actual(): number {
    return this.ram - this.told * PAGE;
  }

  /** The driver works for some rounds: a batch is begun for the target as it is then. */
  private drive(rounds: number): void {
    for (let round = 0; round < rounds && this.driver; round += 1) {
      if (this.batch === 0) this.begin();
      this.held += this.batch;
      this.batch = 0;
      if (this.told !== this.held) {
        this.told = this.held;
        this.pendingEvent = true;
      }
      if (this.random() < 0.3) this.begin();
      if (this.random() < 0.1) this.emit();
    }
  }

  private begin(): void {
    const wanted = this.target - this.held;
    const room = Math.floor(this.free() / PAGE);
    const most = this.random() < 0.8 ? BATCH : 1 + this.below(BATCH);
    this.batch = wanted > 0 ? Math.min(wanted, most, room) : Math.max(wanted, -most);
    if (this.batch === 0) this.batch = 0;
  }

  private emit(): void {
    if (!this.pendingEvent) return;
    this.pendingEvent = false;
    this.events += 1;
    const timestamp = { seconds: this.clock, microseconds: 5 };
    this.receive({ timestamp, event: 'BALLOON_CHANGE', data: { actual: this.actual() } });
  }

  private send(command: object, reply: object): void {
    this.id += 1;
    this.write({ dir: '>', msg: { ...command, id: this.id } });
    this.receive({ ...reply, id: this.id });
  }

  private step(): void {
    const kind = this.below(10);
    if (kind <= 2) this.balloon();
    else if (kind <= 4) this.poll();
    else if (kind === 5) this.badSize();
    else if (kind === 6) this.statistics();
    else if (!this.ready) this.poll();
    else if (kind === 7) this.info();
    else if (kind === 8) this.module();
    else this.alloc();
  }

  private error(): object {
    const desc = 'No balloon device has been activated';
    return { error: { class: 'DeviceNotActive', desc } };
  }

  private balloon(): void {
    const floor = this.reserved + this.used + this.allocated * PAGE + 20 * MIB;
    const wish = floor + this.random() * (this.ram * 1.3 - floor);
    const value = Math.floor(wish / PAGE) * PAGE + (this.random() < 0.3 ? 777 : 0);
    const command = { execute: 'balloon', arguments: { value } };
    if (this.devices === 0) {
      this.send(command, this.error());
      return;
    }
    this.asked = value;
    this.polls = [];
    this.send(command, { return: {} });
    this.target = (this.ram - Math.min(this.ram, Math.ceil(value / PAGE) * PAGE)) / PAGE;
    if (this.random() < 0.5) this.poll();
  }

  private badSize(): void {
    const sizes: readonly unknown[] = [0, -1, '64M', null];
    const value = sizes[this.below(sizes.length)];
    const typed = `Invalid parameter type for 'value', expected: integer`;
    const desc = typeof value === 'number' ? "Parameter 'target' expects a size" : typed;
    const none = this.devices === 0 && typeof value === 'number';
    const reply = none ? this.error() : { error: { class: 'GenericError', desc } };
    this.polls = [];
    this.send({ execute: 'balloon', arguments: { value } }, reply);
  }

  private poll(): void {
    const polls = 1 + this.below(6);
    for (let index = 0; index < polls; index += 1) {
      this.drive(this.below(40));
      const reply = this.devices === 0 ? this.error() : { return: { actual: this.actual() } };
      this.send({ execute: 'query-balloon' }, reply);
      this.polls.push(this.actual());
      if (this.random() < 0.3) this.emit();
    }
    if (this.devices === 1 && this.random() < 0.3) this.settle();
  }

  private settle(): void {
    const sizes = this.polls.map((size) => Math.round(size / MIB));
    const steps = sizes
      .map((size, index) => [index * 100, size])
      .filter(([, size], index) => index === 0 || size !== sizes[index - 1]);
    const finalMiB = sizes.at(-1);
    const note = { note: 'settled', finalMiB, steps, events: this.events };
    const target = this.asked === 0 ? {} : { targetMiB: Math.round(this.asked / MIB) };
    this.log.push(JSON.stringify({ ...note, ...target }));
    this.polls = [];
  }

  private info(): void {
    this.drive(this.below(30));
    this.ask('info', { ...this.memory(), cpusOnline: 2, cpusConf: 2, uptime: 1.5 });
  }

  private ask(question: string, msg: object): void {
    this.write({ agent: '>', msg: question });
    this.write({ agent: '<', msg });
  }

  private module(): void {
    if (this.loaded) {
      if (this.driver) this.unload();
      this.ask('rmmod virtio_balloon', { rmmod: 0 });
    } else {
      this.driver = this.devices === 1;
      this.ask('insmod virtio_balloon', { insmod: 0 });
    }
    this.loaded = !this.loaded;
  }

  private unload(): void {
    if (this.held > 0) this.pendingEvent = true;
    this.held = 0;
    this.told = 0;
    this.batch = 0;
    this.driver = false;
  }

  private alloc(): void {
    const pages = this.below((this.ram * 1.2) / PAGE);
    const total = this.ram - this.reserved - (this.oom ? 0 : this.held * PAGE);
    if (pages * PAGE > total) {
      this.ask(`alloc ${pages}`, { error: 'ENOMEM' });
      return;
    }
    const short = (): boolean => pages * PAGE > this.free();
    const reach = this.free() + (this.oom && this.driver ? this.held * PAGE : 0);
    if (pages * PAGE > reach) return;
    this.batch = 0;
    while (short() && this.held > 0) {
      this.held -= Math.min(BATCH, this.held);
      this.told = this.held;
      this.pendingEvent = true;
      // The driver met its target before and waits for the next request.
      this.target = this.held;
    }
    this.allocated += pages;
    this.ask(`alloc ${pages}`, { alloc: pages, ms: 5 });
    if (this.random() < 0.5) return;
    this.allocated -= pages;
    this.ask('free', { free: true });
  }

  private statistics(): void {
    const path = '/machine/peripheral/bal0';
    if (this.devices === 0 || !this.driver) return;
    const property = 'guest-stats';
    this.drive(this.below(30));
    if (this.random() < 0.7) this.refresh();
    this.send({ execute: 'qom-get', arguments: { path, property } }, { return: this.stats });
    const value = this.below(8) - 3;
    const desc = 'timer value must be greater than zero';
    const reply = value < 0 ? { error: { class: 'GenericError', desc } } : { return: {} };
    this.send({ execute: 'qom-set', arguments: { path, property: INTERVAL, value } }, reply);
  }

  private refresh(): void {
    this.clock += 1 + this.below(3);
    this.faults += this.below(10);
    const { memTotalKb = 0, memFreeKb = 0, memAvailableKb = 0 } = this.memory();
    const stats = {
      'stat-total-memory': memTotalKb * 1024,
      'stat-free-memory': memFreeKb * 1024,
      'stat-available-memory': memAvailableKb * 1024,
      'stat-minor-faults': this.faults,
      'stat-swap-in': 0,
    };
    this.stats = { stats, 'last-update': this.clock };
  }

  private quit(): void {
    if (this.random() < 0.2) {
      const data = { guest: true, reason: 'guest-reset' };
      this.receive({ timestamp: { seconds: 1, microseconds: 1 }, event: 'SHUTDOWN', data });
      this.write({ exit: 0, signal: null });
      return;
    }
    this.id += 1;
    this.write({ dir: '>', msg: { execute: 'quit', id: this.id } });
    const data = { guest: false, reason: 'host-qmp-quit' };
    this.receive({ timestamp: { seconds: 1, microseconds: 1 }, event: 'SHUTDOWN', data });
    this.receive({ return: {}, id: this.id });
    this.write({ exit: 0, signal: null });
  }
}
