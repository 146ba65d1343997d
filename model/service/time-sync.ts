/** Time synchronisation: what the host tells its guests of the time, and what they make of it. 5.11. */
import { bool, int } from '../../machine/index.ts';
import { behindBy } from './clock.ts';
import {
  command,
  disabled,
  guestNotRunning,
  guestOf,
  noService,
  ofGuest,
  poweredOff,
  viewGuest,
  vmPaused,
} from './model.ts';
import { timePolicy } from './state.ts';

/** The guest starts its integration service, which is told the time first of all. */
export const startService = command({
  actor: 'guest',
  summary: 'A guest starts its integration service; a SYNC is due (5.11).',
  args: { ...ofGuest, policy: timePolicy, mayStepBack: bool },
  requires: [guestNotRunning, ['service-running', ['vm'], (m, a) => viewGuest(m, a).present]],
  effect(m, a) {
    const system = guestOf(m, a);
    system.present = true;
    system.policy = a.policy;
    system.mayStepBack = a.mayStepBack;
    system.syncDue = true;
  },
});

/** Files that were frozen stay so: nobody but the timeout thaws them. */
export const stopService = command({
  actor: 'guest',
  summary: 'A guest ends its integration service; what it has not answered stays open (5.11).',
  args: ofGuest,
  requires: [guestNotRunning, noService],
  effect(m, a) {
    const system = guestOf(m, a);
    system.present = false;
    system.message = { kind: 'none' };
    system.syncDue = false;
    system.mayStepBack = false;
  },
});

/** Sent when the service starts and after the VM was stopped. */
export const sendSync = command({
  actor: 'daemon',
  summary: 'The host tells a guest to set its clock, after a start or a stop (5.11 SYNC).',
  args: ofGuest,
  requires: [
    poweredOff,
    noService,
    disabled('time'),
    vmPaused,
    ['sync-not-due', ['vm'], (m, a) => !viewGuest(m, a).syncDue],
    ['message-pending', ['vm'], (m, a) => viewGuest(m, a).message.kind !== 'none'],
  ],
  effect(m, a) {
    const system = guestOf(m, a);
    system.message = { kind: 'sync', age: 0 };
    system.syncDue = false;
  },
});

/** A host may forget that a SYNC is due, and go on with samples. */
export const sendSample = command({
  actor: 'daemon',
  summary: 'The host tells a guest what time it is, for it to use as it likes (5.11 SAMPLE).',
  args: ofGuest,
  requires: [
    poweredOff,
    noService,
    disabled('time'),
    vmPaused,
    ['message-pending', ['vm'], (m, a) => viewGuest(m, a).message.kind !== 'none'],
  ],
  effect(m, a) {
    guestOf(m, a).message = { kind: 'sample', age: 0 };
  },
});

/** A SYNC is obeyed; of a sample each service makes what its policy says. */
export const readTime = command({
  actor: 'guest',
  summary: 'A guest makes use of the time that it was told (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    ['no-message', ['vm'], (m, a) => viewGuest(m, a).message.kind === 'none'],
  ],
  effect(m, a, c) {
    const system = guestOf(m, a);
    const { message, policy, drift } = system;
    const isFarBehind = behindBy(drift) >= c.size.implicit;
    const obeys =
      message.kind === 'sync' ||
      policy === 'follows-samples' ||
      (policy === 'implicit-sync' && isFarBehind);
    if (obeys) c.operation.setClock(m, a.vm, c.operation.lateness(message), c);
    if (message.kind === 'sync') system.mayStepBack = false;
    system.message = { kind: 'none' };
  },
});

export const setTimer = command({
  actor: 'guest',
  summary: 'A guest sets a timer, to fire when so many ticks of its clock have passed (5.11).',
  args: { ...ofGuest, ticks: int('timer', 1) },
  requires: [guestNotRunning, ['timer-set', ['vm'], (m, a) => viewGuest(m, a).timer > 0]],
  effect(m, a) {
    guestOf(m, a).timer = a.ticks;
  },
});

/** A guest that was stopped is not locked up: it asks whether it was, and starts to count anew. */
export const checkWatchdog = command({
  actor: 'guest',
  summary: 'A watchdog of a guest looks whether it was away for too long (5.11).',
  args: ofGuest,
  requires: [guestNotRunning],
  effect(m, a, c) {
    const system = guestOf(m, a);
    const isLate = system.unwatched >= c.size.watchdog;
    if (isLate && !system.stopped) c.emit({ type: 'watchdog-fired', vm: a.vm });
    system.stopped = false;
    system.unwatched = 0;
    system.wasPaused = false;
  },
});
