/** What a migration counts, and what its policy makes of it (4.B.2, 4.B.3). */
import type { View } from '../../machine/index.ts';
import { cpuCommands } from '../cpu/index.ts';
import { isTaken } from '../memory/index.ts';
import {
  anyLeft,
  type C,
  guard,
  type HostId,
  inner,
  migrationOf,
  ofVm,
  type VmId,
  viewMemory,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { type Decision, policyOf, stopPolicies, throttleAfter } from './policies.ts';
import { type Cluster, downtimeMost, type Migration, periodMost, sentMost } from './state.ts';

type Size = C['size'];

/** Pages that a harvest would find now. */
function dirtyNow(m: WorldView, source: HostId, vm: VmId): number {
  const memory = viewMemory(m, source);
  const { pages } = memory.host.vms.at(vm);
  let dirty = 0;
  for (let page = 0; page < pages.length; page++) {
    if (pages.at(page).logged && !isTaken(memory, { vm, page })) dirty++;
  }
  return dirty;
}

/**
 * What the policy of the scope says now; null where there is none. It is asked when all that a round
 * had to send is sent, and of what is dirty at that moment.
 */
export function decision(m: WorldView, vm: VmId, size: Size): Decision | null {
  const policy = policyOf(size.policy);
  const { source, round, statistics } = m.cluster.migrations.at(vm);
  if (policy === null || source === null) return null;
  if (round === 0 || anyLeft(m, vm)) return 'go-on';
  const end = {
    ...{ rounds: round, dirty: dirtyNow(m, source, vm), sent: statistics.sent },
    dirtyBefore: round > 1 ? statistics.found : null,
    memory: m.hosts.at(source).memory.vms.at(vm).size,
    ...{ bandwidth: size.bandwidth, elapsed: statistics.elapsed },
  };
  const { downtime, timeout, few, rounds, factor } = size;
  const onTimeout = size.onTimeout === 1 ? 'freeze' : 'cancel';
  return stopPolicies[policy](end, { downtime, timeout, onTimeout, few, rounds, factor });
}

/** The guest is stopped at the source, and another host has not begun to run it. */
function standsStill({ ownership, migrations }: View<Cluster>, vm: VmId): boolean {
  const { phase, source } = migrations.at(vm);
  return !runsIn.includes(phase) && ownership.at(vm).lastRan === source;
}
const runsIn: readonly Migration['phase'][] = [
  ...(['idle', 'started', 'connected', 'target-created', 'copying', 'failing', 'aborted'] as const),
];

/** Something of a migration can be done in this tick: a page be sent or arrive, or a step be taken. */
export function canGoOn(m: WorldView, source: HostId, size: Size): boolean {
  return m.cluster.migrations.some((migration, vm) => {
    const { phase, statistics } = migration;
    if (migration.source !== source || !migration.connected) return false;
    if (phase !== 'copying' && phase !== 'harvested') return standsStill(m.cluster, vm);
    if (migration.toTarget.at(0).kind !== 'none') return true;
    if (!anyLeft(m, vm)) {
      return phase === 'harvested' || decision(m, vm, size) === 'go-on';
    }
    return size.bandwidth === 0 || statistics.carried < size.bandwidth;
  });
}

/** The channel has carried all that it can in a tick. */
export const bandwidthSpent = guard('bandwidth-spent', ofVm, (m, a, { size }) => {
  return size.bandwidth > 0 && viewMigration(m, a.vm).statistics.carried >= size.bandwidth;
});

/** A page was sent. */
export function countSent({ statistics, throttling }: Migration, size: Size): void {
  statistics.sent = Math.min(statistics.sent + 1, sentMost(size));
  if (size.bandwidth > 0) statistics.carried++;
  if (size.converge > 0) throttling.sent = Math.min(throttling.sent + 1, periodMost(size));
}

/** A harvest has found so many pages. Where nothing bounds the rounds, they are counted no further. */
export function countRound(m: World, vm: VmId, found: number, c: C): void {
  const migration = migrationOf(m, vm);
  const { statistics, throttling } = migration;
  migration.round = Math.min(migration.round + 1, c.size.rounds);
  if (policyOf(c.size.policy) === 'progress') statistics.found = found;
  if (c.size.converge === 0) return;
  throttling.dirtied = Math.min(throttling.dirtied + found, periodMost(c.size));
  if (throttling.ticks >= c.size.converge) slowDown(m, vm, c);
}

/** What the guest may use of its CPUs in a period, of all that they have; at least a tick. */
function ticksLeft(percent: number, { vcpus, pcpu, period }: Size): number {
  const most = Math.min(vcpus, pcpu) * period;
  return Math.max(Math.floor((most * (100 - percent)) / 100), 1);
}

/** At the end of a period a guest that dirtied too much gets less of its CPUs. 4.B.3. */
function slowDown(m: World, vm: VmId, c: C): void {
  const { source, throttling } = migrationOf(m, vm);
  if (source === null) return;
  const { percent, periods, dirtied, sent } = throttling;
  const next = throttleAfter({ percent, periods }, dirtied, sent);
  throttling.percent = next.percent;
  throttling.periods = next.periods;
  throttling.ticks = 0;
  throttling.dirtied = 0;
  throttling.sent = 0;
  if (next.percent === percent) return;
  const { cpu } = m.hosts.at(source);
  const { cap: own, reservation } = cpu.vms.at(vm);
  if (percent === 0) throttling.cap = own;
  // What it is promised it gets all the same.
  const left = Math.max(ticksLeft(next.percent, c.size), reservation);
  const cap = throttling.cap === 0 ? left : Math.min(left, throttling.cap);
  cpuCommands['cpu.set-cap'].effect(cpu, { vm, cap }, inner(c));
}

/** However a migration ends: its guest has all of its CPUs again. MIG-S10. */
export function letGo(m: World, vm: VmId, c: C): void {
  const { source, throttling } = migrationOf(m, vm);
  if (source === null || throttling.percent === 0) return;
  const { cpu } = m.hosts.at(source);
  cpuCommands['cpu.set-cap'].effect(cpu, { vm, cap: throttling.cap }, inner(c));
  throttling.percent = 0;
  throttling.periods = 0;
  throttling.cap = 0;
}

/** A tick of the source’s: migrations go by its clock. */
export function passTick(cluster: Cluster, source: HostId, size: Size): void {
  for (let vm = 0; vm < cluster.migrations.length; vm++) {
    const { source: from, phase, statistics, throttling } = cluster.migrations.at(vm);
    if (from !== source || phase === 'started' || phase === 'connected') continue;
    if (standsStill(cluster, vm)) {
      statistics.downtime = Math.min(statistics.downtime + 1, downtimeMost(size));
    }
    statistics.elapsed = Math.min(statistics.elapsed + 1, size.timeout);
    statistics.carried = 0;
    throttling.ticks = Math.min(throttling.ticks + 1, size.converge);
  }
}

export function forgetStatistics({ statistics, throttling }: Migration): void {
  statistics.elapsed = 0;
  statistics.sent = 0;
  statistics.found = 0;
  statistics.carried = 0;
  statistics.downtime = 0;
  throttling.percent = 0;
  throttling.periods = 0;
  throttling.ticks = 0;
  throttling.dirtied = 0;
  throttling.sent = 0;
  throttling.cap = 0;
}
