/** The rules of the migration chapter that hypercheck covers, or will. */
import type { Rule } from './rule.ts';

const ours = 'modelling decision';
const qemu = 'QEMU migration/migration.c and migration/ram.c';
const cloudHypervisor = 'cloud-hypervisor vmm/src/lib.rs, send_migration';
const libvirt = 'libvirt docs/kbase/internals/qemu-migration.rst';

const devices =
  'comes with the device, network and storage chapters: one opaque device, one lock and a token stand for them';

export const migrationRules: readonly Rule[] = [
  {
    id: 'MIG-S1',
    says: 'A guest runs on one host at most, which has its token and its lock.',
    source: `${cloudHypervisor}; kubevirt issue 16622`,
  },
  { id: 'MIG-S2', says: 'A guest is somewhere, all of it, at any time.', source: libvirt },
  {
    id: 'MIG-S3',
    says: 'A page differs from what the target will have only where it is known to.',
    source: qemu,
  },
  {
    id: 'MIG-S4',
    says: 'Read-only is what the guest may not write, not what the VMM has protected.',
    source: ours,
  },
  { id: 'MIG-S5', says: 'A target neither runs nor holds anything before it may.', source: qemu },
  {
    id: 'MIG-S6',
    says: 'After the last harvest guest memory does not change.',
    source: cloudHypervisor,
  },
  { id: 'MIG-S7', says: 'A VM starts with all of its pages and state.', source: qemu },
  { id: 'MIG-S8', says: 'A VM starts equal to what it was when it stopped.', source: qemu },
  {
    id: 'MIG-S9',
    says: 'Storage and network are what they were.',
    source: ours,
    deferred: devices,
  },
  {
    id: 'MIG-S10',
    says: 'A failed migration leaves nothing behind.',
    source: qemu,
  },
  {
    id: 'MIG-S11',
    says: 'A source that was confirmed never runs again.',
    source: qemu,
  },
  { id: 'MIG-S12', says: 'One migration for a VM, and no other record of it.', source: qemu },
  { id: 'MIG-S13', says: 'What a target promises fits in its memory.', source: ours },
  {
    id: 'MIG-S14',
    says: 'Post-copy: a page is placed once.',
    source: 'QEMU docs/devel/migration/postcopy.rst',
  },
  {
    id: 'MIG-S15',
    says: 'Only a crash loses a VM, of a host that alone has some of it (MIG-S2, 4.B.5).',
    source: 'QEMU docs/devel/migration/postcopy.rst',
  },
  {
    id: 'MIG-S16',
    says: 'A guest’s lock has the same holder, and the same vCPUs wait for it, wherever it goes (4.C.2, 5.9).',
    source: ours,
  },
  {
    id: 'MIG-S17',
    says: 'A request in the queue of a device is neither lost nor done twice (4.C.2, MIG-X18).',
    source: 'cloud-hypervisor PR 8004',
  },
  { id: 'MIG-A1', says: 'A page is read after it counts as clean.', source: qemu },
  { id: 'MIG-A2', says: 'Only a harvest clears the dirty log.', source: qemu },
  { id: 'MIG-A3', says: 'The log is on before the first page is read.', source: qemu },
  { id: 'MIG-A4', says: 'A VM moves by taking a token that is free.', source: ours },
  { id: 'MIG-A5', says: 'Epochs rise by one with each owner.', source: ours },
  {
    id: 'MIG-R1',
    says: 'A guest stays running, paused or shut down, as it was (4.B oldRun, 4.F).',
    source: 'kubevirt PR 5384; cloud-hypervisor issue 7815',
  },
  { id: 'MIG-A6', says: 'Only a freeze stops a source.', source: qemu },
  {
    id: 'MIG-A7',
    says: 'The guest’s clock does not go back; it stands still on the way, or goes on by the downtime.',
    source: 'KVM commit afbcf7ab, QEMU commit 3f9e59bb',
  },
  {
    id: 'MIG-A8',
    says: 'A guest cannot tell that it was moved.',
    source: ours,
  },
  {
    id: 'MIG-A9',
    says: 'What would change the shape of a VM waits for its migration: vCPUs, snapshots, another migration (devices too, once there are any).',
    source: 'QEMU migration/migration.c; kubevirt PR 9903',
  },
  {
    id: 'MIG-F1',
    says: 'A guest keeps the CPU features that it was booted with (4.B, the CPU rule).',
    source: 'cloud-hypervisor issue 2841; xapi PR 2441',
  },
  {
    id: 'MIG-V1',
    says: 'A bad value in the stream is an error of the target, and never clamped (4.B).',
    source: 'QEMU docs/devel/migration/main.rst',
  },
  {
    id: 'MIG-V2',
    says: 'A target reads what a source of its version sends, or of the one before (4.B VERSION).',
    source: 'cloud-hypervisor docs/live_migration.md',
  },
  {
    id: 'MIG-Z1',
    says: 'What is remembered of a page is what was sent of it last (4.B.4).',
    source: 'QEMU migration/ram.c, save_xbzrle_page',
  },
  { id: 'MIG-Q1', says: 'A guest is stopped when its policy says so (4.B.2).', source: qemu },
  {
    id: 'MIG-Q2',
    says: 'The downtime is what the policy was asked for, and latencies (4.E).',
    source: qemu,
  },
  {
    id: 'MIG-Q3',
    says: 'A guest that was slowed down has all of its CPUs again (4.B.3).',
    source: qemu,
  },
  {
    id: 'MIG-A10',
    says: 'Its phases are statuses of QEMU, whose tables (5.B) have their changes.',
    source: qemu,
  },
  {
    id: 'MIG-W1',
    says: 'A step does what it is about and nothing else (4.0, 4.B); so do W2 to W7 in their order, channels and counts.',
    source: ours,
  },
  {
    id: 'MIG-A11',
    says: 'What is set for a migration stays until its source has cleaned up (5.B, failing; X28).',
    source: 'qemu-devel, introduce MIGRATION_STATUS_FAILING',
  },
  {
    id: 'MIG-A12',
    says: 'A cancellation that was posted is neither lost nor taken for another (4.B, X17).',
    source: 'kubevirt issue 2228',
  },
  { id: 'MIG-L1', says: 'A migration ends, if its policy lets it.', source: qemu },
  { id: 'MIG-L2', says: 'A handover in doubt is resolved: one side runs.', source: libvirt },
  { id: 'MIG-L4', says: 'A migration that is given up leaves its guest running.', source: qemu },
  {
    id: 'MIG-L3',
    says: 'Post-copy: every page that is touched arrives.',
    source: qemu,
  },
];
