/** The stream comes over a network, and is not to be trusted. Chapter 4.B, load validation. */
import { command, ofVm, viewMigration } from './model.ts';

/** Somebody changes the first message under way: what it names does not exist. */
export const tamper = command({
  actor: 'hardware',
  summary:
    'A message of a migration is changed on its way: it names a page that the VM does not have.',
  args: ofVm,
  requires: [
    ['nothing-under-way', ['vm'], (m, a) => viewMigration(m, a.vm).toTarget.at(0).kind === 'none'],
    ['already-changed', ['vm'], (m, a) => viewMigration(m, a.vm).toTarget.at(0).kind === 'bad'],
    ['losses-spent', [], (m) => m.cluster.losses === 0],
  ],
  effect(m, a) {
    m.cluster.migrations.at(a.vm).toTarget[0] = { kind: 'bad' };
    m.cluster.losses--;
  },
});
