/** What a step changed of a cluster, by the names that its state gives to it. */
import { changedFields, changedMembers } from '../../machine/index.ts';
import {
  clusterState,
  copiesState,
  deviceState,
  hintingState,
  managementState,
  migrationState,
  ownershipState,
  postcopyState,
} from '../../model/index.ts';
import type { MigrationChange, Reading } from './reading.ts';

type ElementOf<T> = T extends { at(id: never): infer X } ? X : never;
type FieldOf<T> = keyof ElementOf<T> & string;
type Cluster = Reading['cluster'];
type Copies = ElementOf<Cluster['hosts']>;
type OfCopies =
  | Exclude<FieldOf<Cluster['hosts']>, 'cutOff' | 'version' | 'devices'>
  | FieldOf<Copies['devices']>;

/**
 * A place of the state: of the migration of a VM, of who may run it, of what the host that ran it last
 * (`here`) or another (`there`) has of it, or of the cluster itself.
 */
export type Place =
  | Exclude<FieldOf<Cluster['migrations']>, 'postcopy'>
  | `postcopy.${FieldOf<ElementOf<Cluster['migrations']>['postcopy']>}`
  | `hinting.${FieldOf<ElementOf<Cluster['hinting']>>}`
  | `managed.${FieldOf<ElementOf<Cluster['management']>>}`
  | FieldOf<Cluster['ownership']>
  | `${'here' | 'there'}.${OfCopies}`
  | 'cutOff'
  | 'version'
  | Exclude<keyof Cluster, (typeof byVm)[number] | 'hosts'>;
/** Kept by VM, and by what is within. */
const byVm = ['migrations', 'ownership', 'hinting', 'management'] as const;
const isByVm = (place: keyof Cluster): place is (typeof byVm)[number] =>
  byVm.some((each) => each === place);

/** A place that a step changed, and the VM that it is of; null where it is of none. */
export interface Touched {
  readonly vm: number | null;
  readonly place: Place;
}

export function touched(change: MigrationChange): readonly Touched[] {
  const [from, to] = [change.before.cluster, change.after.cluster];
  if (Object.is(from, to)) return [];
  const found: Touched[] = [];
  for (const place of changedFields(clusterState, from, to)) {
    if (place === 'hosts') found.push(...copiesTouched(change));
    else if (place === 'booted') {
      for (const vm of changedMembers(clusterState, place, from, to)) found.push({ vm, place });
    } else if (!isByVm(place)) found.push({ vm: null, place });
  }
  for (let vm = 0; vm < change.size.vm; vm++) {
    for (const place of touchedOf(from, to, vm)) found.push({ vm, place });
  }
  return found;
}

/** Of one VM: its migration, its owner, its hints, and what its management has set. */
function* touchedOf(from: Cluster, to: Cluster, vm: number): Generator<Place> {
  const [old, now] = [from.migrations.at(vm), to.migrations.at(vm)];
  for (const field of changedFields(migrationState, old, now)) {
    if (field !== 'postcopy') yield field;
    else {
      for (const i of changedMembers(migrationState, field, old, now)) {
        const fields = changedFields(postcopyState, old.postcopy.at(i), now.postcopy.at(i));
        yield* fields.map((inner): Place => `postcopy.${inner}`);
      }
    }
  }
  yield* changedFields(ownershipState, from.ownership.at(vm), to.ownership.at(vm));
  const hints = to.hinting.at(vm);
  for (const [i, was] of [...from.hinting.at(vm)].entries()) {
    yield* changedFields(hintingState, was, hints.at(i)).map((inner): Place => `hinting.${inner}`);
  }
  const set = to.management.at(vm);
  for (const [i, was] of [...from.management.at(vm)].entries()) {
    yield* changedFields(managementState, was, set.at(i)).map((inner): Place => `managed.${inner}`);
  }
}

/** A vCPU is of its VM; all else that a host has is kept by VM, but for what it is itself. */
function copiesTouched({ before, after, size }: MigrationChange): readonly Touched[] {
  const found: Touched[] = [];
  for (let h = 0; h < size.host; h++) {
    const [from, to] = [before.cluster.hosts.at(h), after.cluster.hosts.at(h)];
    for (const field of changedFields(copiesState, from, to)) {
      if (field === 'cutOff' || field === 'version') found.push({ vm: null, place: field });
      else {
        for (const member of changedMembers(copiesState, field, from, to)) {
          const vm = field === 'vcpus' ? before.hosts.at(h).cpu.threads.at(member).vm : member;
          const here = vm !== null && before.cluster.ownership.at(vm).lastRan === h;
          const fields =
            field === 'devices'
              ? changedFields(deviceState, from.devices.at(member), to.devices.at(member))
              : [field];
          for (const each of fields)
            found.push({ vm, place: `${here ? 'here' : 'there'}.${each}` });
        }
      }
    }
  }
  return found;
}
