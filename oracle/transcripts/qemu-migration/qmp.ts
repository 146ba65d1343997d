/** Judging QMP replies and events of a machine (specification 5.A; QEMU's QMP reference). */
import { isObject } from '../log.ts';
import type { ReceivedRecord, SentRecord } from '../qemu/records.ts';
import { nothing, refused } from '../qemu/replies.ts';
import { differs, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { PAGE_BYTES } from './counters.ts';
import { event } from './events.ts';
import type { Machine, Request } from './machine.ts';
import { begin, begun, polled } from './migration.ts';
import { pollOf } from './records.ts';
import { generic, otherwise, refusal } from './refusals.ts';
import { list, possibleNow, reported, surelyRuns } from './run-state.ts';
import type { World } from './world.ts';

type Message = ReceivedRecord['msg'];
type Found = Contradiction | undefined;

/** Commands without a result. */
const SILENT = [
  ...['qmp_capabilities', 'quit', 'stop', 'cont', 'pmemsave', 'memsave', 'balloon'],
  ...['migrate', 'migrate_cancel', 'migrate-start-postcopy', 'migrate-continue', 'migrate-pause'],
  ...['migrate-recover', 'migrate-incoming', 'migrate-set-capabilities'],
  ...['migrate-set-parameters', 'system_reset', 'system_powerdown', 'system_wakeup'],
];
/** Commands whose effects on the run state are not modelled. */
const LOOSE = [
  ...['system_reset', 'system_powerdown', 'system_wakeup', 'snapshot-save', 'snapshot-load'],
  ...['snapshot-delete', 'inject-nmi', 'xen-save-devices-state', 'x-exit-preconfig'],
];

/** Takes a command that was sent. */
export function sent(world: World, machine: Machine, msg: SentRecord['msg'], place: Place): void {
  const { execute, id, arguments: args = {} } = msg;
  machine.requests.push({ execute, id, arguments: args, place, resumed: false, stopped: false });
  if (execute === 'quit') machine.quitting = true;
  if (execute === 'quit' || execute === 'migrate_cancel') machine.cancelling = true;
  if (execute === 'migrate-start-postcopy') machine.postcopying = true;
  if (execute === 'migrate') begin(world, machine, args);
  if (execute === 'migrate-incoming' && typeof args.uri === 'string') machine.listens = args.uri;
  if (execute === 'balloon') inflate(machine, args.value);
  if (execute === 'device_add') machine.plugged = true;
  if (LOOSE.includes(execute) || (execute === 'human-monitor-command' && !harmless(args))) {
    machine.loose = true;
    machine.cancelling = true;
  }
}

function harmless(args: Request['arguments']): boolean {
  const line = args['command-line'];
  return typeof line === 'string' && /^\s*(info|help|print|x|xp)\b/.test(line);
}

function inflate(machine: Machine, bytes: unknown): void {
  const { ram } = machine.arguments;
  if (typeof bytes !== 'number' || bytes <= 0) return;
  const pages = Math.ceil(Math.max(0, ram - bytes) / PAGE_BYTES);
  machine.guest.ballooned = Math.max(machine.guest.ballooned, pages);
}

/** Judges a message that was received. */
export function received(world: World, machine: Machine, msg: Message, place: Place): Found {
  if (msg.QMP !== undefined) {
    const { version } = msg.QMP;
    const qemu = isObject(version) ? version.qemu : undefined;
    machine.version = isObject(qemu) ? Number(qemu.major) : 0;
    return undefined;
  }
  if (msg.event !== undefined) return event(world, machine, msg, place);
  const request = machine.requests.shift();
  if (request === undefined) return differs('msg.id', msg.id, 'no reply: nothing was asked');
  world.heard.hear(place, msg, msg.return ?? msg.error);
  const wrong = differs('msg.id', msg.id, request.id) ?? reply(world, machine, request, msg, place);
  if (wrong !== undefined) return wrong;
  machine.outgoing.reply();
  machine.incoming.reply();
  if (machine.attempt !== undefined) machine.attempt.passesReplied = machine.attempt.passes;
  return unloaded(machine);
}

/**
 * A target that runs has told why before anything else: it has all, or post-copy has begun. One
 * that could not load the stream ends at once; later releases may let it stay.
 */
function unloaded(machine: Machine): Found {
  const { stream, incoming, run, version } = machine;
  if (machine.can('events') && incoming.is('failed') && version > 0 && version < 9) {
    return differs('msg', 'a reply', 'none: the stream failed, so it ends', incoming.place);
  }
  if (stream === undefined || !surelyRuns(machine) || machine.loose) return undefined;
  if (!machine.can('events') || !incoming.is('active')) return undefined;
  const allowed = 'an event with status completed or postcopy-active first';
  return differs('msg', 'a reply of a target that runs', allowed, run.place);
}

function reply(
  world: World,
  machine: Machine,
  request: Request,
  msg: Message,
  place: Place,
): Found {
  const { execute } = request;
  const said = isObject(msg.return) ? msg.return.status : undefined;
  if (execute === 'query-status') machine.status = { value: String(said), place };
  if (stale(machine, request)) return undefined;
  const known = refusal(machine, execute);
  if (msg.error !== undefined) {
    // What was refused leads nowhere.
    if (execute === 'migrate') machine.starting = false;
    if (execute === 'migrate-start-postcopy') machine.postcopying = machine.pending(execute);
    return otherwise(known, msg, machine.version);
  }
  if (known.certain !== undefined) return refused(msg, generic(known.certain));
  if (SILENT.includes(execute)) {
    const wrong = nothing(msg);
    if (wrong !== undefined) return wrong;
  }
  switch (execute) {
    case 'cont':
      return continued(machine, request);
    case 'stop':
      return halted(machine, request);
    case 'query-status':
      return status(world, machine, msg, place);
    case 'query-migrate': {
      const poll = pollOf(msg.return);
      return poll === undefined ? undefined : polled(machine, poll, place, 'msg.return');
    }
    case 'migrate-set-capabilities':
      return capabilities(machine, request.arguments.capabilities);
    case 'migrate-set-parameters':
      for (const [key, value] of Object.entries(request.arguments)) {
        machine.parameters.set(key, value);
      }
      return undefined;
    case 'migrate':
      return accepted(machine);
    case 'pmemsave':
      machine.memory = world.reading(machine, Number(request.arguments.size) / PAGE_BYTES, place);
      return undefined;
    case 'human-monitor-command':
      if (/^\s*info registers/.test(String(request.arguments['command-line']))) {
        machine.registers = world.reading(machine, String(msg.return), place);
      }
      return undefined;
    default:
      return undefined;
  }
}

/**
 * Asked before another copy of the guest began to run, for which this one was stopped: the reply
 * may be older than that.
 */
function stale({ run: { owesStop } }: Machine, { execute, place }: Request): boolean {
  const depends = ['cont', 'stop', 'query-status', 'migrate'].includes(execute);
  return depends && owesStop !== undefined && place.event < owesStop.event;
}

/** A `migrate` that was accepted has begun: `setup` is told before the reply. */
function accepted(machine: Machine): Found {
  if (!machine.starting) return undefined;
  if (!machine.can('events') || machine.loose) {
    machine.outgoing.begin();
    begun(machine);
    return undefined;
  }
  return differs('msg.return', '{}', 'an event with status setup first', machine.outgoing.place);
}

function continued(machine: Machine, { resumed: seen }: Request): Found {
  const run = possibleNow(machine);
  const waits = run.has('inmigrate');
  if (waits) machine.autostart = true;
  const still = [...run].some((each) => ['running', 'suspended', 'inmigrate'].includes(each));
  if (seen || still || machine.loose) return undefined;
  return differs('msg.return', '{}', `a RESUME event first: it is ${list(run)}`, machine.run.place);
}

function halted(machine: Machine, { stopped: seen }: Request): Found {
  if (machine.run.possible.has('inmigrate')) machine.autostart = false;
  if (seen || !surelyRuns(machine) || machine.loose) return undefined;
  return differs('msg.return', '{}', 'a STOP event first: it is running', machine.run.place);
}

function status(world: World, machine: Machine, msg: Message, place: Place): Found {
  const { return: result } = msg;
  if (!isObject(result) || typeof result.status !== 'string') {
    return differs('msg.return', show(result), 'a status');
  }
  const running = result.status === 'running';
  const wrong =
    differs('msg.return.running', result.running, running) ??
    differs('msg.return.singlestep', result.singlestep ?? false, false);
  if (wrong !== undefined) return wrong;
  return running && (world.runsElsewhere(machine) || machine.attempt?.doubtful === true)
    ? world.runs(machine, place)
    : reported(machine, result.status, place);
}

function capabilities(machine: Machine, wanted: unknown): Found {
  for (const each of Array.isArray(wanted) ? wanted : []) {
    if (!isObject(each) || typeof each.capability !== 'string') continue;
    if (each.state === true) machine.capabilities.add(each.capability);
    else machine.capabilities.delete(each.capability);
  }
  machine.outgoing.tell(machine.can('events'));
  machine.incoming.tell(machine.can('events'));
  return undefined;
}
