/** Where threads are. 5.1. */
import {
  isDedicated,
  ownerOf,
  property,
  reads,
  schedulerKeepsCaps,
  sharedPcpus,
} from './reading.ts';

const oneThreadOnOneCpu = property.invariant({
  id: 'CPU-I1',
  name: 'a CPU runs one thread at most, a thread runs on one CPU at most, and both say so',
  reads,
  violation({ threads, pcpus }) {
    for (let t = 0; t < threads.length; t++) {
      const { state } = threads.at(t);
      if (state.kind === 'running' && pcpus.at(state.on).current !== t) {
        return `thread ${t} runs on CPU ${state.on}, which has ${pcpus.at(state.on).current}`;
      }
    }
    for (let p = 0; p < pcpus.length; p++) {
      const { current } = pcpus.at(p);
      if (current === null) continue;
      const { state } = threads.at(current);
      if (state.kind !== 'running' || state.on !== p) {
        return `CPU ${p} has thread ${current}, which is ${state.kind} elsewhere`;
      }
    }
    return null;
  },
});

const onlyTheAllowedRun = property.invariant({
  id: 'CPU-I2',
  name: 'a thread runs or waits only where its VM is under its cap, and runs on a CPU in service',
  reads,
  violation(m) {
    const { threads, pcpus, vms } = m;
    for (let t = 0; t < threads.length; t++) {
      const { state, vm, held } = threads.at(t);
      if (state.kind === 'running' && !pcpus.at(state.on).online) {
        return `thread ${t} runs on CPU ${state.on}, which is offline`;
      }
      if (state.kind !== 'running' && state.kind !== 'ready') continue;
      if (held) return `thread ${t} is ${state.kind}, but its scheduler holds it`;
      if (vm === null || schedulerKeepsCaps(m)) continue;
      const { cap, used } = vms.at(vm);
      if (cap > 0 && used >= cap) {
        return `thread ${t} is ${state.kind}, but its VM has used ${used} of ${cap} ticks`;
      }
    }
    return null;
  },
});

const vcpusBelongToVms = property.invariant({
  id: 'CPU-I3',
  name: 'every VM has the vCPUs that it was made with, and no more of them run than are plugged in',
  reads,
  violation({ threads, vms }, size) {
    for (let vm = 0; vm < vms.length; vm++) {
      let its = 0;
      for (let t = 0; t < threads.length; t++) if (threads.at(t).vm === vm) its++;
      if (its !== size.vcpus) return `VM ${vm} has ${its} vCPUs, not ${size.vcpus}`;
    }
    return null;
  },
});

const queueIsWhoIsReady = property.invariant({
  id: 'CPU-I5',
  name: 'the queue holds every ready thread once, and no other',
  reads,
  violation({ threads, queue }) {
    for (let t = 0; t < threads.length; t++) {
      const { kind } = threads.at(t).state;
      let places = 0;
      for (const each of queue) if (each === t) places++;
      const due = kind === 'ready' ? 1 : 0;
      if (places !== due) return `thread ${t} is ${kind}, and in the queue ${places} times`;
    }
    return null;
  },
});

const promisesFit = property.invariant({
  id: 'CPU-I6',
  name: 'what VMs are promised fits in the CPUs in service, and no cap is below its promise',
  reads,
  violation(m, size) {
    let promised = 0;
    for (let vm = 0; vm < m.vms.length; vm++) {
      const { reservation, cap } = m.vms.at(vm);
      promised += reservation;
      if (cap > 0 && cap < reservation) return `VM ${vm} is promised ${reservation}, above its cap`;
    }
    const can = sharedPcpus(m) * size.period;
    return promised > can ? `VMs are promised ${promised} ticks of ${can}` : null;
  },
});

const everyThreadCanRun = property.invariant({
  id: 'CPU-I7',
  name: 'every thread has a CPU in service on which it may run, or may come to',
  reads,
  violation(m) {
    const { threads, pcpus } = m;
    for (let t = 0; t < threads.length; t++) {
      const { affinity, vm } = threads.at(t);
      let places = 0;
      for (let p = 0; p < pcpus.length; p++) {
        const open = ownerOf(m, p) === null || isDedicated(m, vm);
        if (affinity.at(p) && pcpus.at(p).online && open) places++;
      }
      if (places === 0) return `thread ${t} may run on no CPU that is online`;
    }
    return null;
  },
});

const onlyParkedThreadsAreHeld = property.invariant({
  id: 'CPU-I8',
  name: 'only a scheduler that keeps caps holds threads, and only of VMs with one',
  reads,
  violation(m) {
    for (let t = 0; t < m.threads.length; t++) {
      const { held, vm } = m.threads.at(t);
      if (!held) continue;
      if (!schedulerKeepsCaps(m)) return `thread ${t} is held, but no scheduler will let it go`;
      if (vm === null || m.vms.at(vm).cap === 0) return `thread ${t} is held without a cap`;
    }
    return null;
  },
});

const throttledThreadsKeepTheirOrder = property.invariant({
  id: 'CPU-I9',
  name: 'those who wait for a cap are every throttled thread once, and no other',
  reads,
  violation({ threads, throttled }) {
    for (let t = 0; t < threads.length; t++) {
      const { kind } = threads.at(t).state;
      let places = 0;
      for (const each of throttled) if (each === t) places++;
      const due = kind === 'throttled' ? 1 : 0;
      if (places !== due) return `thread ${t} is ${kind}, and waits for a cap ${places} times`;
    }
    return null;
  },
});

export const threadInvariants = [
  oneThreadOnOneCpu,
  onlyTheAllowedRun,
  vcpusBelongToVms,
  queueIsWhoIsReady,
  promisesFit,
  everyThreadCanRun,
  onlyParkedThreadsAreHeld,
  throttledThreadsKeepTheirOrder,
];
