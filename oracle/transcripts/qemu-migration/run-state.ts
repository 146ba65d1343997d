/**
 * What is known of a machine's run state (specification 5.C): the states it may be in, as commands,
 * the STOP and RESUME events and the migration's status leave them open.
 */
import { mayFollow, nextStates, qemuRunState, type RunState } from '../../../model/index.ts';
import { differs } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import type { Machine } from './machine.ts';

/** States in which the source may be stopped for the switchover; a cancel may come just before. */
const SWITCHING = [
  ...(['active', 'pre-switchover', 'device', 'postcopy-device', 'cancelling'] as const),
] as const;
const POSTCOPY = [
  ...(['postcopy-active', 'postcopy-paused', 'postcopy-recover-setup'] as const),
  'postcopy-recover',
] as const;
const ABORTED = ['failing', 'failed', 'cancelling', 'cancelled'] as const;

/** Whether the source may be stopped for the switchover by now. */
function switching(machine: Machine): boolean {
  return machine.outgoing.mayBe(...SWITCHING, ...POSTCOPY);
}

/** Whether the guest runs for sure. */
export function surelyRuns({ run, exited }: Machine): boolean {
  return !exited && run.possible.size === 1 && run.possible.has('running');
}

/** The states it may be in by now, with what no event tells. */
export function possibleNow(machine: Machine): ReadonlySet<RunState> {
  const states = new Set(machine.run.possible);
  for (const from of states) for (const to of silently(machine, from)) states.add(to);
  return states;
}

/** Changes that no event tells, or only later. */
function silently(machine: Machine, from: RunState): Iterable<RunState> {
  if (machine.loose) return nextStates(qemuRunState, from);
  const { outgoing, incoming } = machine;
  const to: RunState[] = [];
  // The state is set before the processors have stopped, and the event comes after.
  if (from === 'running' && machine.pending('stop')) to.push('paused');
  // Without an event, as the guest stands still; where no status is told, it may be over by now.
  const over = outgoing.mayBe(
    ...ABORTED,
    ...(machine.can('events') ? [] : (['completed'] as const)),
  );
  const still = from !== 'running' && over;
  if (mayFollow(qemuRunState, from, 'finish-migrate') && (switching(machine) || still)) {
    to.push('finish-migrate');
  }
  if (from === 'finish-migrate') {
    if (outgoing.mayBe('completed')) to.push('postmigrate');
    // A guest that did not run before gets its state back; older releases say postmigrate.
    const before = outgoing.mayBe(...ABORTED) ? stillBefore(machine) : [];
    if (before.length > 0) to.push('postmigrate', ...before);
  }
  if (from === 'inmigrate' && incoming.mayBe('completed', ...POSTCOPY)) {
    to.push(...carried(machine));
  }
  return to;
}

/** What a target may be once everything is loaded: the state that the source was in, or paused. */
function carried(machine: Machine): readonly RunState[] {
  const { stream } = machine;
  if (stream !== undefined) return ['paused', ...stillBefore(stream)];
  return [...nextStates(qemuRunState, 'inmigrate')].filter((state) => state !== 'running');
}

/** States in which the guest stood still before the switchover. */
function stillBefore({ before }: Machine): readonly RunState[] {
  return [...before].filter((state) => state !== 'running');
}

/** The STOP event. */
export function stopped(machine: Machine, place: Place): Contradiction | undefined {
  const { run } = machine;
  if (run.owesStop !== undefined) {
    machine.become(run.possible, place);
    return undefined;
  }
  const to = new Set<RunState>(machine.stopCauses);
  if (machine.pending('stop')) to.add('paused');
  if (switching(machine)) to.add('finish-migrate');
  if (machine.loose) for (const each of nextStates(qemuRunState, 'running')) to.add(each);
  const before = possibleNow(machine);
  if (!before.has('running')) {
    return differs('msg.event', 'STOP', `no STOP: it is ${list(before)}`, run.place);
  }
  if (to.size === 0) {
    return differs('msg.event', 'STOP', 'no STOP: nothing stops the guest', run.place);
  }
  machine.stopCauses.clear();
  machine.become(to, place);
  return undefined;
}

/** The RESUME event. */
export function resumed(machine: Machine, place: Place): Contradiction | undefined {
  const from = [...possibleNow(machine)].filter((state) => resumes(machine, state));
  if (from.length === 0) {
    const before = list(machine.run.possible);
    return differs('msg.event', 'RESUME', `no RESUME: it is ${before}`, machine.run.place);
  }
  machine.become(['running'], place);
  return undefined;
}

/** Whether something may set it running from this state. */
function resumes(machine: Machine, state: RunState): boolean {
  if (state === 'running' || !mayFollow(qemuRunState, state, 'running')) return false;
  if (machine.loose) return true;
  if (state === 'inmigrate') {
    return machine.autostart && machine.incoming.mayBe('active', ...POSTCOPY);
  }
  // `cont` is refused until the migration is over.
  if (state === 'finish-migrate') return machine.outgoing.mayBe(...ABORTED);
  return machine.pending('cont');
}

/** What `query-status` says. */
export function reported(
  machine: Machine,
  status: string,
  place: Place,
): Contradiction | undefined {
  const allowed = possibleNow(machine);
  const { run } = machine;
  const seen = [...allowed].find((each) => each === status);
  if (seen === undefined) {
    return differs('msg.return.status', status, list(allowed), run.place);
  }
  const owes = run.owesStop ?? (run.possible.has('running') ? place : undefined);
  const owesStop = seen === 'running' || run.possible.has(seen) ? run.owesStop : owes;
  machine.become([seen], place, owesStop);
  return undefined;
}

/** A list of states for a report. */
export function list(states: Iterable<RunState>): string {
  return [...states].join(', ');
}
