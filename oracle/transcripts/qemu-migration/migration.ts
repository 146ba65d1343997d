/** Judging one migration as its source and its target tell of it (specification 5.A, 5.B). */
import { differs, outside, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { Counters, type Setting } from './counters.ts';
import { type Attempt, isPostcopy, type Machine, type Request } from './machine.ts';
import type { Sample } from './records.ts';
import { possibleNow, surelyRuns } from './run-state.ts';
import type { World } from './world.ts';

type Found = Contradiction | undefined;

/** Statuses in which there are counters, and in which there are none. */
const COUNTED = [
  ...['active', 'pre-switchover', 'device', 'cancelling', 'completed', 'postcopy-device'],
  ...['postcopy-active', 'postcopy-paused', 'postcopy-recover-setup', 'postcopy-recover'],
];
const UNCOUNTED = ['none', 'setup', 'wait-unplug', 'failed', 'cancelled'];
/** Capabilities under which pages leave otherwise than whole, or not at all. */
const NOT_WHOLE = [
  ...['xbzrle', 'compress', 'background-snapshot', 'x-colo', 'x-ignore-shared', 'mapped-ram'],
  'rdma-pin-all',
];

/** A `migrate` was sent. */
export function begin(world: World, machine: Machine, args: Request['arguments']): void {
  const { uri, resume } = args;
  if (resume === true) return;
  const target = world.waiting(machine, uri);
  machine.next = { target };
  world.polled = machine;
  machine.starting = true;
  world.streams();
  if (target !== undefined) target.stream = machine;
}

/** An attempt has begun. */
export function begun(machine: Machine): void {
  const still = !surelyRuns(machine);
  machine.before.clear();
  for (const state of machine.run.possible) machine.before.add(state);
  machine.attempt = {
    target: machine.next?.target,
    counters: new Counters(settingOf(machine)),
    passes: 0,
    passesReplied: 0,
    passPlace: undefined,
    finalPass: false,
    still,
    postcopy: false,
    recovered: false,
    handed: false,
    doubtful: false,
  };
  machine.starting = false;
  machine.postcopying = machine.pending('migrate-start-postcopy');
  machine.cancelling = machine.pending('migrate_cancel') || machine.quitting || machine.loose;
}

function settingOf(machine: Machine): Setting {
  const multifd = machine.can('multifd');
  const whole = !machine.arguments.unsent && !NOT_WHOLE.some((each) => machine.can(each));
  const channels = Number(machine.parameters.get('multifd-channels') ?? 2);
  return {
    ram: machine.arguments.ram,
    cpus: machine.arguments.cpus,
    whole,
    compressed: machine.can('compress') || multifdCompression(machine),
    ordered: !multifd,
    // Channels are counted apart, and later releases count more than memory.
    split: whole && !multifd && machine.version > 0 && machine.version < 8,
    // A packet holds 128 pages; a page may be between its bit and its count.
    slack: multifd ? 128 * (channels + 1) : 2,
  };
}

function multifdCompression({ parameters }: Machine): boolean {
  const method = parameters.get('multifd-compression');
  return method !== undefined && method !== 'none';
}

/** The source's status has changed. */
export function changed(machine: Machine, status: string, place: Place): Found {
  if (status === 'setup') {
    begun(machine);
    return undefined;
  }
  const { attempt } = machine;
  if (attempt === undefined) return undefined;
  if (isPostcopy(status)) attempt.postcopy = true;
  if (status === 'postcopy-paused') attempt.recovered = true;
  return status === 'completed' ? handedOver(machine, attempt, place) : undefined;
}

/** Completed: the guest was stopped first, and the dirty log was read once more after that. */
function handedOver(machine: Machine, attempt: Attempt, place: Place): Found {
  if (machine.can('background-snapshot') || machine.loose) return undefined;
  if (surelyRuns(machine) || machine.run.owesStop !== undefined) {
    const why = 'no completion: the guest was not stopped, or no STOP event told so';
    return differs('msg.data.status', 'completed', why, machine.run.place);
  }
  if (!attempt.finalPass) {
    const why = 'a dirty sync after the guest was stopped (MIG-S6)';
    return differs('msg.data.status', 'completed', why, attempt.passPlace);
  }
  if (!machine.run.possible.has('postmigrate')) {
    machine.become(['finish-migrate', 'postmigrate'], place);
  }
  handOver(machine, attempt);
  return undefined;
}

/** From here on the guest is the target's. */
function handOver(machine: Machine, attempt: Attempt): void {
  const { target, handed } = attempt;
  attempt.handed = true;
  // A guest that was resumed here has changed its memory since.
  if (target === undefined || handed || surelyRuns(machine)) return;
  const handover = { source: machine, target };
  machine.handover = handover;
  // A target that runs already, as in post-copy, changes its memory.
  if (target.run.possible.has('inmigrate') || target.handover?.source === machine) {
    target.handover = handover;
  }
}

/** The target's status has changed. */
export function streamed(world: World, machine: Machine, status: string, place: Place): Found {
  const source = machine.stream;
  const here = status === 'completed' || status === 'postcopy-active';
  if (!here || source === undefined) return undefined;
  const comes = source.outgoing.mayCome('completed', 'postcopy-active');
  if (surelyRuns(source) && !comes && source.attempt?.still === false) {
    const why = `no ${status}: ${source.name} was never stopped`;
    return differs('msg.data.status', status, why, source.outgoing.place);
  }
  machine.guest = source.guest;
  world.stopsFor(source, place);
  if (status === 'completed' && !surelyRuns(machine)) {
    machine.handover = { source, target: machine };
    // What it is now was decided before this was told.
    const now = [...possibleNow(machine)].filter((state) => state !== 'inmigrate');
    if (!machine.loose && now.length > 0) machine.become(now, place);
  }
  return world.exclusive(machine);
}

/** A dirty sync was told. */
export function pass(machine: Machine, number: unknown, place: Place): Found {
  const { attempt, outgoing } = machine;
  const goesOn = outgoing.mayBe('setup', 'wait-unplug', 'active', 'pre-switchover', 'device');
  const late = outgoing.mayBe('postcopy-device', 'postcopy-active', 'cancelling', 'failing');
  if (attempt === undefined || !(goesOn || late)) {
    const why = `no pass: the migration is ${[...outgoing.now].join(', ')}`;
    return differs('msg.event', 'MIGRATION_PASS', why, outgoing.place);
  }
  const wrong = differs('msg.data.pass', number, attempt.passes + 1, attempt.passPlace);
  attempt.passes += 1;
  attempt.passPlace = place;
  if (!surelyRuns(machine)) {
    attempt.finalPass = true;
    attempt.still = true;
  }
  return wrong;
}

/** A poll of `query-migrate`. */
export function polled(machine: Machine, sample: Sample, place: Place, path: string): Found {
  const { status, ram } = sample;
  if (machine.statuses.at(-1) !== status) machine.statuses.push(status);
  const comesIn = machine.listens !== undefined && machine.next === undefined;
  const side = comesIn ? machine.incoming : machine.outgoing;
  const found = side.poll(`${path}.status`, status, place) ?? presence(sample, path, comesIn);
  if (found !== undefined) return found;
  const { attempt } = machine;
  // Where no status is told, this is how it is known.
  if (attempt !== undefined && !comesIn && !machine.can('events')) {
    attempt.doubtful = false;
    if (status === 'completed') handOver(machine, attempt);
  }
  const wrong = ram === undefined ? undefined : counted(machine, sample, place, `${path}.ram`);
  machine.outgoing.reply();
  machine.incoming.reply();
  if (attempt !== undefined) attempt.passesReplied = attempt.passes;
  return wrong ?? throttled(machine, sample, path);
}

/** What is there in which status. */
function presence(
  { status, ram, error, downtimeMs }: Sample,
  path: string,
  comesIn: boolean,
): Found {
  if (ram === undefined && COUNTED.includes(status) && !comesIn) {
    return differs(`${path}.ram`, 'nothing', `counters: the status is ${status}`);
  }
  if (ram !== undefined && UNCOUNTED.includes(status)) {
    return differs(`${path}.ram`, show(ram), `no counters: the status is ${status}`);
  }
  if (error !== undefined && ['none', 'setup', 'completed'].includes(status)) {
    return differs(`${path}.error`, error, `no error: the status is ${status}`);
  }
  const measured = status === 'completed' || isPostcopy(status);
  if (downtimeMs === undefined || measured) return undefined;
  return differs(`${path}.downtimeMs`, downtimeMs, `no downtime: the status is ${status}`);
}

function counted(machine: Machine, sample: Sample, place: Place, path: string): Found {
  const { attempt } = machine;
  const { status, ram } = sample;
  if (attempt === undefined || ram === undefined) return undefined;
  machine.total ??= { bytes: ram.total, place };
  const { bytes, place: first } = machine.total;
  const other = differs(`${path}.total`, ram.total, bytes, first);
  // Memory may be plugged.
  if (other !== undefined && !machine.plugged) return other;
  if (isPostcopy(status)) attempt.postcopy = true;
  if (!surelyRuns(machine)) attempt.still = true;
  const passes = { before: attempt.passesReplied, now: attempt.passes };
  return attempt.counters.poll({
    ram,
    completed: status === 'completed',
    postcopy: attempt.postcopy,
    recovered: attempt.recovered,
    still: attempt.still,
    passes: machine.can('events') ? passes : undefined,
    passPlace: attempt.passPlace,
    place,
    path,
  });
}

/** Auto-converge takes 20 % of the processors' time at first and 10 % more each time, up to 99. */
function throttled(machine: Machine, { throttle }: Sample, path: string): Found {
  if (throttle === undefined || throttle === 0) return undefined;
  const field = `${path}.throttle`;
  if (!machine.can('auto-converge') && !machine.can('dirty-limit')) {
    return differs(field, throttle, 'none: the capability auto-converge is off');
  }
  const wrong = outside(field, throttle, { low: 1, high: 99 });
  const set = [...machine.parameters.keys()].some((key) => key.startsWith('cpu-throttle'));
  const usual = throttle === 99 || (throttle >= 20 && throttle % 10 === 0);
  if (wrong !== undefined || set || usual) return wrong;
  return differs(field, throttle, '20, 30, ... 90, 99');
}
