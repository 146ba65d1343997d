/** The virtual machine monitor: its subsystems on one or more hosts, put together. */
import {
  array,
  type CallOf,
  type Infer,
  index,
  lift,
  type Machine,
  type Model,
  record,
  ref,
  table,
} from '../machine/index.ts';
import {
  type Cpu,
  type CpuEvent,
  type CpuOperations,
  cpuCommands,
  cpuOperations,
  hostCpu,
  initialCpu,
} from './cpu/index.ts';
import {
  guestMemory,
  hostMemory,
  initialMemory,
  type Memory,
  type MemoryEvent,
  type MemoryOperations,
  memoryCommands,
  memoryOperations,
  vm,
} from './memory/index.ts';
import { scopes, type VmmSizes } from './scopes/index.ts';
import {
  guestServices,
  initialServices,
  type ServiceEvent,
  type ServiceOperations,
  type Services,
  serviceCommands,
  serviceOperations,
} from './service/index.ts';

/** A machine that VMs run on. There is one until they can migrate. */
export const host = index('host');

export const vmm = record({
  hosts: array(
    host,
    record({ memory: hostMemory, guests: array(vm, guestMemory), cpu: hostCpu }),
  ),
  services: guestServices,
});
export interface Vmm extends Infer<typeof vmm> {}
export interface VmmModel extends Model {
  readonly state: Vmm;
  readonly sizes: VmmSizes;
  readonly operations: MemoryOperations & CpuOperations & ServiceOperations;
  readonly event: MemoryEvent | CpuEvent | ServiceEvent;
}

const onHost = { host: ref(host) };
type OnHost = { readonly host: number };

/** The memory of one host, and of the guests that are there: what the rules of memory see. */
const memoryOf = (v: Vmm, a: OnHost): Memory => ({
  host: v.hosts.at(a.host).memory,
  guests: v.hosts.at(a.host).guests,
});
/** The CPUs of one host: what the rules of CPUs see. */
const cpuOf = (v: Vmm, a: OnHost): Cpu => v.hosts.at(a.host).cpu;
/** Guest systems on the CPUs of one host. */
const servicesOf = (v: Vmm, a: OnHost): Services => ({ cpu: cpuOf(v, a), guests: v.services });

export const vmmCommands = {
  ...lift(memoryCommands, onHost, memoryOf),
  ...lift(cpuCommands, onHost, cpuOf),
  ...lift(serviceCommands, onHost, servicesOf),
};
export type VmmCall = CallOf<typeof vmmCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedVmm extends VmmModel {
  readonly call: VmmCall;
}

export const vmmMachine: Machine<Vmm, typeof vmmCommands> = {
  name: 'vmm',
  version: 1,
  shape: vmm,
  commands: vmmCommands,
  operations: { ...memoryOperations, ...cpuOperations, ...serviceOperations },
  initial: (z: VmmSizes) => {
    // VMs begin on the first host.
    const others: VmmSizes = { ...z, booted: 0, online: 0 };
    return {
      hosts: table(z, host, (id) => {
        const { host: memory, guests } = initialMemory(id === 0 ? z : others);
        return { memory, guests, cpu: initialCpu(id === 0 ? z : others) };
      }),
      services: initialServices(z),
    };
  },
  scopes,
};
