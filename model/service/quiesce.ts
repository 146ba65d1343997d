/** Quiescing: a guest's files stand still while its host takes a snapshot of the disk. 5.11. */
import { int } from '../../machine/index.ts';
import {
  command,
  disabled,
  guestNotRunning,
  guestOf,
  noService,
  ofGuest,
  poweredOff,
  type Services,
  viewGuest,
} from './model.ts';

export const freezeFiles = command({
  actor: 'host',
  summary:
    'The host asks a guest to hold its files still, for so many ticks at most (5.11 Freeze).',
  args: { ...ofGuest, timeout: int('freeze', 1) },
  requires: [
    poweredOff,
    noService,
    disabled('quiesce'),
    ['quiesce-active', ['vm'], (m, a) => viewGuest(m, a).files !== 'thawed'],
  ],
  effect(m, a) {
    const system = guestOf(m, a);
    system.files = 'freezing';
    system.thawsIn = a.timeout;
  },
});

/** What was written is on the disk before the guest says so. */
export const acknowledgeFreeze = command({
  actor: 'guest',
  summary: 'A guest has flushed its files, and holds back who would write (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    noService,
    ['not-freezing', ['vm'], (m, a) => viewGuest(m, a).files !== 'freezing'],
  ],
  effect(m, a, c) {
    c.operation.flush(m, a.vm);
    guestOf(m, a).files = 'frozen';
  },
});

export function flush(m: Services, id: number): void {
  m.guests.at(id).unflushed = false;
}

export const thawFiles = command({
  actor: 'host',
  summary: 'The host lets a guest go on with its files (5.11 Thaw).',
  args: ofGuest,
  requires: [['not-quiesced', ['vm'], (m, a) => viewGuest(m, a).files === 'thawed']],
  effect(m, a, c) {
    const system = guestOf(m, a);
    system.files = 'thawed';
    system.thawsIn = 0;
    c.emit({ type: 'thawed', vm: a.vm, by: 'host' });
  },
});

export const writeFile = command({
  actor: 'guest',
  summary: 'A guest writes to a file; who would write to frozen files waits (5.11).',
  args: ofGuest,
  requires: [
    guestNotRunning,
    ['files-frozen', ['vm'], (m, a) => viewGuest(m, a).files === 'frozen'],
  ],
  effect(m, a, c) {
    guestOf(m, a).unflushed = true;
    c.emit({ type: 'file-written', vm: a.vm });
  },
});

export const takeSnapshot = command({
  actor: 'host',
  summary:
    'The host takes a snapshot of the disk; only of frozen files is it more than after a crash (5.11).',
  args: ofGuest,
  requires: [poweredOff],
  effect(m, a, c) {
    const consistent = viewGuest(m, a).files === 'frozen' ? 'application' : 'crash';
    c.emit({ type: 'snapshot-taken', vm: a.vm, consistent });
  },
});
