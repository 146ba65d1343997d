/**
 * Where memory and CPUs of a host meet (chapter 6: X3, X4, X6). Guests reach their memory only while
 * a vCPU of theirs has a CPU, and the VMM works in the background only while a thread of its own has.
 * The tick hears which VMs wait for a page. Rules of memory change no CPU, and rules of CPUs no memory.
 */
import {
  array,
  type Context,
  guardsOf,
  type Infer,
  type Model,
  ref,
  requireAlso,
} from '../machine/index.ts';
import { type Cpu, cpuCommands, heedMemory } from './cpu/index.ts';
import { host, hostState } from './host.ts';
import {
  type HostMemory,
  type Memory,
  memoryCommands,
  recordCommands,
  vm,
} from './memory/index.ts';
import { canGoOn, type clusters, passTick } from './migration/index.ts';
import type { VmmSizes } from './scopes/index.ts';
import {
  guest,
  isElsewhere,
  isStopped,
  ofCpus,
  onCpus,
  type ServiceModel,
  type Services,
  serviceCommands,
} from './service/index.ts';

export const hosts = array(host, hostState);

/** Memory of a host, and the CPUs that its guests reach it from. */
export interface MemoryOnCpus extends Memory {
  readonly cpu: Cpu;
}
interface MemoryModelOnCpus extends Model {
  readonly state: MemoryOnCpus;
  readonly sizes: VmmSizes;
}
const guard = guardsOf<MemoryModelOnCpus>();

const guestNotRunning = guard(
  'guest-not-running',
  { vm: ref(vm) },
  ({ cpu }, a, { size }) =>
    size.coupled === 1 &&
    cpu.threads.every(({ vm: of, state }) => of !== a.vm || state.kind !== 'running'),
);
const vmmNotRunning = guard(
  'vmm-not-running',
  {},
  ({ cpu }, _a, { size }) =>
    size.coupled === 1 &&
    cpu.threads.every(({ vm: of, state }) => of !== null || state.kind !== 'running'),
);

/** What is done in the background; a page that a guest waits for is brought on the guest's time. */
const background = [
  'memory.scan-page',
  'memory.end-scan',
  'memory.merge-page',
  'memory.swap-out-begin',
  'memory.swap-out-end',
  'memory.swap-out-clean',
];

/** The commands of memory, as hosts with CPUs take them. */
const ofMemory = { ...memoryCommands, ...recordCommands };
const ofGuests = requireAlso(
  ofMemory,
  (kind, { actor }) => actor === 'guest' || kind === 'record.write',
  guestNotRunning,
);
export const coupledMemory = requireAlso(
  ofGuests,
  (kind) => background.includes(kind),
  vmmNotRunning,
);

/** CPUs and guest systems of a host, the memory that its VMs may wait for, and where they move to. */
export interface CpusOnMemory extends Services {
  readonly memory: HostMemory;
  readonly hosts: Infer<typeof hosts>;
  readonly clusters: Infer<typeof clusters>;
}
interface CpusModelOnMemory extends Model {
  readonly state: CpusOnMemory;
  readonly sizes: VmmSizes;
}

/** Where the source of a migration is as fast as it can be, time passes only when it has to wait. */
const sourceHasWork = guardsOf<CpusModelOnMemory>()(
  'source-has-work',
  {},
  ({ host, hosts, clusters, guests: services }, _a, { size }) =>
    size.eager === 1 &&
    clusters.some((cluster) => canGoOn({ hosts, cluster, services }, host, size)),
);

/** What a VM is made of stays as it was when its migration began, until that is over. MIG-A9. */
const migrationInProgress = guardsOf<CpusModelOnMemory>()(
  'migration-in-progress',
  { vm: ref(vm) },
  ({ clusters }, a) => clusters.some(({ migrations }) => migrations.at(a.vm).phase !== 'idle'),
);
const shaping = ['cpu.set-vcpus', 'service.take-snapshot'];

const { 'cpu.tick': tick, ...ofGuestSystems } = serviceCommands;
const services = requireAlso(
  {
    ...ofGuestSystems,
    'cpu.set-vcpus': onCpus(cpuCommands['cpu.set-vcpus']),
    'cpu.pause-vm': onCpus(cpuCommands['cpu.pause-vm']),
  },
  (kind) => shaping.includes(kind),
  migrationInProgress,
);
/** The host that runs a guest asks and tells it things: no other, and none while it is carried over. */
const guestNotHere = guardsOf<ServiceModel>()(
  'guest-not-here',
  { vm: ref(guest) },
  (m, a) => isElsewhere(m, a.vm) || isStopped(m, a.vm),
);
/** A guest acts where it runs, and one that is elsewhere counts as paused here. */
const servicesHere = requireAlso(
  services,
  (_, { actor, requires }) => actor !== 'guest' && requires.every(([code]) => code !== 'vm-paused'),
  guestNotHere,
);

/**
 * A tick first hears which VMs wait for pages: what they had of it they could not use. Migrations go
 * by the ticks of their source.
 */
const ofServices = {
  ...servicesHere,
  'cpu.tick': {
    ...tick,
    effect(
      m: CpusOnMemory,
      a: Record<never, never>,
      c: Context<ServiceModel & { readonly sizes: VmmSizes }>,
    ): void {
      for (const each of m.clusters) passTick(each, m.host, c.size);
      for (let id = 0; c.size.coupled === 1 && id < m.cpu.vms.length; id++) {
        heedMemory(m.cpu, id, m.memory.vms.at(id).stalled !== null, ofCpus(c));
      }
      tick.effect(m, a, c);
    },
  },
};
export const coupledServices = requireAlso(
  ofServices,
  (kind) => kind === 'cpu.tick',
  sourceHasWork,
);
