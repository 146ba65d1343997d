/**
 * The rules that hypercheck covers: every id of the memory, CPU and migration chapters, and what QEMU tells of
 * its migrations, in our own words, with their sources. Where each is modelled, checked and tested is not written here but found in the code.
 */

import { cpuRules } from './cpu-rules.ts';
import { migrationRules } from './migration-rules.ts';
import type { Rule } from './rule.ts';
import { serviceRules } from './service-rules.ts';

const esx = 'Waldspurger, Memory Resource Management in VMware ESX Server, OSDI 2002';
const virtio = 'virtio specification, memory balloon device';
const linuxBalloon = 'Linux drivers/virtio/virtio_balloon.c';
const qemu = 'QEMU hw/virtio/virtio-balloon.c';
const qemuMigration = 'QEMU migration/migration.c, migration/ram.c and qapi/migration.json';
const ksm = 'Linux mm/ksm.c and admin-guide/mm/ksm.rst';
const kvmLog = 'KVM dirty log ABI (KVM_GET_DIRTY_LOG, KVM_CLEAR_DIRTY_LOG)';
const hyperv = 'Linux drivers/hv/hv_balloon.c; Microsoft Dynamic Memory documentation';
const xen = 'Xen p2m, mem_sharing and populate-on-demand sources';
const ours = 'modelling decision';

const tlbs = 'translation lookaside buffers and frames in limbo join with the CPU model';
const hotAdd = 'memory hot-add is a later subsystem';
const compression = 'the compressed tier (zswap, ESX compression cache) is optional and later';
const vendor = 'vendor policies over the balloon are a later issue; the mechanism is modelled';

const memoryRules: readonly Rule[] = [
  {
    id: 'MEM-I1',
    says: 'Every frame has exactly one use, and the stored counts agree.',
    source: xen,
  },
  {
    id: 'MEM-I2',
    says: 'A frame’s owner or reverse map and the page tables name each other.',
    source: xen,
  },
  { id: 'MEM-I3', says: 'Every page of a VM is in exactly one place; none is lost.', source: ours },
  {
    id: 'MEM-I4',
    says: 'Reservations, overhead, hypervisor and emergency frames fit in memory.',
    source: `${esx}, 6.2`,
  },
  {
    id: 'MEM-I5',
    says: 'What reservations do not cover fits in the swap area.',
    source: `${esx}, 6.2`,
  },
  {
    id: 'MEM-I6',
    says: 'A VM’s consumption exceeds its limit only by swap-in or a lowered limit.',
    source: ours,
  },
  {
    id: 'MEM-I7',
    says: 'A read finds what the guest last wrote, or data that is at least its own.',
    source: ours,
  },
  {
    id: 'MEM-I8',
    says: 'No translation buffer names a frame that the page no longer has.',
    source: 'Xen XSA-480',
    deferred: tlbs,
  },
  {
    id: 'MEM-I9',
    says: 'Write permission is given only where no write would go unnoticed.',
    source: kvmLog,
  },
  { id: 'MEM-I10', says: 'A page that a device holds is mapped to a private frame.', source: ours },
  {
    id: 'MEM-I11',
    says: 'An unscrubbed frame never reaches another owner.',
    source: `${esx}, footnote 2`,
  },
  {
    id: 'MEM-I12',
    says: 'A frame in limbo is not allocated.',
    source: 'Xen XSA-480',
    deferred: tlbs,
  },
  {
    id: 'MEM-I13',
    says: 'Swap promised to a VM covers all that its reservation does not.',
    source: `${esx}, 6.2`,
  },
  { id: 'MEM-T1', says: 'Only writes change what a guest can read.', source: ours },
  {
    id: 'MEM-T2',
    says: 'A change under the dirty log is logged, host-side writes included.',
    source: 'Linux KVM record_steal_time',
  },
  {
    id: 'MEM-T3',
    says: 'A harvest returns exactly the logged pages and protects them again.',
    source: kvmLog,
  },
  { id: 'MEM-T4', says: 'The frame of a pinned page does not change.', source: ours },
  {
    id: 'MEM-T5',
    says: 'Admission and hot-add change no page that exists.',
    source: hyperv,
    deferred: hotAdd,
  },
  { id: 'MEM-T6', says: 'Sampling activity changes accessed bits only.', source: esx },
  {
    id: 'MEM-T7',
    says: 'Between two owners a frame is free and scrubbed.',
    source: `${esx}, footnote 2`,
  },
  {
    id: 'MEM-T8',
    says: 'Destroying a VM returns exactly the frames and slots that it alone had.',
    source: ours,
  },
  {
    id: 'MEM-T9',
    says: 'Guest tables change by guests only, host tables by the host only.',
    source: ours,
  },
  {
    id: 'MEM-L1',
    says: 'A stalled access completes, or without reservations a VM is killed for it.',
    source: ours,
  },
  { id: 'MEM-L2', says: 'A VM over its limit comes back under it.', source: ours },
  { id: 'MEM-L3', says: 'Frames in limbo drain.', source: ours, deferred: tlbs },
  {
    id: 'SWP-I1',
    says: 'A slot is used exactly when one page lies, is copied or is being written there.',
    source: ours,
  },
  {
    id: 'SWP-I2',
    says: 'A VM uses no more swap than admission promised it.',
    source: `${esx}, 6.2`,
  },
  { id: 'SWP-I3', says: 'A swapped page holds what the guest last wrote.', source: ours },
  { id: 'SWP-I4', says: 'A pinned page is neither swapped nor being written out.', source: ours },
  { id: 'SWP-I5', says: 'A stalled VM waits for a page that really is not ready.', source: ours },
  { id: 'SWP-T1', says: 'Swapping leaves the guest’s own tables alone.', source: `${esx}, 3.1` },
  { id: 'SWP-T2', says: 'A write during write-out is never lost.', source: 'writeback practice' },
  {
    id: 'SWP-T3',
    says: 'Double paging is counted exactly when a guest pages out a swapped page.',
    source: `${esx}, 3.1`,
  },
  {
    id: 'SWP-T4',
    says: 'Ballooning a swapped page frees its slot without reading it.',
    source: ours,
  },
  { id: 'SWP-T5', says: 'A swapped-in page is private, whatever it was before.', source: ksm },
  {
    id: 'SWP-M1',
    says: 'Random victims cause less double paging than LRU against LRU.',
    source: `${esx}, 3.3`,
  },
  { id: 'SWP-L1', says: 'A VM that waits for a swapped page gets it.', source: ours },
  {
    id: 'SWP-L2',
    says: 'Free memory below the target rises to it.',
    source: ours,
    deferred: 'targets of free memory belong to the policies over the balloon',
  },
  {
    id: 'SWP-L3',
    says: 'Every run that tries swap-ins and scrubs frames serves a VM that waits for a swapped page.',
    source: ours,
  },
  {
    id: 'CMP-I1',
    says: 'A compressed page is in the pool or on disk, never in both with different bytes.',
    source: 'kernel admin guide, zswap',
    deferred: compression,
  },
  {
    id: 'CMP-I2',
    says: 'The pool keeps its maximum.',
    source: 'kernel admin guide, zswap',
    deferred: compression,
  },
  {
    id: 'CMP-I3',
    says: 'Pool entries count as swap.',
    source: 'kernel admin guide, zswap',
    deferred: compression,
  },
  {
    id: 'CMP-T1',
    says: 'Compressing frees the frames less the growth of the pool.',
    source: 'kernel admin guide, zswap',
    deferred: compression,
  },
  {
    id: 'CMP-T2',
    says: 'A page in the pool is read without the disk.',
    source: 'kernel admin guide, zswap',
    deferred: compression,
  },
  {
    id: 'BAL-I1',
    says: 'The host has taken back exactly pages that the guest put in the balloon.',
    source: virtio,
  },
  {
    id: 'BAL-I2',
    says: 'A guest uses each page for one thing; messages name pages of the balloon.',
    source: linuxBalloon,
  },
  {
    id: 'BAL-I3',
    says: 'Targets lie in the VM’s memory and the balloon leaves the guest its floor.',
    source: 'Firecracker issue 5566',
  },
  { id: 'BAL-I4', says: 'Nothing is behind a page that the host took back.', source: qemu },
  { id: 'BAL-I5', says: 'Without a driver there is no balloon.', source: qemu },
  {
    id: 'BAL-I6',
    says: 'At rest the published size is the size of the balloon.',
    source: linuxBalloon,
  },
  {
    id: 'BAL-I7',
    says: 'Where touching a ballooned page is an error, no used page is ballooned.',
    source: 'xl.cfg manual',
  },
  {
    id: 'BAL-I8',
    says: 'The guest sees its memory shrink, unless the balloon deflates on OOM.',
    source: linuxBalloon,
  },
  { id: 'BAL-T1', says: 'A new target changes nothing but the target.', source: virtio },
  {
    id: 'BAL-T2',
    says: 'Inflating and deflating never lead away from the target.',
    source: linuxBalloon,
  },
  { id: 'BAL-T3', says: 'Only free guest pages enter the balloon.', source: linuxBalloon },
  {
    id: 'BAL-T4',
    says: 'The balloon does not pass its target, except to save the guest.',
    source: virtio,
  },
  {
    id: 'BAL-T5',
    says: 'The host gains the frames that nobody else maps, and none when inhibited.',
    source: qemu,
  },
  {
    id: 'BAL-T6',
    says: 'A page that left the balloon reads as zero, poison or the guest’s own old data.',
    source: virtio,
  },
  { id: 'BAL-T7', says: 'Deflating on OOM leaves the target alone.', source: linuxBalloon },
  {
    id: 'BAL-T8',
    says: 'A page that moves inside the guest is told before the old one is given back.',
    source: linuxBalloon,
    deferred: 'compaction inside the guest is not modelled',
  },
  {
    id: 'BAL-L1',
    says: 'A responsive driver reaches a constant target in a bounded number of steps.',
    source: linuxBalloon,
  },
  { id: 'BAL-L2', says: 'A lowered target makes the surplus usable again.', source: linuxBalloon },
  {
    id: 'BAL-L3',
    says: 'Without a driver nothing is promised.',
    source: ours,
    deferred: 'falling back to swap without a driver is for the policies over the balloon',
  },
  {
    id: 'BAL-L4',
    says: 'Every run in which the target stands in the end comes to it, where free pages suffice.',
    source: linuxBalloon,
  },
  { id: 'KVM-I1', says: 'The poison value does not change while the driver runs.', source: virtio },
  {
    id: 'KVM-I2',
    says: 'A hinted page is skipped only while unwritten.',
    source: qemu,
  },
  {
    id: 'KVM-I3',
    says: 'Nothing is newly skipped once hinting has ended.',
    source: qemu,
  },
  { id: 'KVM-T1', says: 'Reporting free pages leaves the published size alone.', source: virtio },
  { id: 'KVM-T2', says: 'A reported page keeps its poison.', source: qemu },
  {
    id: 'KVM-L1',
    says: 'After migration the guest owns its hinted pages again.',
    source: qemu,
  },
  ...['I1', 'I2', 'I3', 'T1', 'T2', 'T3', 'L1', 'L2'].map((id) => ({
    id: `ESX-${id}`,
    says: 'Policy over the balloon: thresholds, idle tax and min-funding revocation.',
    source: `${esx}, 5 and 6`,
    deferred: vendor,
  })),
  ...['I1', 'I2', 'I3', 'I4', 'T1', 'T2', 'T3', 'L1', 'L2'].map((id) => ({
    id: `HV-${id}`,
    says: 'Policy over the balloon: demand, buffer, weight and smart paging.',
    source: hyperv,
    deferred: vendor,
  })),
  {
    id: 'DED-I1',
    says: 'A shared frame counts its mappings, and no more than allowed.',
    source: ksm,
  },
  { id: 'DED-I2', says: 'No mapping of a shared frame is writable.', source: ksm },
  { id: 'DED-I3', says: 'A shared frame does not change.', source: ksm },
  { id: 'DED-I4', says: 'The counters of sharing add up.', source: ksm },
  { id: 'DED-I5', says: 'A pinned page is not shared.', source: ksm },
  { id: 'DED-I6', says: 'Pages of different salts never share.', source: 'CIS benchmark for ESXi' },
  { id: 'DED-I7', says: 'Candidates are private pages.', source: ksm },
  { id: 'DED-I8', says: 'The zero frame holds zeros.', source: ksm },
  { id: 'DED-T1', says: 'Sharing is invisible to guests and to the dirty log.', source: ksm },
  {
    id: 'DED-T2',
    says: 'Each merge frees one frame; each break of several takes one.',
    source: ksm,
  },
  { id: 'DED-T3', says: 'Pages are merged only when equal in that very step.', source: ksm },
  { id: 'DED-T4', says: 'Breaking one mapping leaves the others alone.', source: ksm },
  { id: 'DED-T5', says: 'A break that fails changes nothing.', source: 'Xen mem_sharing unshare' },
  { id: 'DED-T6', says: 'A page whose checksum changed does not become a candidate.', source: ksm },
  {
    id: 'DED-S1',
    says: 'With salts of their own, VMs learn nothing of each other from access costs.',
    source: 'CVE-2015-2877',
  },
  { id: 'DED-L1', says: 'Equal unchanging pages are merged within three scans.', source: ksm },
  { id: 'DED-L2', says: 'A break that waits for a frame completes.', source: ours },
  { id: 'DED-L3', says: 'Undoing sharing ends with nothing shared.', source: ksm },
  {
    id: 'EX-8',
    says: 'Worked example: QEMU’s balloon request, and what four inflated pages free.',
    source: virtio,
  },
  { id: 'EX-9', says: 'Worked example: KSM with colliding checksums.', source: ksm },
  { id: 'EX-10', says: 'Worked example: double paging against ballooning.', source: `${esx}, 3.1` },
  {
    id: '5.A',
    says: 'What QEMU tells of a migration, and what each of it implies.',
    source: qemuMigration,
  },
  {
    id: '5.B',
    says: 'MigrationStatus of source and target changes only as in the tables.',
    source: qemuMigration,
  },
  {
    id: '5.C',
    says: 'The run state changes only as in the table.',
    source: 'QEMU system/runstate.c',
  },
  {
    id: 'SC-1',
    says: 'Scenario: idle VMs give memory to one that needs more than its start size.',
    source: ours,
  },
];

export const rules: readonly Rule[] = [
  ...memoryRules,
  ...cpuRules,
  ...serviceRules,
  ...migrationRules,
];

/** The files that name a rule. */
export interface Evidence {
  readonly modelled: readonly string[];
  readonly checked: readonly string[];
  readonly tested: readonly string[];
}
