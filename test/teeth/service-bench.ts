/** The bench of guest systems. */
import { serviceProperties } from '../../invariants/index.ts';
import { int, lift, type Machine, record, table } from '../../machine/index.ts';
import {
  type CpuCall,
  cluster,
  clusters,
  cpuCommands,
  cpuOperations,
  guestServices,
  hostCpu,
  initialCluster,
  initialCpu,
  initialServices,
  type ServiceCall,
  type Services,
  scopes,
  serviceCommands,
  serviceOperations,
} from '../../model/index.ts';
import { bench, callsOf, type Forced } from './bench.ts';

/** Guest systems on the CPUs of one host, as a machine of their own. */
export const serviceMachine: Machine<Services> = {
  name: 'services',
  version: 1,
  shape: record({ cpu: hostCpu, guests: guestServices, host: int(0), clusters }),
  commands: { ...lift(cpuCommands, {}, ({ cpu }: Services) => cpu), ...serviceCommands },
  operations: { ...cpuOperations, ...serviceOperations },
  initial: (z: (typeof scopes)['service-fuzz']['sizes']) => ({
    cpu: initialCpu(z),
    guests: initialServices(z),
    host: 0,
    clusters: table(z, cluster, () => initialCluster(z)),
  }),
  scopes,
};

type AnyCall = CpuCall | ServiceCall;
export type ServiceStep = Forced<AnyCall>;

/** Commands by their names without the subsystem. */
export const call = callsOf<Exclude<ServiceCall, { readonly kind: 'cpu.tick' }>, 'service'>(
  'service',
);
export const cpu = callsOf<CpuCall, 'cpu'>('cpu');
export const tick: ServiceStep = cpu('tick', {});

export const { after, stateViolations, changeViolations, runViolations } = bench<
  Services,
  typeof serviceMachine.commands,
  AnyCall
>(serviceMachine, scopes['service-fuzz'], serviceProperties);
