/**
 * What becomes of a guest, command by command, and what is told of it. Where time goes is said by the
 * properties of clocks and of accounting.
 */
import type { ServiceCall } from '../../model/index.ts';
import {
  asFarAsCounted,
  behind,
  isElsewhere,
  kinds,
  property,
  reads,
  type ServiceChange,
  type SystemReading,
  vcpusOf,
} from './reading.ts';

/** Everything that is kept of a guest. */
const factsOf = (system: SystemReading) => ({
  system: system.system,
  clock: system.clock,
  monotonic: system.monotonic,
  behind: behind(system),
  backlog: system.backlog,
  unaccounted: system.unaccounted,
  timer: system.timer,
  uncounted: system.uncounted,
  own: system.accounted.own,
  stolen: system.accounted.stolen,
  slewing: system.slewing,
  stopped: system.stopped,
  unwatched: system.unwatched,
  present: system.present,
  policy: system.policy,
  'enabled.time': system.enabled.time,
  'enabled.heartbeat': system.enabled.heartbeat,
  'enabled.quiesce': system.enabled.quiesce,
  'enabled.shutdown': system.enabled.shutdown,
  syncDue: system.syncDue,
  mayStepBack: system.mayStepBack,
  message: system.message.kind,
  age: system.message.kind === 'none' ? 0 : system.message.age,
  heard: system.heard,
  unanswered: system.unanswered,
  sinceBeat: system.sinceBeat,
  silence: system.silence,
  files: system.files,
  thawsIn: system.thawsIn,
  unflushed: system.unflushed,
  shutdown: system.shutdown,
  patience: system.patience,
  wasPaused: system.wasPaused,
});
type Facts = ReturnType<typeof factsOf>;

/** The first fact that is not as it was, nor as it is to be. */
function wrong(from: SystemReading, to: SystemReading, becomes: Partial<Facts>): string | null {
  const due: Readonly<Record<string, unknown>> = { ...factsOf(from), ...becomes };
  for (const [name, is] of Object.entries(factsOf(to))) {
    if (is !== due[name]) return `${name} is ${is}, not ${due[name]}`;
  }
  return null;
}

/** Nothing is left of a system but what its host has set: its clock, and what it turned on. */
const ended: Partial<Facts> = {
  ...{ system: 'off', monotonic: 0, behind: 0, backlog: 0, slewing: 0 },
  ...{
    unaccounted: 0,
    timer: 0,
    uncounted: 0,
    own: 0,
    stolen: 0,
    stopped: false,
    unwatched: 0,
    wasPaused: false,
  },
  ...{ present: false, policy: 'ignores-samples', syncDue: false, mayStepBack: false },
  ...{ message: 'none', age: 0, heard: false, unanswered: 0, silence: 'none' },
  ...{ files: 'thawed', thawsIn: 0, unflushed: false, shutdown: 'none', patience: 0 },
};

/** A guest that reads a message sets its clock, or does not: TIME-T1, TIME-L1. */
function afterReading(from: SystemReading, implicit: number): Partial<Facts> {
  const sync = from.message.kind === 'sync';
  const read: Partial<Facts> = {
    ...{ message: 'none', age: 0 },
    mayStepBack: sync ? false : from.mayStepBack,
  };
  const follows =
    from.policy === 'follows-samples' ||
    (from.policy === 'implicit-sync' && behind(from) >= implicit);
  if (!sync && !follows) return read;
  const set = behind(from) >= 0 || from.mayStepBack;
  if (set) return { ...read, backlog: 0, behind: 0, slewing: 0 };
  return { ...read, backlog: 0, slewing: Math.max(from.slewing, 1) };
}

/** What a command makes of the guest that it is about. */
function becomes(
  call: ServiceCall,
  from: SystemReading,
  size: ServiceChange['size'],
): Partial<Facts> {
  switch (call.kind) {
    case 'service.boot':
      return { system: 'up', clock: call.args.clock, behind: -call.args.ahead };
    case 'service.crash':
      return { system: 'crashed' };
    case 'service.power-off':
    case 'service.shut-down':
      return ended;
    case 'service.restart-vm':
      return { ...ended, system: 'up' };
    case 'service.start':
      return {
        ...{ present: true, syncDue: true, policy: call.args.policy },
        mayStepBack: call.args.mayStepBack,
      };
    case 'service.stop':
      return { present: false, message: 'none', age: 0, syncDue: false, mayStepBack: false };
    case 'service.set-feature':
      return { [`enabled.${call.args.feature}`]: call.args.on };
    case 'service.send-sync':
      return { message: 'sync', age: 0, syncDue: false };
    case 'service.send-sample':
      return { message: 'sample', age: 0 };
    case 'service.read-time':
      return afterReading(from, size.implicit);
    case 'service.set-timer':
      return { timer: call.args.ticks };
    case 'service.check-watchdog':
      return { stopped: false, unwatched: 0, wasPaused: false };
    case 'service.send-heartbeat':
      return { unanswered: Math.min(from.unanswered + 1, 2), sinceBeat: 0 };
    case 'service.answer-heartbeat':
      return { heard: true, unanswered: 0, silence: 'none' };
    case 'service.freeze':
      return { files: 'freezing', thawsIn: call.args.timeout };
    case 'service.acknowledge-freeze':
      return { files: 'frozen', unflushed: false };
    case 'service.thaw':
      return { files: 'thawed', thawsIn: 0 };
    case 'service.write-file':
      return { unflushed: true };
    case 'service.request-shutdown':
      return { shutdown: 'requested', patience: size.shutdown };
    case 'service.acknowledge-shutdown':
      return { shutdown: 'acknowledged' };
    default:
      return {};
  }
}

const commandsDoAsTheySay = property.transition({
  id: 'SD-T3',
  name: 'a command does to its guest what it is for and nothing else, and nothing to other guests',
  commands: ['service.*'],
  reads,
  violation({ before, call, after, size }) {
    for (let id = 0; id < after.guests.length; id++) {
      const [from, to] = [before.guests.at(id), after.guests.at(id)];
      const found = wrong(from, to, call.args.vm === id ? becomes(call, from, size) : {});
      if (found !== null) return `of VM ${id} ${found}`;
    }
    return null;
  },
});

/** Where the time of a guest goes: TIME-I4, TIME-T4, TIME-T5, STL-T4, STL-T5. */
const saidElsewhere = (to: SystemReading): Partial<Facts> => ({
  ...{ timer: to.timer, uncounted: to.uncounted },
  ...{ monotonic: to.monotonic, behind: behind(to), backlog: to.backlog },
  ...{ unaccounted: to.unaccounted, own: to.accounted.own, stolen: to.accounted.stolen },
});

/** What is counted while time passes, whoever runs. */
function counted(change: ServiceChange, id: number): Partial<Facts> {
  const { before, after, size } = change;
  const [from, to] = [before.guests.at(id), after.guests.at(id)];
  const { paused } = vcpusOf(before, id);
  const up = from.system === 'up';
  const { message, thawsIn, slewing } = from;
  const thaws = thawsIn === 1;
  const ran = to.monotonic > from.monotonic && slewing > 0;
  const slower = ran ? (slewing === size.slew ? 1 : slewing + 1) : slewing;
  return {
    ...(up ? saidElsewhere(to) : {}),
    // HB-T1; and TIME-I3 says what comes of it when a guest is not told that it was stopped.
    silence: from.unanswered > 0 ? to.silence : from.silence,
    stopped: paused ? to.stopped : from.stopped,
    slewing: up && to.drift.kind !== 'ahead' ? 0 : slower,
    age: message.kind === 'none' ? 0 : asFarAsCounted(message.age + 1, size.drift),
    unwatched: up ? Math.min(from.unwatched + 1, size.watchdog) : from.unwatched,
    sinceBeat: paused ? from.sinceBeat : Math.min(from.sinceBeat + 1, size.heartbeat),
    thawsIn: Math.max(thawsIn - 1, 0),
    files: thaws ? 'thawed' : from.files,
    patience: Math.max(from.patience - 1, 0),
    syncDue: paused ? from.present : from.syncDue,
    wasPaused: paused || from.wasPaused,
  };
}

const timePassesForAll = property.transition({
  id: 'TIME-T8',
  name: 'a tick counts for what waits for it, paused or not, and changes nothing else of a guest',
  commands: kinds('cpu.tick'),
  reads,
  violation(change) {
    const { before, after } = change;
    for (let id = 0; id < after.guests.length; id++) {
      const [from, to] = [before.guests.at(id), after.guests.at(id)];
      const found = wrong(
        from,
        to,
        from.system === 'off' || isElsewhere(before, id) ? {} : counted(change, id),
      );
      if (found !== null) return `of VM ${id} ${found}`;
    }
    return null;
  },
});

/** What a command tells, as text. */
function tellings(change: ServiceChange): readonly string[] {
  const { before, call, after, size } = change;
  if (call.kind === 'cpu.tick') {
    const told: string[] = [];
    for (let id = 0; id < before.guests.length; id++) {
      const { system, thawsIn, timer } = before.guests.at(id);
      if (system === 'off' || isElsewhere(before, id)) continue;
      if (timer > 0 && after.guests.at(id).timer === 0) told.push(`timer-fired ${id}`);
      if (thawsIn === 1) told.push(`thawed ${id} timeout`);
    }
    return told;
  }
  const { vm } = call.args;
  const from = before.guests.at(vm);
  switch (call.kind) {
    case 'service.power-off':
    case 'service.restart-vm':
      return [`powered-off ${vm} ${from.unflushed}`];
    case 'service.shut-down':
      return [`powered-off ${vm} false`];
    case 'service.read-time': {
      const { behind: now } = afterReading(from, size.implicit);
      return now === undefined || behind(from) === now ? [] : [`clock-set ${vm} ${behind(from)}`];
    }
    case 'service.check-watchdog':
      return from.unwatched >= size.watchdog && !from.wasPaused ? [`watchdog-fired ${vm}`] : [];
    case 'service.thaw':
      return [`thawed ${vm} host`];
    case 'service.write-file':
      return [`file-written ${vm}`];
    case 'service.take-snapshot':
      return [`snapshot-taken ${vm} ${from.files === 'frozen' ? 'application' : 'crash'}`];
    default:
      return [];
  }
}

const eventsAreTrue = property.transition({
  id: 'SD-T4',
  name: 'a command tells what it has done to a guest, and nothing else',
  reads,
  violation(change) {
    const told = change.events
      .filter((event) => 'vm' in event)
      .map((event) => Object.values(event).join(' '));
    const due = tellings(change);
    if (told.join(', ') === due.join(', ')) return null;
    return `${change.call.kind} tells '${told.join(', ')}', not '${due.join(', ')}'`;
  },
});

export const changeProperties = [commandsDoAsTheySay, timePassesForAll, eventsAreTrue];
