/** True migration logs of random experiments on simulated machines. */
import { type Random, seeded } from './ksmHost.ts';
import { type Options, PAGE, Qemu } from './migrationHost.ts';

const VERSIONS = [7, 7, 7, 8, 10];
const KILLED = 'SIGKILL';

/** A log, and what it must be judged to show. */
export interface MigrationLog {
  readonly log: readonly string[];
  /** Ids of the properties that are violated. */
  readonly broken: readonly string[];
  /** Every change of status is told, so that they can be seen in any case. */
  readonly told: boolean;
}

/** The log of one experiment. */
export function migrationLog(seed: number): MigrationLog {
  const experiment = new Experiment(seeded(seed));
  experiment.run();
  const told = experiment.machines.every((machine) => machine.told);
  return { log: experiment.log, broken: experiment.broken, told };
}

class Experiment {
  readonly log: string[] = [];
  /** Properties that the log must show to be violated. */
  readonly broken: string[] = [];
  private readonly random: Random;
  readonly machines: Qemu[] = [];
  private readonly options: Options;
  private readonly address: string;
  private statuses: string[] = [];
  private last: object = {};
  private id = 0;

  constructor(random: Random) {
    this.random = random;
    const capabilities = ['multifd', 'postcopy-ram', 'pause-before-switchover'].filter(
      () => random() < 0.25,
    );
    const pages = (1 + this.below(24)) * 256;
    this.options = {
      pages,
      blocks: this.below(200),
      cpus: 1 + this.below(4),
      version: VERSIONS[this.below(VERSIONS.length)] ?? 7,
      // The two do not go together in these releases.
      capabilities: capabilities.includes('postcopy-ram') ? ['postcopy-ram'] : capabilities,
      span: this.below(pages / 3),
      rate: random() < 0.4 ? 0 : this.below(pages / 4),
      lossy: random() < 0.2,
    };
    this.address = random() < 0.5 ? 'tcp:127.0.0.1:4711' : 'unix:/tmp/m';
  }

  run(): void {
    const source = this.start('src', false, this.random() < 0.15);
    const target = this.start('dst', true, this.random() < 0.6);
    this.boot(source);
    if (this.random() < 0.3) this.refused(source);
    let from = source;
    let to: Qemu | undefined = target;
    for (let hop = 0; hop < 3 && !from.exited; hop += 1) {
      this.attempt(from, this.random() < 0.1 ? undefined : to);
      this.settle();
      this.look(from, to);
      const moved = to !== undefined && to.incoming === 'completed' && !to.exited;
      if (this.random() < 0.5 || from.migrating) break;
      if (moved && to !== undefined && to.run !== 'running') this.command(to, 'cont');
      if (moved && to !== undefined) from = to;
      else if (from.run === 'postmigrate') break;
      to = this.start(`dst${hop + 2}`, true, this.random() < 0.5);
    }
    this.end();
  }

  private addressOf(name: string): string {
    return `${this.address}${name.length}${name.at(-1) === 't' ? 0 : name.at(-1)}`;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** Works for a while; lines of either machine may be read. */
  private work(): void {
    for (const machine of this.machines) {
      const steps = this.below(6);
      for (let step = 0; step < steps; step += 1) machine.step();
      while (machine.out.length > 0 && this.random() < 0.6) this.read(machine);
    }
  }

  private read(machine: Qemu): void {
    const line = machine.out.shift();
    if (line !== undefined) this.log.push(JSON.stringify({ t: this.log.length, ...line }));
  }

  private drain(machine: Qemu): void {
    while (machine.out.length > 0) this.read(machine);
  }

  private write(record: object): void {
    this.log.push(JSON.stringify({ t: this.log.length, ...record }));
  }

  private start(name: string, waits: boolean, paused: boolean): Qemu {
    const state = waits ? 'inmigrate' : paused ? 'prelaunch' : 'running';
    const machine = new Qemu(name, this.options, this.random, state, !paused);
    machine.told = false;
    this.machines.push(machine);
    const { pages, cpus, version } = this.options;
    const argv = ['qemu', '-m', `${pages / 256}M`, '-smp', `${cpus}`];
    if (waits) argv.push('-incoming', this.addressOf(name).replace('127.0.0.1', '0'));
    if (paused) argv.push('-S');
    this.write({ vm: name, argv });
    machine.write({ dir: '<', msg: { QMP: { version: { qemu: { major: version } } } } });
    this.drain(machine);
    this.command(machine, 'qmp_capabilities');
    if (this.random() < 0.9 || !waits) this.enable(machine);
    return machine;
  }

  private enable(machine: Qemu): void {
    const events = this.random() < 0.9;
    const capabilities = [...this.options.capabilities, ...(events ? ['events'] : [])].map(
      (capability) => ({ capability, state: true }),
    );
    this.ask(machine, 'migrate-set-capabilities', { capabilities }, () => {
      machine.told = events;
      machine.capabilities = this.options.capabilities;
      return { return: {} };
    });
  }

  private ask(machine: Qemu, execute: string, args: object | undefined, act: () => object): void {
    this.id += 1;
    const msg = { execute, ...(args === undefined ? {} : { arguments: args }), id: this.id };
    this.write({ vm: machine.name, dir: '>', msg });
    if (this.random() < 0.3) machine.step();
    const reply = act();
    if (machine.exited) return;
    machine.write({ dir: '<', msg: { ...reply, id: this.id } });
    // Lines of the others may be read before the reply is.
    if (this.random() < 0.3) this.work();
    this.drain(machine);
  }

  private error(desc: string): object {
    return { error: { class: 'GenericError', desc } };
  }

  private command(machine: Qemu, execute: string, args?: object): void {
    if (machine.exited) return;
    this.ask(machine, execute, args, () => this.act(machine, execute));
  }

  private act(machine: Qemu, execute: string): object {
    if (execute === 'stop') {
      if (machine.run === 'inmigrate') machine.autostart = false;
      else machine.stop('paused');
    }
    if (execute === 'cont') {
      if (machine.run === 'finish-migrate') return this.error('Migration is not finalized yet');
      if (machine.run === 'inmigrate') machine.autostart = true;
      else machine.resume();
    }
    if (execute === 'migrate_cancel' && machine.migrating) {
      if (machine.status !== 'cancelling') machine.setStatus('cancelling');
    }
    if (execute === 'migrate-continue') machine.continued = true;
    if (execute === 'query-status') {
      const { run: status } = machine;
      return { return: { status, running: status === 'running', singlestep: false } };
    }
    return { return: {} };
  }

  private boot(source: Qemu): void {
    if (source.run !== 'running') return;
    const total = Math.floor((this.options.pages * PAGE) / 1024);
    const msg = { ready: true, modules: 13, moduleErrors: 0, memTotalKb: total, memFreeKb: 1 };
    this.write({ vm: 'src', agent: '<', msg });
    this.write({ vm: 'src', agent: '>', msg: 'dirty 30 20 0' });
    this.write({ vm: 'src', agent: '<', msg: { dirtying: 7, span: 30, rate: 20 } });
  }

  private refused(source: Qemu): void {
    const on = source.can('postcopy-ram');
    const off = 'Enable postcopy with migrate_set_capability before the start of migration';
    const early = 'Postcopy must be started after migration has been started';
    const reply = this.error(on ? early : off);
    this.ask(source, 'migrate-start-postcopy', undefined, () => reply);
    const r = { ...reply, id: this.id };
    this.write({ note: 'refused', r });
    this.command(source, 'migrate_cancel');
    this.command(source, 'migrate-set-parameters', { 'max-bandwidth': -1 });
  }

  private attempt(source: Qemu, target: Qemu | undefined): void {
    const uri = target === undefined ? 'unix:/tmp/nobody' : this.addressOf(target.name);
    this.statuses = [];
    this.ask(source, 'migrate', { uri }, () => {
      source.migrate(target);
      return { return: {} };
    });
    if (target !== undefined && !target.told && this.random() < 0.3) this.late(target);
    for (let polls = 0; polls < 12 && source.migrating; polls += 1) {
      this.work();
      this.poll(source);
      if (this.random() < 0.35) this.meddle(source, target);
    }
    // Nobody waits for ever.
    if (source.status === 'pre-switchover') this.command(source, 'migrate-continue');
    if (source.migrating && this.random() < 0.5) this.command(source, 'stop');
    for (let polls = 0; polls < 300 && source.migrating; polls += 1) {
      if (source.status === 'pre-switchover') this.command(source, 'migrate-continue');
      this.work();
    }
  }

  /** Events are switched on when the stream may have come already. */
  private late(target: Qemu): void {
    this.ask(target, 'migrate-set-capabilities', { capabilities: events }, () => {
      target.told = true;
      return { return: {} };
    });
  }

  private poll(machine: Qemu): void {
    if (machine.exited) return;
    this.id += 1;
    const sample = machine.poll();
    machine.write({ sample });
    this.last = sample;
    const { status } = sample as { readonly status: string };
    if (this.statuses.at(-1) !== status) this.statuses.push(status);
    if (this.random() < 0.9) this.drain(machine);
  }

  private meddle(source: Qemu, target: Qemu | undefined): void {
    const kind = this.below(9);
    const inPostcopy = source.status.startsWith('postcopy') || source.postcopyAsked;
    if (kind === 0 && !inPostcopy) this.command(source, 'migrate_cancel');
    else if (kind === 1 && !inPostcopy && target?.incoming === 'active') this.kill(target);
    else if (kind === 2 && !inPostcopy) this.command(source, 'stop');
    else if (kind === 3) this.command(source, 'cont');
    else if (kind === 4) this.command(source, 'query-status');
    else if (kind === 5 && target !== undefined) this.command(target, 'query-status');
    else if (kind === 6) this.again(source);
    else if (kind === 7 && source.can('postcopy-ram')) {
      if (source.run === 'running') this.startPostcopy(source);
    } else if (kind === 8 && target !== undefined) this.command(target, 'cont');
    if (source.status === 'pre-switchover') this.command(source, 'migrate-continue');
  }

  private again(source: Qemu): void {
    this.ask(source, 'migrate', { uri: this.address }, () => {
      if (source.migrating) return this.error("There's a migration process in progress");
      const left = "Can't migrate the vm that was paused due to previous migration";
      if (source.run === 'postmigrate') return this.error(left);
      return this.error('Failed to connect to nobody');
    });
  }

  private startPostcopy(source: Qemu): void {
    this.ask(source, 'migrate-start-postcopy', undefined, () => {
      source.postcopyAsked = true;
      return { return: {} };
    });
  }

  private kill(machine: Qemu): void {
    if (!machine.exited) machine.end(null, KILLED);
    this.drain(machine);
  }

  /** Lets everything come to rest and reads what there is. */
  private settle(): void {
    for (let round = 0; round < 400 && this.machines.some(({ busy }) => busy); round += 1)
      this.work();
    for (const machine of this.machines) this.drain(machine);
  }

  private look(source: Qemu, target: Qemu | undefined): void {
    this.poll(source);
    this.drain(source);
    for (const machine of [source, target]) {
      if (machine !== undefined && !machine.exited) this.command(machine, 'query-status');
    }
    if (target === undefined || target.exited || source.exited) return;
    if (source.status === 'completed' && this.random() < 0.7) this.compare(source, target);
  }

  private compare(source: Qemu, target: Qemu): void {
    for (const machine of [source, target]) {
      const size = this.options.pages * PAGE;
      this.command(machine, 'pmemsave', { val: 0, size, filename: 'x' });
      this.ask(machine, 'human-monitor-command', { 'command-line': 'info registers' }, () => ({
        return: 'RAX=1\r\n',
      }));
    }
    const [a, b] = [source, target].map(({ guest }) => `${1000 + guest.content}`);
    const lost = Math.abs(source.guest.content - target.guest.content);
    const differing = Math.min(lost, this.options.pages);
    const first = Array.from({ length: Math.min(12, differing) }, (_, index) => index);
    this.write({
      note: 'state compare',
      sha256: { [source.name]: a, [target.name]: b },
      pagesA: this.options.pages,
      pagesB: this.options.pages,
      differing,
      first,
      registersEqual: true,
      registerLinesDiffering: [],
    });
    const untouched = target.run !== 'running' && source.run !== 'running';
    const known = source.target === target && untouched;
    if (differing > 0 && known && !this.broken.includes('MIG-S8')) this.broken.push('MIG-S8');
  }

  private end(): void {
    this.settle();
    const source = this.machines[0];
    if (source === undefined) return;
    const states: Record<string, string> = {};
    for (const machine of this.machines) {
      this.command(machine, 'query-status');
      states[machine.name] = machine.exited ? 'exited' : machine.run;
    }
    const events = Object.fromEntries(
      this.machines.map(({ name, events }) => [`${name}Events`, events]),
    );
    this.write({ note: 'end', sequence: this.statuses, last: this.last, ...states, ...events });
    if (this.machines.some(({ doubled }) => doubled)) this.broken.push('MIG-S1');
    for (const machine of this.machines) {
      if (machine.exited) continue;
      if (this.random() < 0.1) this.kill(machine);
      else this.quit(machine);
    }
  }

  private quit(machine: Qemu): void {
    this.ask(machine, 'quit', undefined, () => {
      machine.event('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
      return { return: {} };
    });
    machine.end(0, null);
    this.drain(machine);
  }
}

const events: readonly object[] = [{ capability: 'events', state: true }];
