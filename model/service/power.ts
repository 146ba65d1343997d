/** How guest systems begin and end: in order, or by pulling the plug. 5.11. */
import { bool, int } from '../../machine/index.ts';
import { endSystem } from './initial.ts';
import {
  command,
  disabled,
  guestNotRunning,
  guestOf,
  noService,
  ofGuest,
  poweredOff,
  viewGuest,
} from './model.ts';
import { clockSource, feature } from './state.ts';

/** It takes its time of day from the clock of the board, which may be ahead. */
export const boot = command({
  actor: 'host',
  summary: 'A guest system begins, by the clock of its board (5.11).',
  args: { ...ofGuest, clock: clockSource, ahead: int('ahead') },
  requires: [['already-on', ['vm'], (m, a) => viewGuest(m, a).system !== 'off']],
  effect(m, a) {
    const system = guestOf(m, a);
    system.system = 'up';
    system.clock = a.clock;
    if (a.ahead > 0) system.drift = { kind: 'ahead', by: a.ahead };
  },
});

export const setFeature = command({
  actor: 'host',
  summary: 'The host turns a part of the integration service on or off (5.11).',
  args: { ...ofGuest, feature, on: bool },
  requires: [
    ['no-change', ['vm', 'feature', 'on'], (m, a) => viewGuest(m, a).enabled[a.feature] === a.on],
  ],
  effect(m, a) {
    guestOf(m, a).enabled[a.feature] = a.on;
  },
});

export const requestShutdown = command({
  actor: 'host',
  summary: 'The host asks a guest to shut down, and waits (5.11).',
  args: ofGuest,
  requires: [
    poweredOff,
    noService,
    disabled('shutdown'),
    ['shutdown-requested', ['vm'], (m, a) => viewGuest(m, a).shutdown !== 'none'],
  ],
  effect(m, a, c) {
    const system = guestOf(m, a);
    system.shutdown = 'requested';
    system.patience = c.size.shutdown;
  },
});

export const acknowledgeShutdown = command({
  actor: 'guest',
  summary: 'A guest says that it is going to shut down (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    noService,
    ['not-requested', ['vm'], (m, a) => viewGuest(m, a).shutdown !== 'requested'],
  ],
  effect(m, a) {
    guestOf(m, a).shutdown = 'acknowledged';
  },
});

/** The host has its answer before the guest goes. */
export const shutDown = command({
  actor: 'guest',
  summary: 'A guest flushes its files and powers off, after it has said so (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    ['not-acknowledged', ['vm'], (m, a) => viewGuest(m, a).shutdown !== 'acknowledged'],
  ],
  effect(m, a, c) {
    c.operation.flush(m, a.vm);
    endSystem(m, a.vm, c);
  },
});

export const powerOff = command({
  actor: 'host',
  summary: 'The host powers a VM off, whatever its guest has not flushed (5.11 PowerOff).',
  args: ofGuest,
  requires: [poweredOff, ['shutdown-pending', ['vm'], (m, a) => viewGuest(m, a).patience > 0]],
  effect(m, a, c) {
    endSystem(m, a.vm, c);
  },
});
