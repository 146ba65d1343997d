/** Judging QMP replies and events of a machine (specification 3.3; QEMU's QMP reference). */
import { isObject, type LogRecord, placeOf } from '../log.ts';
import type { ReceivedRecord, SentRecord } from '../qemu/records.ts';
import { nothing, refused, shutdown } from '../qemu/replies.ts';
import { differs, show } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import { type Machine, outsideOf, type Request } from './machine.ts';
import { statistics } from './statistics.ts';

type Message = ReceivedRecord['msg'];

/** Errors that QEMU words exactly; a typed error is part of the interface. */
const NO_DEVICE = { class: 'DeviceNotActive', desc: 'No balloon device has been activated' };
const BAD_SIZE = { class: 'GenericError', desc: "Parameter 'target' expects a size" };
const NEGATIVE = { class: 'GenericError', desc: 'timer value must be greater than zero' };
const TOO_BIG = { class: 'GenericError', desc: 'timer value is too big' };
const INTERVAL = 'guest-stats-polling-interval';

/** Takes a command that was sent. */
export function sent(machine: Machine, msg: SentRecord['msg']): void {
  const request: Request = {
    execute: msg.execute,
    id: msg.id,
    arguments: msg.arguments ?? {},
  };
  machine.requests.push(request);
  if (msg.execute === 'quit') machine.quitting = true;
  if (msg.execute !== 'balloon') return;
  machine.polls = [];
  const { value } = request.arguments;
  if (typeof value !== 'number' || value <= 0 || Object.keys(request.arguments).length > 1) return;
  machine.asked = value;
  if (machine.hasBalloon) machine.tell({ kind: 'request', bytes: value });
}

/** Judges a message that was received; returns how much was compared, or what is impossible. */
export function received(
  machine: Machine,
  msg: Message,
  record: LogRecord,
): number | Contradiction {
  if (msg.QMP !== undefined) return 0;
  if (msg.event !== undefined) return event(machine, msg, record) ?? 2;
  const request = machine.requests.shift();
  const place = placeOf(record);
  if (request === undefined) return differs('msg.id', msg.id, 'no reply: nothing was asked') ?? 0;
  machine.hear(request.execute, place, msg, msg.return);
  const wrongId = differs('msg.id', msg.id, request.id);
  if (wrongId !== undefined) return wrongId;
  const wrong = reply(machine, request, msg, place);
  if (wrong === undefined) machine.sinceReply = machine.balloon.actual;
  return wrong ?? 2;
}

function reply(
  machine: Machine,
  request: Request,
  msg: Message,
  place: { line: number; event: number },
): Contradiction | undefined {
  switch (request.execute) {
    case 'balloon':
      return balloonReply(machine, request, msg);
    case 'query-balloon':
      return queryReply(machine, msg, place);
    case 'qom-get':
      return getReply(machine, request, msg, place);
    case 'qom-set':
      return setReply(machine, request, msg);
    case 'qmp_capabilities':
    case 'quit':
    case 'stop':
    case 'cont':
      return nothing(msg);
    default:
      return undefined;
  }
}

function wrongType(name: string, type: string): { class: string; desc: RegExp } {
  const desc = new RegExp(
    `^(Invalid parameter type.*${name}.*expected: ${type}|.*${name}.*missing)`,
  );
  return { class: 'GenericError', desc };
}

function balloonReply(machine: Machine, request: Request, msg: Message): Contradiction | undefined {
  const { value } = request.arguments;
  if (Object.keys(request.arguments).some((key) => key !== 'value')) {
    return refused(msg, { class: 'GenericError', desc: /unexpected/ });
  }
  const integer = typeof value === 'number' && Number.isInteger(value) && value < 2 ** 63;
  if (!integer) return refused(msg, wrongType('value', 'integer'));
  if (!machine.hasBalloon) return refused(msg, NO_DEVICE);
  // Zero is no size: the device would otherwise be asked to take everything.
  if (value <= 0) return refused(msg, BAD_SIZE);
  const wrong = nothing(msg);
  machine.tell({ kind: wrong === undefined ? 'granted' : 'refused' });
  return wrong;
}

function queryReply(
  machine: Machine,
  msg: Message,
  place: { line: number; event: number },
): Contradiction | undefined {
  if (!machine.hasBalloon) return refused(msg, NO_DEVICE);
  const actual = isObject(msg.return) ? msg.return.actual : undefined;
  if (typeof actual !== 'number') {
    return differs('msg.return.actual', show(msg.return ?? msg.error), 'a size in bytes');
  }
  machine.polls.push(actual);
  return machine.see('msg.return.actual', actual, place);
}

/** Whether a QOM path names the balloon; undefined when the log does not say. */
function isBalloonPath(machine: Machine, path: unknown): boolean | undefined {
  const id = machine.arguments.balloons[0]?.id;
  if (typeof path !== 'string' || id === undefined) return undefined;
  return path === `/machine/peripheral/${id}` ? true : undefined;
}

function getReply(
  machine: Machine,
  request: Request,
  msg: Message,
  place: { line: number; event: number },
): Contradiction | undefined {
  const { path, property } = request.arguments;
  if (isBalloonPath(machine, path) !== true || property !== 'guest-stats') return undefined;
  return statistics(machine, msg, place);
}

function setReply(machine: Machine, request: Request, msg: Message): Contradiction | undefined {
  const { path, property, value } = request.arguments;
  if (isBalloonPath(machine, path) !== true || property !== INTERVAL) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    return refused(msg, wrongType(INTERVAL, 'int'));
  }
  if (value < 0) return refused(msg, NEGATIVE);
  return value > 2 ** 32 - 1 ? refused(msg, TOO_BIG) : nothing(msg);
}

function event(machine: Machine, msg: Message, record: LogRecord): Contradiction | undefined {
  const { event: name, data } = msg;
  if (name === 'BALLOON_CHANGE') return balloonEvent(machine, data, record);
  if (name !== 'SHUTDOWN') return undefined;
  const reason = typeof data?.reason === 'string' ? data.reason : '';
  machine.shutdown ??= reason;
  return shutdown(data, machine.quitting);
}

function balloonEvent(
  machine: Machine,
  data: Message['data'],
  record: LogRecord,
): Contradiction | undefined {
  const actual = data?.actual;
  const place = placeOf(record);
  if (typeof actual !== 'number')
    return differs('msg.data.actual', show(actual), 'a size in bytes');
  if (!machine.hasBalloon) return outsideOf('msg.data.actual', actual, { low: 1, high: 0 });
  return machine.seeEvent('msg.data.actual', actual, place);
}
