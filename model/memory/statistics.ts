/** Guest statistics: one buffer that goes to and fro between host and driver. Chapter 3.0. */
import { command, guestOf, hostVm, noSuchVm, ofVm, viewVm, vmStalled, vmStopped } from './model.ts';

/** The host returns the statistics buffer to ask for fresh numbers. */
export const requestStatistics = command({
  actor: 'host',
  summary: 'The host returns the one statistics buffer to the guest (3.0 ReportStats).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['buffer-outstanding', ['vm'], (m, a) => viewVm(m, a.vm).balloon.statistics !== 'host'],
  ],
  effect(m, a) {
    hostVm(m, a.vm).balloon.statistics = 'guest';
  },
});

/** The guest fills the buffer and sends it. */
export const sendStatistics = command({
  actor: 'guest',
  summary: 'The guest sends its statistics in the buffer it was given (3.0 ReportStats).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['no-buffer', ['vm'], (m, a) => viewVm(m, a.vm).balloon.statistics !== 'guest'],
  ],
  effect(m, a) {
    const { balloon } = hostVm(m, a.vm);
    balloon.statistics = 'host';
    let free = 0;
    for (const use of guestOf(m, a.vm).use) if (use === 'free') free++;
    balloon.reportedFree = free;
  },
});
