/** What guests believe the time to be. 5.11. */
import {
  asFarAsCounted,
  behind,
  isElsewhere,
  kinds,
  property,
  type Reading,
  reads,
  type ServiceChange,
  type SystemReading,
  standsStill,
  stayingUp,
  vcpusIn,
  vcpusOf,
} from './reading.ts';

const ticked = ({ call }: ServiceChange): boolean => call.kind === 'cpu.tick';
/** The system was not the same one before: it was started anew in between. */
const restarted = ({ call }: ServiceChange, id: number): boolean =>
  call.kind === 'service.restart-vm' && call.args.vm === id;

/** Timer ticks that come to a guest in a tick, of those that are due. */
function ticksDue(change: ServiceChange, id: number, from: SystemReading): number {
  const { firstTakesTimer } = vcpusIn(change, id);
  if (standsStill(change.before, id, change.size)) return 0;
  if (from.clock === 'pv') return 1;
  if (!firstTakesTimer) return 0;
  return from.clock === 'timer' ? 1 : 1 + Math.min(from.backlog, change.size.replays);
}

const monotonicTime = property.transition({
  id: 'TIME-I1',
  name: 'a guest’s monotonic clock goes on with ticks alone, and neither back nor by a SYNC',
  reads,
  violation(change) {
    for (const [id, from, to] of stayingUp(change)) {
      if (restarted(change, id)) continue;
      const by = to.monotonic - from.monotonic;
      const most = ticked(change) ? 1 + change.size.replays : 0;
      if (by < 0 || by > most)
        return `the monotonic clock of VM ${id} went from ${from.monotonic} to ${to.monotonic}`;
    }
    return null;
  },
});

const timeOfDayGoesBackOnlyWhereItMay = property.transition({
  id: 'TIME-I2',
  name: 'a guest’s time of day goes back only by a SYNC that may set it back',
  reads,
  violation(change) {
    const passed = ticked(change) ? 1 : 0;
    for (const [id, from, to] of stayingUp(change)) {
      const back = behind(to) - behind(from) - passed;
      if (back <= 0 || restarted(change, id)) continue;
      const asked = change.call.kind === 'service.read-time' && change.call.args.vm === id;
      if (!asked || !from.mayStepBack) return `the clock of VM ${id} was set back by ${back}`;
    }
    return null;
  },
});

/** A guest that was stopped has not been locked up, whatever its watchdog counts. */
const stoppedGuestsAreNotLockedUp = property.transition({
  id: 'TIME-I3',
  name: 'a watchdog fires when it has not looked for too long, but not in its first look after a pause',
  commands: kinds('service.check-watchdog'),
  reads,
  violation({ before, call, events, size }) {
    const { wasPaused, unwatched } = before.guests.at(call.args.vm);
    const fired = events.some(({ type }) => type === 'watchdog-fired');
    if (fired && wasPaused) return `VM ${call.args.vm} was paused, and is taken for locked up`;
    const due = unwatched >= size.watchdog && !wasPaused;
    return fired === due ? null : `the watchdog of VM ${call.args.vm} ${due ? 'sleeps' : 'barks'}`;
  },
});

const pausedGuestsHaveNoTime = property.transition({
  id: 'TIME-I4',
  name: 'the monotonic clock of a paused guest stands still, and of one that is carried where it is to',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before, size }) => before.guests.some((_, id) => standsStill(before, id, size)),
  violation(change) {
    const { before, size } = change;
    for (const [id, from, to] of stayingUp(change)) {
      if (to.monotonic === from.monotonic || !standsStill(before, id, size)) continue;
      return `VM ${id} is paused, and its clock went on to ${to.monotonic}`;
    }
    return null;
  },
});

/** Ticks between the reading of a message on the host and its use are no error: they are added. */
const syncsAreObeyed = property.transition({
  id: 'TIME-T1',
  name: 'a SYNC leaves a guest right to the tick, or slowing down where it may not go back',
  commands: kinds('service.read-time'),
  reads,
  when: ({ before, call }) =>
    call.kind === 'service.read-time' && before.guests.at(call.args.vm).message.kind === 'sync',
  violation({ before, call, after }) {
    const [from, to] = [before.guests.at(call.args.vm), after.guests.at(call.args.vm)];
    if (from.message.kind !== 'sync' || to.drift.kind === 'exact') return null;
    const slowsDown = to.drift.kind === 'ahead' && !from.mayStepBack && to.slewing > 0;
    return slowsDown ? null : `VM ${call.args.vm} is ${to.drift.kind} by ${to.drift.by} after it`;
  },
});

/** The formula of drift: what the host's clock did, less what the guest's did. */
const driftIsTicksMissed = property.transition({
  id: 'TIME-T4',
  name: 'in a tick a guest falls behind by what it does not get of it, and by what it leaves out',
  commands: kinds('cpu.tick'),
  reads,
  violation(change) {
    for (const [id, from, to] of stayingUp(change)) {
      const got = to.monotonic - from.monotonic;
      const leavesOut = got > 0 && from.slewing === change.size.slew && from.slewing > 0 ? 1 : 0;
      const due = asFarAsCounted(behind(from) + 1 - got + leavesOut, change.size.drift);
      if (behind(to) !== due) return `VM ${id} is behind by ${behind(to)}, not by ${due}`;
    }
    return null;
  },
});

/** What a timer could not deliver it delivers later, where it does: all of it, and so many at a time. */
const ticksAreDelivered = property.transition({
  id: 'TIME-T5',
  name: 'a guest gets each tick of its timer in its turn, or at once with those it missed, or never',
  commands: kinds('cpu.tick'),
  reads,
  violation(change) {
    const { before, size } = change;
    for (const [id, from, to] of stayingUp(change)) {
      const got = to.monotonic - from.monotonic;
      const due = ticksDue(change, id, from);
      if (got !== due) return `VM ${id} got ${got} ticks, and ${due} were due`;
      const missed =
        from.clock === 'timer-with-replay' && due === 0 && !standsStill(before, id, size);
      const late = Math.max(due - 1, 0);
      const left = Math.min(from.backlog + (missed ? 1 : 0) - late, size.drift);
      if (to.backlog !== left) return `${to.backlog} ticks are kept for VM ${id}, not ${left}`;
    }
    return null;
  },
});

/** What a SYNC makes good must not be made good again. */
const backlogIsVoid = property.transition({
  id: 'TIME-T6',
  name: 'a guest that sets its clock gets no ticks late for the time before',
  commands: kinds('service.read-time'),
  reads,
  when: ({ before }) => before.guests.some(({ backlog }) => backlog > 0),
  violation({ call, after, events }) {
    const { backlog } = after.guests.at(call.args.vm);
    const isSet = events.some(({ type }) => type === 'clock-set');
    return isSet && backlog > 0 ? `${backlog} ticks are kept for VM ${call.args.vm}` : null;
  },
});

/** So far behind that its service does something about it, whichever message comes next. */
function isWrong({ guests }: Reading, id: number, implicit: number): boolean {
  const { system, present, policy, drift } = guests.at(id);
  if (system !== 'up' || !present || drift.kind !== 'behind') return false;
  if (policy === 'ignores-samples') return false;
  return policy === 'follows-samples' || drift.by >= implicit;
}

const endsIt = ({ call }: ServiceChange, id: number): boolean =>
  (call.kind === 'service.stop' ||
    call.kind === 'service.crash' ||
    call.kind === 'service.power-off' ||
    call.kind === 'service.shut-down' ||
    call.kind === 'service.restart-vm') &&
  call.args.vm === id;

const clocksAreSetRight = property.within({
  id: 'TIME-L1',
  name: 'a guest whose service minds that it is behind is right when it has read the next message',
  reads,
  instances: (size) => size.guest,
  starts: (m, id, size) => isWrong(m, id, size.implicit),
  bound: () => 0,
  counts: ({ call }, id) => call.kind === 'service.read-time' && call.args.vm === id,
  assuming: (change, id) => !endsIt(change, id),
  done: (m, id, size) => !isWrong(m, id, size.implicit),
});

const isSlow = (m: Reading, id: number): boolean =>
  m.guests.at(id).system === 'up' && m.guests.at(id).slewing > 0 && !isElsewhere(m, id);

/** One tick in so many: x ticks ahead take so many times x. */
const slowClocksAreRight = property.within({
  id: 'TIME-L2',
  name: 'a clock that is ahead and goes slower is right after as many times its lead as it leaves out',
  reads,
  instances: (size) => size.guest,
  starts: isSlow,
  bound: ({ guests }, id, { slew }) => {
    const { drift, slewing } = guests.at(id);
    return drift.kind === 'ahead' ? (drift.by - 1) * slew + (slew - slewing) : 0;
  },
  counts: ({ call }) => call.kind === 'cpu.tick',
  assuming: (change, id) => {
    if (endsIt(change, id)) return false;
    // Ticks that come late put it further ahead.
    const { backlog, clock } = change.before.guests.at(id);
    return change.call.kind !== 'cpu.tick' || (clock !== 'timer-with-replay' && backlog === 0);
  },
  done: (m, id) => !isSlow(m, id),
});

const slowClocksAreAhead = property.invariant({
  id: 'TIME-I5',
  name: 'only a clock that is ahead goes slower, and only a timer that delivers late keeps ticks',
  reads,
  violation({ guests }) {
    for (let id = 0; id < guests.length; id++) {
      const { drift, slewing, clock, backlog } = guests.at(id);
      if (slewing > 0 && drift.kind !== 'ahead') return `VM ${id} goes slower, and is not ahead`;
      if (backlog > 0 && clock !== 'timer-with-replay') return `ticks are kept for VM ${id}`;
    }
    return null;
  },
});

/** However a clock goes: a timer is due by the time that its guest knows, but where that goes on. MIG-A7. */
const timersFireInTime = property.transition({
  id: 'TIME-T10',
  name: 'a timer fires once, when as many ticks have passed for its guest as it was set for, and not on the way',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ size }) => size.timer > 0,
  violation(change) {
    for (const [id, from, to] of stayingUp(change)) {
      const passed = to.monotonic - from.monotonic;
      const { carried } = vcpusOf(change.before, id);
      const isSet = from.timer > 0 && !carried;
      const left = isSet ? Math.max(from.timer - passed, 0) : from.timer;
      if (to.timer !== left) return `the timer of VM ${id} has ${to.timer} ticks left, not ${left}`;
      const open = carried ? Math.min(from.uncounted + passed, from.timer) : from.uncounted;
      if (to.uncounted !== open) return `it is yet to count ${to.uncounted} ticks, not ${open}`;
    }
    return null;
  },
});

/** Time that passes in a pause its host has to make good. */
const stopsAreTold = property.transition({
  id: 'TIME-T7',
  name: 'a guest that was paused is to be told the time',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before }) => before.guests.some((_, id) => vcpusOf(before, id).paused),
  violation(change) {
    for (const [id, from, to] of stayingUp(change)) {
      if (!vcpusOf(change.before, id).paused || !from.present || to.syncDue) continue;
      return `VM ${id} was paused, and no SYNC is due`;
    }
    return null;
  },
});

export const clockProperties = [
  monotonicTime,
  timeOfDayGoesBackOnlyWhereItMay,
  stoppedGuestsAreNotLockedUp,
  pausedGuestsHaveNoTime,
  slowClocksAreAhead,
  syncsAreObeyed,
  driftIsTicksMissed,
  ticksAreDelivered,
  backlogIsVoid,
  stopsAreTold,
  timersFireInTime,
  clocksAreSetRight,
  slowClocksAreRight,
];
