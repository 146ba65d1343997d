/** Heartbeats: whether a guest still does anything, and what its host may conclude. 5.11. */

import { endSystem } from './initial.ts';
import {
  command,
  disabled,
  type GuestSystemView,
  guestNotRunning,
  guestOf,
  noService,
  ofGuest,
  poweredOff,
  viewGuest,
  vmPaused,
} from './model.ts';
import type { ServiceSizes } from './state.ts';

export const sendHeartbeat = command({
  actor: 'daemon',
  summary: 'The host asks a guest for a sign of life, once an interval (5.11).',
  args: ofGuest,
  requires: [
    poweredOff,
    noService,
    disabled('heartbeat'),
    vmPaused,
    ['too-early', ['vm'], (m, a, c) => viewGuest(m, a).sinceBeat < c.size.heartbeat],
  ],
  effect(m, a) {
    const system = guestOf(m, a);
    system.unanswered = Math.min(system.unanswered + 1, 2);
    system.sinceBeat = 0;
  },
});

export const answerHeartbeat = command({
  actor: 'guest',
  summary: 'A guest gives a sign of life (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    noService,
    ['nothing-to-answer', ['vm'], (m, a) => viewGuest(m, a).unanswered === 0],
  ],
  effect(m, a) {
    const system = guestOf(m, a);
    system.heard = true;
    system.unanswered = 0;
    system.silence = 'none';
  },
});

/** Two heartbeats and their intervals without an answer, of a guest that had answered before. */
const isLost = (system: GuestSystemView, { heartbeat }: ServiceSizes): boolean =>
  system.heard && system.unanswered === 2 && system.sinceBeat >= heartbeat;

/** What could not answer for want of a CPU would be no better after a restart. */
export const restartVm = command({
  actor: 'daemon',
  summary: 'The host starts a guest anew whose heartbeats are lost, unless it starves (5.11).',
  args: ofGuest,
  requires: [
    poweredOff,
    vmPaused,
    ['heartbeat-not-lost', ['vm'], (m, a, c) => !isLost(viewGuest(m, a), c.size)],
    ['vm-starved', ['vm'], (m, a) => viewGuest(m, a).silence === 'starved'],
  ],
  effect(m, a, c) {
    endSystem(m, a.vm, c);
    guestOf(m, a).system = 'up';
  },
});

/** Nothing of it answers any more. Its host does not see that. */
export const crash = command({
  actor: 'guest',
  summary: 'A guest system crashes; its VM goes on (5.11).',
  args: ofGuest,
  requires: [guestNotRunning],
  effect(m, a) {
    guestOf(m, a).system = 'crashed';
  },
});
