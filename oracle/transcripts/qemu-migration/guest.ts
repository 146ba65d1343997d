/** Judging what the agent inside the guest answers, wherever the guest runs (format; 4.C.2). */
import type { AnsweredRecord } from '../qemu/records.ts';
import { differs, outside, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import type { Machine } from './machine.ts';
import type { World } from './world.ts';

type Message = AnsweredRecord['msg'];
type Found = Contradiction | undefined;

/** Modules in the guest's initramfs (transcripts/README.md). */
const MODULES = 13;

/** Takes a question to the agent. */
export function asked(machine: Machine, question: string): void {
  machine.questions.push(question);
  // A new writer counts from the beginning.
  if (question.startsWith('dirty')) machine.guest.count = undefined;
}

/** Judges an answer; the first message of an agent that boots is that it is ready. */
export function answered(world: World, machine: Machine, msg: Message, place: Place): Found {
  world.heard.hear(place, msg);
  if ('ready' in msg) return ready(machine, msg);
  const question = machine.questions.shift();
  if (question === undefined) return differs('msg', show(msg), 'no answer: nothing was asked');
  const [verb = '', ...args] = question.split(' ');
  if ('error' in msg) return undefined;
  switch (verb) {
    case 'alloc':
    case 'fill':
      return differs(`msg.${verb}`, msg[verb], Number(args[0]));
    case 'free':
      return differs('msg.free', msg.free, true);
    case 'dirty':
      return (
        differs('msg.span', msg.span, Number(args[0])) ??
        differs('msg.rate', msg.rate, Number(args[1]))
      );
    case 'count':
      return count(world, machine, msg.count, place);
    default:
      return undefined;
  }
}

function ready(machine: Machine, msg: Message): Found {
  machine.guest.count = undefined;
  const { memTotalKb: total = 0, memFreeKb: free = 0 } = msg;
  return (
    differs('msg.ready', msg.ready, true) ??
    differs('msg.modules', msg.modules, MODULES - (msg.moduleErrors ?? 0)) ??
    outside('msg.memTotalKb', total, { low: 0, high: machine.arguments.ram / 1024 }) ??
    outside('msg.memFreeKb', free, { low: 0, high: total })
  );
}

/** The writer counts its writes: in memory that migrates, so the count never falls. */
function count(world: World, machine: Machine, value: unknown, place: Place): Found {
  if (typeof value !== 'number') return differs('msg.count', show(value), 'a number of writes');
  const { guest } = machine;
  const before = guest.count;
  guest.count = { value, machine, place };
  if (before === undefined || value >= before.value) return undefined;
  if (before.machine === machine) {
    return outside(
      'msg.count',
      value,
      { low: before.value, high: Number.POSITIVE_INFINITY },
      { because: before.place },
    );
  }
  world.broken.push({
    property: 'MIG-S8',
    name: 'migration state equivalence',
    observed: `the guest had counted ${before.value} writes (line ${before.place.line}), now ${value}`,
  });
  return undefined;
}
