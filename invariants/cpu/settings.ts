/** Settings change by the command that sets them, as asked, and by no other. 5.1. */
import { type CpuChange, isDedicated, property, type Reading, reads } from './reading.ts';

type Finding = string | null;

const isAutomatic = ({ dedication }: Reading): boolean =>
  dedication.some(({ automatic }) => automatic);

function vmSettings({ before, call, after }: CpuChange): Finding {
  for (let vm = 0; vm < after.vms.length; vm++) {
    const [from, to] = [before.vms.at(vm), after.vms.at(vm)];
    const of = 'vm' in call.args && call.args.vm === vm;
    const weight = of && call.kind === 'cpu.set-weight' ? call.args.weight : from.weight;
    const cap = of && call.kind === 'cpu.set-cap' ? call.args.cap : from.cap;
    const reservation =
      of && call.kind === 'cpu.set-reservation' ? call.args.reservation : from.reservation;
    const wanted = of && call.kind === 'cpu.set-vcpus' ? call.args.count : from.wanted;
    const together =
      of && call.kind === 'cpu.set-coscheduling' ? call.args.mode : from.coscheduling;
    const mode = of && call.kind === 'cpu.set-mode' ? call.args.mode === 'dedicated' : null;
    const byItself = call.kind === 'cpu.tick' && isAutomatic(before);
    if (!byItself && isDedicated(after, vm) !== (mode ?? isDedicated(before, vm))) {
      return `VM ${vm} ${isDedicated(after, vm) ? 'is dedicated' : 'shares'}, which nobody asked for`;
    }
    if (to.coscheduling !== together) return `VM ${vm} is kept together: ${to.coscheduling}`;
    if (to.wanted !== wanted) return `VM ${vm} is to have ${to.wanted} vCPUs, not ${wanted}`;
    if (to.weight !== weight) return `VM ${vm} has weight ${to.weight}, not ${weight}`;
    if (to.cap !== cap) return `VM ${vm} has cap ${to.cap}, not ${cap}`;
    if (to.reservation !== reservation) {
      return `VM ${vm} is promised ${to.reservation}, not ${reservation}`;
    }
  }
  return null;
}

function threadSettings({ before, call, after }: CpuChange): Finding {
  for (let t = 0; t < after.threads.length; t++) {
    const [from, to] = [before.threads.at(t), after.threads.at(t)];
    if (to.vm !== from.vm) return `thread ${t} has gone over to VM ${to.vm}`;
    for (let p = 0; p < to.affinity.length; p++) {
      const due =
        call.kind === 'cpu.set-affinity' && call.args.thread === t
          ? call.args.pcpus.includes(p)
          : from.affinity.at(p);
      if (to.affinity.at(p) !== due) return `the affinity of thread ${t} changed at CPU ${p}`;
    }
    const ran = call.kind === 'cpu.tick' && from.vm === null && from.state.kind === 'running';
    const given = call.kind === 'cpu.vmm-work' && call.args.thread === t ? call.args.ticks : 0;
    const work = from.work + given - (ran ? 1 : 0);
    if (to.work !== work) return `thread ${t} has ${to.work} ticks of work, not ${work}`;
  }
  return null;
}

function cpuSettings({ before, call, after }: CpuChange): Finding {
  for (let p = 0; p < after.pcpus.length; p++) {
    const its = 'pcpu' in call.args && call.args.pcpu === p;
    const online = its ? call.kind === 'cpu.online-pcpu' : before.pcpus.at(p).online;
    if (after.pcpus.at(p).online !== online) return `CPU ${p} is not as asked`;
  }
  const automatic = call.kind === 'cpu.set-automatic' ? call.args.automatic : isAutomatic(before);
  if (isAutomatic(after) !== automatic) return 'VMs are dedicated automatically, or not, unasked';
  const wanted =
    call.kind === 'cpu.set-scheduler' ? call.args.scheduler : before.scheduler.algorithm;
  const { algorithm } = after.scheduler;
  return algorithm === wanted ? null : `the scheduler is ${algorithm}, not ${wanted}`;
}

export const settingsAreAsAsked = property.transition({
  id: 'CPU-T4',
  name: 'weights, caps, promises, affinities, work and CPUs in service are as they were asked for',
  reads,
  violation: (change) => vmSettings(change) ?? threadSettings(change) ?? cpuSettings(change),
});
