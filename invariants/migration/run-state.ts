/** Whether a guest that moves is running, paused or shut down. Chapter 4.B: `oldRun`; 4.F. */
import { property, type Reading } from './reading.ts';

/** By its vCPUs where it is, or by what was kept when these were taken from it. */
function runState({ hosts, cluster }: Reading, vm: number): string | null {
  const { lastRan, lost } = cluster.ownership.at(vm);
  if (lastRan === null || lost) return null;
  const { threads } = hosts.at(lastRan).cpu;
  const { vcpus, paused } = cluster.hosts.at(lastRan);
  for (let t = 0; t < vcpus.length; t++) {
    const { vm: of, state } = threads.at(t);
    if (of !== vm) continue;
    if (state.kind === 'paused') return 'paused';
    if (state.kind !== 'offline') return named(state.kind === 'blocked' && state.on === 'off');
    const saved = vcpus.at(t);
    if (saved.kind !== 'none') return paused.at(vm) ? 'paused' : named(saved.was === 'off');
  }
  return null;
}
const named = (isOff: boolean): string => (isOff ? 'shut down' : 'running');

const runStateIsKept = property.transition({
  id: 'MIG-R1',
  name: 'whatever comes of a migration, its guest is running, paused or shut down as it was before',
  commands: ['migration.*', 'stopcopy.*', 'postcopy.*', 'failure.*'],
  violation({ before, call, after, size }) {
    for (let vm = 0; vm < size.vm; vm++) {
      const [was, is] = [before, after].map((m) => runState(m, vm));
      if (was === null || is === null || is === was) continue;
      return `VM ${vm} was ${was}, and after ${call.kind} is ${is}`;
    }
    return null;
  },
});

export const runStateProperties = [runStateIsKept];
