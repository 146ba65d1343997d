/** The rules of the CPU chapters that hypercheck covers, or will. */
import type { Rule } from './rule.ts';

const ours = 'modelling decision';
const xen = 'Xen common/sched/credit.c, credit2.c and null.c';
const linux = 'Linux kernel/sched/fair.c and sched-bwc.rst';
const stride = 'Waldspurger and Weihl, Stride Scheduling, MIT 1995';
const eevdf = 'Stoica and Abdel-Wahab, EEVDF, TR-95-22; Linux kernel/sched/fair.c';
const kvm = 'KVM MSR documentation and steal-time commits';
const esx = 'ESX CPU scheduler and co-scheduling summaries';
const ple = 'Linux pause-loop exit patches 2010 to 2017';

export const cpuRules: readonly Rule[] = [
  { id: 'CPU-I1', says: 'A CPU runs one thread, a thread runs on one CPU.', source: ours },
  { id: 'CPU-I2', says: 'Only what may run runs, where it may, on CPUs in service.', source: ours },
  { id: 'CPU-I3', says: 'No more vCPUs of a VM run than it has plugged in.', source: ours },
  {
    id: 'CPU-I4',
    says: 'Every tick of everyone is charged once, and the sums agree.',
    source: ours,
  },
  { id: 'CPU-I5', says: 'The queue is exactly the ready threads.', source: ours },
  { id: 'CPU-W', says: 'No CPU idles beside a thread that could run there.', source: ours },
  {
    id: 'CPU-N',
    says: 'Waiting is bounded, for each scheduler by a bound of its own.',
    source: ours,
  },
  { id: 'CPU-L1', says: 'A ready thread runs in the end.', source: ours },
  { id: 'CPU-L2', says: 'A wake that came in a pause is delivered after it.', source: ours },
  { id: 'CPU-L3', says: 'A throttled thread competes again within a period.', source: linux },
  { id: 'RR-1', says: 'Round robin: nobody gets ahead by more than a quantum.', source: ours },
  {
    id: 'RR-2',
    says: 'Round robin: a wait is a quantum for each full round before.',
    source: ours,
  },
  {
    id: 'CR-I1',
    says: 'Credit: what a thread has is what it earned less what it ran.',
    source: xen,
  },
  { id: 'CR-I2', says: 'Credit: nobody has or owes more than a period.', source: xen },
  { id: 'CR-I3', says: 'Credit: weights add up to what is shared by.', source: xen },
  { id: 'CR-I4', says: 'Credit: who is parked is held for its cap.', source: xen },
  { id: 'CR-I5', says: 'Credit: a boost ends with a tick of running.', source: xen },
  { id: 'CR-1', says: 'Credit: service follows earnings, within 6 ticks.', source: xen },
  { id: 'CR-N', says: 'Credit: a wait is bounded by weights and competitors.', source: xen },
  { id: 'CR-CAP', says: 'Credit: a cap is kept in time, not in each period.', source: xen },
  { id: 'C2-I1', says: 'Credit2: credits have a floor above idle, and a ceiling.', source: xen },
  { id: 'C2-T1', says: 'Credit2: the end of an epoch keeps the order.', source: xen },
  { id: 'C2-I2', says: 'Credit2: budgets do not grow, and park only when empty.', source: xen },
  { id: 'C2-T2', says: 'Credit2: who has no budget is passed over.', source: xen },
  { id: 'ST-I1', says: 'Stride: passes are within a stride of virtual time.', source: stride },
  { id: 'ST-1', says: 'Stride: two threads are apart by a tick of each at most.', source: stride },
  { id: 'ST-2', says: 'Stride: n threads are off their ideal by n - 1 ticks.', source: stride },
  { id: 'ST-N', says: 'Stride: a wait is until the others have caught up.', source: stride },
  { id: 'EV-I1', says: 'EEVDF: the virtual time is the average run time.', source: eevdf },
  { id: 'EV-I2', says: 'EEVDF: lags add up to nothing.', source: eevdf },
  { id: 'EV-I3', says: 'EEVDF: somebody is eligible.', source: eevdf },
  {
    id: 'EV-1',
    says: 'EEVDF: while nobody comes or goes a lag stays below a request.',
    source: eevdf,
  },
  { id: 'EV-2', says: 'EEVDF: what sleeping saves or costs is limited.', source: eevdf },
  { id: 'EV-3', says: 'In any window service is off its ideal by a constant.', source: eevdf },
  { id: 'EV-N', says: 'A runnable thread has its turn within a bound.', source: eevdf },
  { id: 'SHR-1', says: 'Without limits service is in proportion to the weights.', source: eevdf },
  { id: 'CAP-1', says: 'A group runs for no more than its quota in a period.', source: linux },
  { id: 'STL-I4', says: 'Steal is no more than the time not run.', source: kvm },
  { id: 'RES-1', says: 'What a vCPU is promised it gets in every period.', source: esx },
  { id: 'STL-I1', says: 'A guest is told all that was stolen, tick by tick.', source: kvm },
  { id: 'STL-I3', says: 'A vCPU that runs is not told to be preempted.', source: kvm },
  { id: 'STL-T1', says: 'A tick of waiting is stolen whole, a tick of sleep is not.', source: kvm },
  { id: 'STL-T2', says: 'Work of the VMM is stolen from the vCPUs that wait.', source: ours },
  { id: 'STL-I2', says: 'Nothing is stolen from a vCPU that has a CPU to itself.', source: kvm },
  { id: 'COS-I1', says: 'No vCPU runs far ahead of its siblings.', source: esx },
  { id: 'COS-I2', says: 'Co-stop: somebody is left who can catch up.', source: esx },
  { id: 'COS-T1', says: 'Co-stop: a vCPU without siblings is never stopped.', source: esx },
  { id: 'COS-L1', says: 'Co-stop: who was stopped goes on in the end.', source: esx },
  { id: 'LHP-I1', says: 'A turn is given to a sibling that is ready, no other.', source: ple },
  { id: 'LHP-T1', says: 'A turn that is given takes nothing from other VMs.', source: ple },
  { id: 'LHP-L1', says: 'Who waits for a lock has it in the end.', source: ple },
  { id: 'HP-1', says: 'Plugging vCPUs in and out changes no weight of a VM.', source: xen },
  { id: 'DC-I1', says: 'A CPU of one’s own runs its owner, or nothing.', source: xen },
  { id: 'DC-I2', says: 'Who has a CPU of its own never waits for one.', source: xen },
  { id: 'DC-T1', says: 'A CPU of one’s own stays in service.', source: ours },
  { id: 'DC-L1', says: 'Who waits for a CPU of its own gets one that is freed.', source: xen },
  { id: 'EX-3', says: 'Worked example: what a capped VM leaves, and to whom.', source: xen },
  { id: 'EX-12', says: 'Worked example: how far a vCPU may lead another.', source: esx },
  { id: 'EX-11', says: 'Worked example: two vCPUs steal from each other.', source: ours },
  { id: 'EX-1', says: 'Worked example: stride and EEVDF with weights 3 and 1.', source: ours },
  { id: 'EX-2', says: 'Worked example: a heavy thread among five light ones.', source: ours },
  { id: 'EX-13', says: 'Worked example: the largest promise is served first.', source: ours },
];
