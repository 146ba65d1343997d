/** Judging what the agent inside the guest answers (specification BAL-I8; Linux overcommit). */

import type { AnsweredRecord } from '../qemu/records.ts';
import { differs, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { PAGE_BYTES } from './actual.ts';
import { type Machine, outsideOf } from './machine.ts';

type Message = AnsweredRecord['msg'];
type Found = Contradiction | undefined;

/** Modules in the guest's initramfs (transcripts/README.md). */
const MODULES = 13;
/** Below this much free memory the guest may run out of it, whoever asked for it. */
const SHORT_BYTES: number = 16 * 1024 * 1024;
const DRIVER = 'virtio_balloon';

/** Takes a question to the agent. */
export function asked(machine: Machine, question: string): void {
  machine.questions.push(question);
  const [verb, argument] = question.split(' ');
  if (verb === 'alloc') machine.tell({ kind: 'press' });
  if (verb === 'insmod' && argument === DRIVER && machine.hasBalloon) {
    machine.tell({ kind: 'load' });
  }
  if (verb === 'rmmod' && argument === DRIVER && machine.balloon.driver !== 'absent') {
    machine.tell({ kind: 'unload-begin' });
  }
}

/** Judges an answer; the first message of an agent is that it is ready. */
export function answered(machine: Machine, msg: Message, place: Place): Found {
  machine.hearAgent(msg, place);
  if (!machine.ready) return ready(machine, msg, place);
  const question = machine.questions.shift();
  if (question === undefined) return differs('msg', show(msg), 'no answer: nothing was asked');
  const [verb, argument] = question.split(' ');
  machine.hear(verb ?? '', place, msg);
  switch (verb) {
    case 'info':
      return info(machine, msg, place);
    case 'alloc':
      return alloc(machine, msg, Number(argument));
    case 'fill':
      return 'error' in msg ? undefined : differs('msg.fill', msg.fill, Number(argument));
    case 'free':
      return 'error' in msg ? undefined : differs('msg.free', msg.free, true);
    case 'insmod':
    case 'rmmod':
      return module(machine, msg, verb, argument);
    default:
      return undefined;
  }
}

function ready(machine: Machine, msg: Message, place: Place): Found {
  const { arguments: args } = machine;
  const errors = msg.moduleErrors ?? 0;
  const wrong =
    differs('msg.ready', msg.ready, true) ??
    differs('msg.modules', msg.modules, MODULES - args.skipped.length - errors);
  if (wrong !== undefined) return wrong;
  machine.ready = true;
  const skipped = args.skipped.includes(DRIVER);
  if (machine.hasBalloon && !skipped && errors === 0) machine.tell({ kind: 'load' });
  const bad = memory(machine, msg);
  if (bad !== undefined) return bad;
  learn(machine, msg, place);
  // A size below what the guest uses already lets it run out of memory by itself.
  const free = (msg.memFreeKb ?? 0) * 1024;
  machine.needs = args.ram - free + SHORT_BYTES;
  if (machine.balloon.target < machine.needs) machine.tell({ kind: 'press' });
  return undefined;
}

/** The guest's total with an empty balloon, if the balloon's size is known. */
function learn(machine: Machine, { memTotalKb }: Message, place: Place): void {
  const { actual, ram, oom, driver } = machine.balloon;
  if (machine.total !== undefined || memTotalKb === undefined) return;
  const size = driver === 'absent' || oom ? ram : actual.low;
  if (!oom && driver !== 'absent' && actual.low !== actual.high) return;
  machine.total = { kib: memTotalKb + (ram - size) / 1024, place, confirmed: false };
}

function info(machine: Machine, msg: Message, place: Place): Found {
  if (msg.memTotalKb === undefined) return differs('msg', show(msg), 'an answer with memTotalKb');
  const expected = machine.totalKib(machine.balloon.actual);
  if (expected !== undefined && outside(msg.memTotalKb, expected)) {
    // A total that an answer agreed with is not to blame; then the balloon's size is.
    const total = machine.total?.confirmed === true ? undefined : machine.total?.place;
    return outsideOf('msg.memTotalKb', msg.memTotalKb, expected, total ?? machine.seenAt);
  }
  learn(machine, msg, place);
  if (machine.total !== undefined) machine.total = { ...machine.total, confirmed: true };
  const { cpus } = machine.arguments;
  return (
    memory(machine, msg) ??
    differs('msg.cpusConf', msg.cpusConf, cpus) ??
    differs('msg.cpusOnline', msg.cpusOnline, cpus)
  );
}

function outside(kib: number, { low, high }: { low: number; high: number }): boolean {
  return kib < low || kib > high || (kib * 1024) % PAGE_BYTES !== 0;
}

/** Free and available memory are whole pages of the total. */
function memory(machine: Machine, msg: Message): Found {
  const { memTotalKb: total } = msg;
  if (total === undefined) return differs('msg', show(msg), 'an answer with memTotalKb');
  const ramKib = machine.arguments.ram / 1024;
  if (outside(total, { low: 0, high: ramKib })) {
    return outsideOf('msg.memTotalKb', total, { low: 0, high: ramKib });
  }
  for (const key of ['memFreeKb', 'memAvailableKb'] as const) {
    const part = msg[key];
    if (part === undefined || !outside(part, { low: 0, high: total })) continue;
    return outsideOf(`msg.${key}`, part, { low: 0, high: total });
  }
  return undefined;
}

/**
 * Linux refuses an allocation at once only if it exceeds all memory (overcommit by heuristics);
 * a smaller one succeeds, or the guest dies of it.
 */
function alloc(machine: Machine, msg: Message, pages: number): Found {
  const total = machine.totalKib(machine.balloon.actual);
  const kib = (pages * PAGE_BYTES) / 1024;
  if (msg.error !== undefined) {
    const wrong = differs('msg.error', msg.error, 'ENOMEM');
    if (wrong !== undefined) return wrong;
    // The allocator may ask for a little more than the pages.
    const possible = total === undefined || kib + 64 > total.low;
    return possible ? undefined : differs('msg.error', 'ENOMEM', `${pages} pages: there is room`);
  }
  const wrong = differs('msg.alloc', msg.alloc, pages);
  if (wrong !== undefined || total === undefined || kib <= total.high) return wrong;
  return differs('msg.alloc', pages, `ENOMEM: the guest has ${total.high / 4} pages`);
}

function module(machine: Machine, msg: Message, verb: string, name: string | undefined): Found {
  const result = msg[verb];
  if (typeof result !== 'number') return differs('msg', show(msg), `an answer with ${verb}`);
  if (name !== DRIVER) return undefined;
  const { driver } = machine.balloon;
  if (verb === 'rmmod') {
    if (result === 0 && !machine.loaded) {
      return differs('msg.rmmod', 0, 'an error number: no driver is loaded');
    }
    if (driver !== 'absent') machine.tell({ kind: result === 0 ? 'unload' : 'unload-failed' });
    machine.loaded = machine.loaded && result !== 0;
    return undefined;
  }
  if (result === 0 && machine.loaded) {
    return differs('msg.insmod', 0, 'an error number: the driver is loaded');
  }
  if (result === 0) machine.loaded = true;
  else if (!machine.loaded && machine.hasBalloon) machine.tell({ kind: 'load-failed' });
  return undefined;
}
