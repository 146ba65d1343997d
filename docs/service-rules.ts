/** The rules of guest clocks and the integration service that hypercheck covers, or will. */
import type { Rule } from './rule.ts';

const ours = 'modelling decision';
const vmware = 'VMware Tools, time synchronisation';
const hyperv = 'Linux drivers/hv/hv_util.c';
const kvm = 'KVM MSR documentation; QEMU kvmclock';

export const serviceRules: readonly Rule[] = [
  { id: 'TIME-I1', says: 'A guest’s monotonic clock goes on, and not by a SYNC.', source: kvm },
  { id: 'TIME-I2', says: 'Time of day goes back only where a start allows it.', source: vmware },
  {
    id: 'TIME-I3',
    says: 'A guest that was stopped is not taken for locked up.',
    source: 'Linux 5d1c0f4a80a6 and ccfc9dd',
  },
  { id: 'TIME-I4', says: 'A paused guest has no time.', source: 'QEMU 00f4d64' },
  { id: 'TIME-T1', says: 'A SYNC leaves a guest right.', source: hyperv },
  { id: 'TIME-T2', says: 'Without a service nothing is promised of drift.', source: vmware },
  {
    id: 'TIME-T3',
    says: 'A guest whose snapshot is taken up again is told the time.',
    source: vmware,
    deferred: 'comes with snapshots of whole VMs',
  },
  { id: 'TIME-L1', says: 'A guest that minds being behind is right in the end.', source: hyperv },
  { id: 'HB-I1', says: 'A guest that starves is not taken for dead.', source: ours },
  { id: 'Q-I1', says: 'Nothing is written to frozen files.', source: hyperv },
  { id: 'Q-I2', says: 'A freeze in a freeze is refused.', source: hyperv },
  { id: 'Q-L1', says: 'Frozen files thaw by their timeout.', source: hyperv },
  { id: 'SD-I1', says: 'Without a service nobody is asked to shut down.', source: hyperv },
  { id: 'SD-T1', says: 'Who shuts down in order loses nothing.', source: hyperv },
  {
    id: 'EX-14',
    says: 'Worked example: a clock that goes slower, and a SYNC that is missing.',
    source: ours,
  },
];
