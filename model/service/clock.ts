/** Clocks of guests: how they follow the host's, fall behind, and are set right. 5.11. */
import { isKeptWaiting } from '../cpu/index.ts';
import {
  type C,
  type GuestSystem,
  isStopped,
  type ServiceEvent,
  type Services,
  type ServicesView,
  standsStill,
} from './model.ts';
import type { Drift, ServiceSizes, TimeMessage } from './state.ts';

/** How many ticks a clock is behind; less than none where it is ahead. */
export function behindBy(drift: Drift): number {
  if (drift.kind === 'exact') return 0;
  return drift.kind === 'behind' ? drift.by : -drift.by;
}

function driftOf(behind: number, { drift: most }: ServiceSizes): Drift {
  if (behind === 0) return { kind: 'exact' };
  const by = Math.min(Math.abs(behind), most);
  return { kind: behind > 0 ? 'behind' : 'ahead', by };
}

/** The first vCPU of a VM. */
const firstOf = ({ cpu }: ServicesView, id: number): number =>
  cpu.threads.findIndex(({ vm }) => vm === id);

/** The timer is of the first vCPU, which takes a tick when it runs or sleeps: not when it waits. */
export function takesTimer(m: ServicesView, id: number): boolean {
  const { state } = m.cpu.threads.at(firstOf(m, id));
  return state.kind === 'running' || (state.kind === 'blocked' && state.on !== 'swap-in');
}

/**
 * A guest that is paused has no time. Else a paravirtual clock goes on whatever its vCPUs do, and
 * one that counts ticks goes as far as these are delivered.
 */
export function advanceClock(m: Services, id: number, c: C): void {
  const system = m.guests.at(id);
  const passed = standsStill(m, id, c.size) ? 0 : ticksDelivered(m, id, c.size);
  system.monotonic += passed;
  advanceTimer(m, id, passed, c);
  const shown = passed > 0 && leavesOut(system, c.size) ? passed - 1 : passed;
  system.drift = driftOf(behindBy(system.drift) + 1 - shown, c.size);
  if (system.slewing > 0 && system.drift.kind !== 'ahead') system.slewing = 0;
}

/** A timer counts ticks of the guest's own clock, and fires once: where the guest goes on (MIG-A7). */
function advanceTimer(m: Services, id: number, passed: number, c: C): void {
  const system = m.guests.at(id);
  if (system.timer === 0 || passed === 0) return;
  if (isStopped(m, id)) system.uncounted = Math.min(system.uncounted + passed, system.timer);
  else countTimer(system, id, passed, c);
}

function countTimer(system: GuestSystem, id: number, passed: number, c: Told): void {
  system.timer = Math.max(system.timer - passed, 0);
  if (system.timer === 0) c.emit({ type: 'timer-fired', vm: id });
}
interface Told {
  emit(event: ServiceEvent): void;
}

function ticksDelivered(m: Services, id: number, size: ServiceSizes): number {
  const system = m.guests.at(id);
  if (system.clock === 'pv') return 1;
  const replays = system.clock === 'timer-with-replay';
  if (!takesTimer(m, id)) {
    if (replays) system.backlog = Math.min(system.backlog + 1, size.drift);
    return 0;
  }
  const late = Math.min(system.backlog, size.replays);
  system.backlog -= late;
  return 1 + late;
}

/**
 * A guest takes a tick of its timer for its own time, less what was stolen since it last looked. That
 * may be more than the tick: those that it missed do not come again. 5.8.
 */
export function account(m: Services, id: number): void {
  const { accounted, unaccounted } = m.guests.at(id);
  accounted.own += Math.max(0, 1 - unaccounted);
  accounted.stolen += unaccounted;
  m.guests.at(id).unaccounted = 0;
}

/**
 * A guest goes on after it was stopped in order to move, with what is left of its timer. It is told
 * that it was, and its host has to tell it the time.
 */
export function goOnAfterMove(system: GuestSystem, id: number, timer: number, c: Told): void {
  const passed = system.uncounted;
  system.timer = timer;
  system.uncounted = 0;
  if (timer > 0 && passed > 0) countTimer(system, id, passed, c);
  if (system.system === 'off') return;
  system.stopped = true;
  system.wasPaused = true;
  system.syncDue = system.present;
}

/** What its first vCPU waits for a CPU is told to a guest as stolen (STL-I1). */
export function noteSteal(m: Services, id: number, size: ServiceSizes): void {
  const system = m.guests.at(id);
  if (isKeptWaiting(m.cpu.threads.at(firstOf(m, id)).state)) {
    system.unaccounted = Math.min(system.unaccounted + 1, size.drift);
  }
}

/** Time of day that goes slower: one tick in so many does not count. The monotonic clock goes on. */
function leavesOut(system: GuestSystem, { slew }: ServiceSizes): boolean {
  if (system.slewing === 0) return false;
  const last = system.slewing === slew;
  system.slewing = last ? 1 : system.slewing + 1;
  return last;
}

/** What has passed since the host read its clock is added: a message may have waited for long. */
export function lateness(message: TimeMessage): number {
  if (message.kind === 'none') return 0;
  const passedSince = message.age;
  return message.age - passedSince;
}

/**
 * Forward in one step. Back only where it may; else the clock goes slower until it is right. Ticks
 * that are still to be delivered are void: they would put it ahead.
 */
export function setClock(m: Services, id: number, late: number, c: C): void {
  const system = m.guests.at(id);
  const step = behindBy(system.drift) - late;
  system.backlog = 0;
  if (step >= 0 || system.mayStepBack) {
    system.drift = driftOf(late, c.size);
    system.slewing = 0;
    if (step !== 0) c.emit({ type: 'clock-set', vm: id, by: step });
  } else if (system.slewing === 0) system.slewing = 1;
}
