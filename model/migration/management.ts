/**
 * What somebody does who moves VMs from afar: sets how they move, and cancels it. Chapter 5.B, MIG-X17, X28.
 *
 * Whatever comes of a migration, it is over only when the source has cleaned up, and only then is that
 * told: until then the status is `failing`, or `cancelling`, and what was set stays as it is.
 */
import { bool } from '../../machine/index.ts';
import {
  beforeRelease,
  command,
  guard,
  homeOf,
  ofVm,
  type VmId,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';

const viewManagement = (m: WorldView, vm: VmId) => m.cluster.management.at(vm);

export const setMultifd = command({
  actor: 'host',
  summary: 'A management sets whether pages go over connections of their own (5.B).',
  args: { ...ofVm, on: bool },
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    ['migration-in-progress', ['vm'], (m, a, c) => c.operation.isUnderWay(m, a.vm)],
    [
      'already-so',
      ['vm', 'on'],
      (m, a) => viewManagement(m, a.vm).every(({ multifd }) => multifd === a.on),
    ],
  ],
  effect(m, a) {
    for (const each of m.cluster.management.at(a.vm)) each.multifd = a.on;
  },
});

/** QEMU: `query-migrate` says that a migration is running. One that is failing is. */
export const isUnderWay = (m: WorldView, vm: VmId): boolean => viewMigration(m, vm).source !== null;

/** It is asked for before the source has begun, or while it does something else: it has to wait. */
export const cancel = command({
  actor: 'host',
  summary: 'A management posts a cancellation, of which the source will learn (MIG-L4).',
  args: ofVm,
  requires: [
    ['not-migrating', ['vm'], (m, a) => viewMigration(m, a.vm).source === null],
    beforeRelease,
    ['already-cancelled', ['vm'], (m, a) => isCancelled(m, a.vm)],
  ],
  effect(m, a) {
    for (const each of m.cluster.management.at(a.vm)) each.cancelled = true;
  },
});

/** A cancellation waits for the source. */
export const isCancelled = (m: WorldView, vm: VmId): boolean =>
  viewManagement(m, vm).some(({ cancelled }) => cancelled);
export const cancelled = guard('cancelled', ofVm, (m, a) => isCancelled(m, a.vm));

/** The source looks up from what it does: whatever was posted, the migration is over. */
export function heedCancel(m: World, vm: VmId): void {
  for (const each of m.cluster.management.at(vm)) each.cancelled = false;
}

export function openChannels(m: World, vm: VmId): void {
  for (const each of m.cluster.management.at(vm)) each.channels = each.multifd;
}

/** QEMU asks the capability when it cleans up, and not whether anything is open. */
export function closeChannels(m: World, vm: VmId): void {
  for (const each of m.cluster.management.at(vm)) if (each.multifd) each.channels = false;
}

/** The process of the VM has ended: another begins with what is set by default. */
export function forgetManagement(m: World, vm: VmId): void {
  heedCancel(m, vm);
  for (const each of m.cluster.management.at(vm)) {
    each.multifd = false;
    each.channels = false;
  }
}
