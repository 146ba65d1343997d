/**
 * How properties read a cluster: from the hosts' own tables and the channels, not by the model's
 * helpers, so that a fault in one of those does not hide.
 */
import { type Change, propertiesOf, type View } from '../../machine/index.ts';
import type { CheckedMigration, MigrationCall, World } from '../../model/index.ts';
import { contentAt } from '../memory/reading.ts';

export const property = propertiesOf<CheckedMigration>();

export type Reading = View<World>;
export type MigrationChange = Change<CheckedMigration>;
type ElementOf<T> = T extends { at(id: never): infer X } ? X : never;
export type MigrationReading = ElementOf<Reading['cluster']['migrations']>;

/** Names of commands that must exist. */
export const kinds = <K extends MigrationCall['kind']>(...names: readonly K[]): readonly K[] =>
  names;

/** Every command of this chapter. */
export const steps = [
  ...(['migration.*', 'stopcopy.*', 'postcopy.*', 'failure.*', 'crash.*'] as const),
  ...(['hint.*', 'stream.*', 'device.*', 'upgrade.*', 'managed.*'] as const),
  ...(['power.*', 'queue.*'] as const),
];

/** The VM executes on a host. */
export function runs({ hosts }: Reading, at: number, vm: number): boolean {
  const { vms, stopped } = hosts.at(at).memory;
  return vms.at(vm).state === 'running' && !stopped.some((each) => each.at(vm));
}

/** A host has something of a VM: all of it, or a part that arrives. */
export const isOn = ({ hosts }: Reading, at: number, vm: number): boolean =>
  hosts.at(at).memory.vms.at(vm).state !== 'absent';

/** What a read of a page of a VM would find on a host. */
export function contentOn({ hosts }: Reading, at: number, vm: number, page: number): number {
  const { memory, guests } = hosts.at(at);
  return contentAt({ host: memory, guests }, memory.vms.at(vm).pages.at(page).at);
}

/** Whether the host has taken the memory behind a page: what it held means nothing. */
export const isTaken = ({ kind }: { readonly kind: string }): boolean =>
  kind === 'ballooned' || kind === 'reported';

/** Whether a page was not sent for a hint, and its guest has not written it since. */
export function isHinted(m: Reading, vm: number, at: number, page: number): boolean {
  const skipped = m.cluster.hinting.at(vm).some((each) => each.skipped.at(page));
  return skipped && m.hosts.at(at).guests.at(vm).unspecified.at(page);
}

/** The two hosts of a migration while it is one: the guest has not begun to run on the target. */
export function underWay(m: Reading, vm: number): { source: number; target: number } | null {
  const { source, target } = m.cluster.migrations.at(vm);
  if (source === null || target === null) return null;
  return m.cluster.ownership.at(vm).lastRan === source ? { source, target } : null;
}

/** The two hosts of a migration whose guest runs on the target, while the source is not done yet. */
export function movedOn(m: Reading, vm: number): { source: number; target: number } | null {
  const { source, target } = m.cluster.migrations.at(vm);
  if (source === null || target === null) return null;
  return m.cluster.ownership.at(vm).lastRan === target ? { source, target } : null;
}

/** A page of a VM on a host is yet to come from another. */
export const isMissing = ({ hosts }: Reading, at: number, vm: number, page: number): boolean =>
  hosts.at(at).memory.vms.at(vm).pages.at(page).at.kind === 'missing';

/** The host on which a VM began to run by this command, or -1. */
export function startedOn({ before, after, size }: MigrationChange, vm: number): number {
  for (let h = 0; h < size.host; h++) if (!runs(before, h, vm) && runs(after, h, vm)) return h;
  return -1;
}

/** The VM of a command that began to run on another host, and both hosts; or null. */
export function handedOver(change: MigrationChange) {
  const { before, call } = change;
  if (!('vm' in call.args)) return null;
  const { vm } = call.args;
  const { source, target } = before.cluster.migrations.at(vm);
  if (source === null || target === null || startedOn(change, vm) !== target) return null;
  return { vm, source, target };
}

export const named = (vm: number, host: number): string => `VM ${vm} on host ${host}`;
