/** vCPUs that are plugged in and out. 5.10. */
import { kinds, property, type Reading, reads } from './reading.ts';

const weights = ({ vms }: Reading): number => vms.reduce((sum, { weight }) => sum + weight, 0);

const pluggingKeepsWeights = property.transition({
  id: 'HP-1',
  name: 'the weights of all VMs together do not change as vCPUs are plugged in and out',
  commands: kinds('cpu.set-vcpus', 'cpu.online-vcpu', 'cpu.release-vcpu'),
  reads,
  violation({ before, after }) {
    const [from, to] = [weights(before), weights(after)];
    return from === to ? null : `the weights were ${from} together, and are ${to}`;
  },
});

/** The host asks; it is the guest that lets go. */
const onlyGuestsLetGo = property.transition({
  id: 'HP-2',
  name: 'a vCPU comes and goes by its guest alone, as the host asked for, and the first one stays',
  reads,
  violation({ before, call, after, size }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t), after.threads.at(t)];
      const [was, is] = [from.state.kind !== 'offline', to.state.kind !== 'offline'];
      if (was === is || from.vm === null) continue;
      const place = t % size.vcpus;
      const asked = place < before.vms.at(from.vm).wanted;
      const by = is ? 'cpu.online-vcpu' : 'cpu.release-vcpu';
      if (call.kind !== by || call.args.thread !== t) return `${call.kind} plugged vCPU ${t}`;
      if (is !== asked || place === 0) return `vCPU ${t} was not asked to be ${is ? 'in' : 'out'}`;
    }
    return null;
  },
});

export const hotplugProperties = [pluggingKeepsWeights, onlyGuestsLetGo];
