/** Every property of the VMM. */
import { liftProperty, type Model, type Places, type Property } from '../machine/index.ts';
import type {
  CheckedCpu,
  CheckedMemory,
  CheckedMigration,
  CheckedServices,
  CheckedVmm,
} from '../model/index.ts';
import { type CheckedHost, couplingProperties } from './coupling.ts';
import { cpuProperties } from './cpu.ts';
import { memoryProperties } from './memory.ts';
import { migrationProperties } from './migration.ts';
import { serviceProperties } from './service.ts';
import { transparencyProperties } from './transparency.ts';

const onHost = {
  count: (size: CheckedVmm['sizes']) => size.host,
  of: ({ call }: { readonly call: CheckedVmm['call'] }) =>
    'host' in call.args ? call.args.host : -1,
  args: ['host'],
};
/** The memory of each host, its CPUs, and the guest systems on these. */
const memories: Places<CheckedVmm, CheckedMemory> = {
  ...onHost,
  at: (state, i) => {
    const { memory, guests } = state.hosts.at(i);
    return { host: memory, guests };
  },
};
const cpus: Places<CheckedVmm, CheckedCpu> = {
  ...onHost,
  at: (state, i) => state.hosts.at(i).cpu,
};
const services: Places<CheckedVmm, CheckedServices> = {
  ...onHost,
  at: ({ hosts, services: guests, clusters }, i) => {
    const { cpu } = hosts.at(i);
    return { cpu, guests, host: i, clusters };
  },
};
/** The hosts of each cluster. */
const clusters: Places<CheckedVmm, CheckedMigration> = {
  count: (size) => size.cluster,
  of: () => 0,
  args: [],
  at: ({ hosts, clusters, services }, i) => ({ hosts, cluster: clusters.at(i), services }),
};

const hosts: Places<CheckedVmm, CheckedHost> = { ...onHost, at: (state, i) => state.hosts.at(i) };

/**
 * Commands of one subsystem see no other: they cannot make its properties false. Said of the part's
 * properties, since what was lifted is known by its object.
 */
const about =
  (...families: readonly string[]) =>
  <M extends Model>(property: Property<M>): Property<M> => ({
    commands: 'refused' in property ? [property.refused.command] : families,
    ...property,
  });

/**
 * What every run of memory comes to takes a VMM that works whenever it has work. Where it needs a CPU
 * for that it may be kept from it for ever, and MIX-L1 says what is promised.
 */
function whereUncoupled(property: Property<CheckedVmm>): Property<CheckedVmm> {
  if (property.kind !== 'eventually' && property.kind !== 'leads-to') return property;
  const instances = (size: CheckedVmm['sizes']): number =>
    size.coupled === 1 ? 0 : (property.instances?.(size) ?? 1);
  return { ...property, instances };
}

export const vmmProperties: readonly Property<CheckedVmm>[] = [
  ...memoryProperties
    .map(about('memory.*', 'record.*'))
    .map((each) => whereUncoupled(liftProperty(memories, each))),
  ...cpuProperties.map(about('cpu.*')).map((each) => liftProperty(cpus, each)),
  ...serviceProperties
    .map(about('service.*', 'cpu.tick'))
    .map((each) => liftProperty(services, each)),
  ...migrationProperties
    .map(about('migration.*', 'stopcopy.*', 'postcopy.*', 'crash.*', 'upgrade.*', 'managed.*'))
    .map((each) => liftProperty(clusters, each)),
  ...couplingProperties.map((each) => liftProperty(hosts, each)),
  ...transparencyProperties,
];
