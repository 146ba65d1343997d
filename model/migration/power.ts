/** Guests that shut down and are reset, also while they move. Chapter 4.B, 4.F: carried as run state. */
import { hasTurn, isOff, resetVcpus, switchOff } from '../cpu/index.ts';
import { command, guard, homeOf, inner, ofVm } from './model.ts';

/** No host runs the VM: it is carried over, or lost. */
const notRunning = guard('not-running', ofVm, (m, a) => homeOf(m, a.vm) === null);

export const shutDown = command({
  actor: 'guest',
  summary: 'A guest shuts down: none of its vCPUs does anything until it is reset (4.B).',
  args: ofVm,
  requires: [
    notRunning,
    [
      'guest-not-running',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return at !== null && !hasTurn(m.hosts.at(at).cpu, a.vm);
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at !== null) switchOff(m.hosts.at(at).cpu, a.vm, inner(c));
  },
});

export const reset = command({
  actor: 'host',
  summary: 'A host resets a VM whose guest has shut down: it begins again (4.B).',
  args: ofVm,
  requires: [
    notRunning,
    [
      'not-shut-down',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return at !== null && !isOff(m.hosts.at(at).cpu, a.vm);
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at !== null) resetVcpus(m.hosts.at(at).cpu, a.vm, inner(c));
  },
});
