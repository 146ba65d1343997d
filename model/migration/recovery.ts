/**
 * A post-copy whose connection was lost is paused on both sides, and goes on over a new one, again and
 * again. Nobody may give it up: part of the VM is here, part of it there. Chapter 4.B.5.
 */
import { reply, send } from './channel.ts';
import {
  type C,
  command,
  guard,
  migrationOf,
  ofVm,
  type PageId,
  phaseIs,
  postcopyPhase,
  type VmId,
  type World,
} from './model.ts';
import type { Migration } from './state.ts';

const targetIs = (...expected: readonly ReturnType<typeof postcopyPhase>[]) =>
  guard('wrong-target-phase', ofVm, (m, a) => !expected.includes(postcopyPhase(m, a.vm)));

export const listen = command({
  actor: 'host',
  summary: 'The target of a paused post-copy waits for a new connection (4.B.5 recoverListen).',
  args: ofVm,
  requires: [targetIs('paused')],
  effect(m, a) {
    for (const target of migrationOf(m, a.vm).postcopy) target.phase = 'listening';
  },
});

/** The target says at once what it has. */
export const recover = command({
  actor: 'host',
  summary: 'The source of a paused post-copy connects again, and is told what is there (4.B.5).',
  args: ofVm,
  requires: [phaseIs('paused'), targetIs('listening')],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    migration.connected = true;
    migration.phase = 'recovering';
    for (const target of migration.postcopy) target.phase = 'recovering';
    reply(migration, a.vm, { kind: 'bitmap' }, c);
  },
});

/** What is not there has to be sent (again). Nothing arrives before, so the bitmap is read now. */
export function resume(m: World, vm: VmId, c: C): void {
  const migration = migrationOf(m, vm);
  for (const p of c.operation.unreceived(m, vm)) migration.send[p] = true;
  for (const { urgent } of migration.postcopy) clear(urgent);
  send(migration, vm, { kind: 'resume' }, c);
}

/** The target goes on: what it had asked for it asks for again. */
export function goOn(m: World, vm: VmId, c: C): void {
  const migration = migrationOf(m, vm);
  for (const target of migration.postcopy) {
    target.phase = 'running';
    clear(target.requested);
  }
  reply(migration, vm, { kind: 'resumed' }, c);
}

/** A page that the target asks for goes first, unless it is on its way already. */
export function noteRequest(migration: Migration, page: PageId): void {
  for (const { urgent } of migration.postcopy) urgent[page] = migration.send.at(page);
}

export function forgetPostcopy({ postcopy }: Migration): void {
  for (const target of postcopy) {
    target.phase = 'none';
    clear(target.awaited);
    clear(target.requested);
    clear(target.urgent);
  }
}

function clear(pages: { readonly length: number; [page: number]: boolean }): void {
  for (let p = 0; p < pages.length; p++) pages[p] = false;
}
