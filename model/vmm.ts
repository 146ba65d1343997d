/** The virtual machine monitor: its subsystems on one or more hosts, put together. */
import {
  type CallOf,
  type Context,
  type Infer,
  lift,
  type Machine,
  type Model,
  record,
  ref,
  table,
} from '../machine/index.ts';
import {
  type CpusOnMemory,
  coupledMemory,
  coupledServices,
  hosts,
  type MemoryOnCpus,
} from './coupling.ts';
import {
  type Cpu,
  type CpuEvent,
  type CpuOperations,
  cpuCommands,
  cpuOperations,
  initialCpu,
} from './cpu/index.ts';
import { host } from './host.ts';
import {
  cluster,
  initialMemory,
  type MemoryEvent,
  type MemoryOperations,
  memoryOperations,
} from './memory/index.ts';
import {
  clusters,
  initialCluster,
  type MigrationEvent,
  type MigrationModel,
  type MigrationOperations,
  migrationCommands,
  migrationOperations,
  type World,
  warmUp,
} from './migration/index.ts';
import { scopes, type VmmSizes } from './scopes/index.ts';
import {
  guestServices,
  initialServices,
  type ServiceEvent,
  type ServiceOperations,
  serviceOperations,
} from './service/index.ts';

export const vmm = record({
  hosts,
  clusters,
  services: guestServices,
});
export interface Vmm extends Infer<typeof vmm> {}
export interface VmmModel extends Model {
  readonly state: Vmm;
  readonly sizes: VmmSizes;
  readonly operations: MemoryOperations & CpuOperations & MigrationOperations & ServiceOperations;
  readonly event: MemoryEvent | CpuEvent | MigrationEvent | ServiceEvent;
}

const onHost = { host: ref(host) };
type OnHost = { readonly host: number };

/** The CPUs of one host: what the rules of CPUs see. */
const cpuOf = (v: Vmm, a: OnHost): Cpu => v.hosts.at(a.host).cpu;
/** The memory of one host, whose guests reach it from its CPUs. */
const memoryOnCpus = (v: Vmm, a: OnHost): MemoryOnCpus => {
  const { memory, guests, cpu } = v.hosts.at(a.host);
  return { host: memory, guests, cpu };
};
/** Guest systems on the CPUs of one host, whose VMs may wait for its memory. */
const servicesOf = (v: Vmm, a: OnHost): CpusOnMemory => ({
  cpu: cpuOf(v, a),
  guests: v.services,
  memory: v.hosts.at(a.host).memory,
  host: a.host,
  hosts: v.hosts,
  clusters: v.clusters,
});
/** All hosts, the cluster that they form, and the guests: what the rules of migration see. */
const worldOf = (v: Vmm): World => ({
  hosts: v.hosts,
  cluster: v.clusters.at(0),
  services: v.services,
});

export const vmmCommands = {
  ...lift(coupledMemory, onHost, memoryOnCpus),
  ...lift(cpuCommands, onHost, cpuOf),
  ...lift(migrationCommands, {}, worldOf),
  ...lift(coupledServices, onHost, servicesOf),
};
export type VmmCall = CallOf<typeof vmmCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedVmm extends VmmModel {
  readonly call: VmmCall;
}

const operations = {
  ...memoryOperations,
  ...cpuOperations,
  ...migrationOperations,
  ...serviceOperations,
};

export const vmmMachine: Machine<Vmm, typeof vmmCommands> = {
  name: 'vmm',
  version: 1,
  shape: vmm,
  commands: vmmCommands,
  operations,
  initial: (z: VmmSizes) => {
    // VMs begin on the first host.
    const others: VmmSizes = { ...z, booted: 0, online: 0 };
    const hosts = table(z, host, (id) => {
      const { host: memory, guests } = initialMemory(id === 0 ? z : others);
      return { memory, guests, cpu: initialCpu(id === 0 ? z : others) };
    });
    const quiet: Context<MigrationModel> = { size: z, operation: operations, emit: () => {} };
    if (z.cluster > 0) for (let id = 0; id < z.booted; id++) warmUp(hosts.at(0), id, quiet);
    return {
      hosts,
      clusters: table(z, cluster, () => initialCluster(z)),
      services: initialServices(z),
    };
  },
  scopes,
};
