/** How each field of a balloon transcript is judged. */
import { type FieldTable, fieldTable, type Row, rows } from '../fields.ts';
import { qemuRows } from '../qemu/fields.ts';

const STATISTICS: readonly Row[] = [
  ['stat-total-memory', 'bounded', 'moves with the balloon; exact once it rests', 'BAL-I8'],
  ['stat-free-memory', 'bounded', 'whole pages of the total', 'BAL-I2'],
  ['stat-available-memory', 'bounded', 'whole pages of the total', 'BAL-I2'],
  ['stat-disk-caches', 'bounded', 'whole pages of the total', 'BAL-I2'],
  ['stat-swap-in', 'bounded', 'never falls', 'virtio 5.5.6.4'],
  ['stat-swap-out', 'bounded', 'never falls', 'virtio 5.5.6.4'],
  ['stat-major-faults', 'bounded', 'never falls', 'virtio 5.5.6.4'],
  ['stat-minor-faults', 'bounded', 'never falls', 'virtio 5.5.6.4'],
  ['stat-htlb-pgalloc', 'bounded', 'never falls', 'virtio 5.5.6.4'],
  ['stat-htlb-pgfail', 'bounded', 'never falls', 'virtio 5.5.6.4'],
];

const ANSWER: readonly Row[] = [
  ['ready', 'exact', 'true, first of all answers', 'format'],
  ['modules', 'exact', 'all of the initramfs but the skipped and the failed', 'format'],
  ['memTotalKb', 'exact', 'moves with the balloon, unless deflate-on-oom is on', 'BAL-I8'],
  ['memFreeKb', 'bounded', 'whole pages of the total', 'BAL-I2'],
  ['memAvailableKb', 'bounded', 'whole pages of the total', 'BAL-I2'],
  ['cpusOnline', 'exact', 'the number in argv', 'format'],
  ['cpusConf', 'exact', 'the number in argv', 'format'],
  ['alloc', 'exact', 'the pages asked for, when they are not more than all', 'BAL-T4'],
  ['error', 'exact', 'ENOMEM, when more pages are asked for than there are', 'BAL-I8'],
  ['insmod', 'exact', '0 when the driver was not loaded', 'BAL-I5'],
  ['rmmod', 'exact', '0 when the driver was loaded', 'BAL-I5'],
];

const RECEIVED: readonly Row[] = [
  ['msg.return', 'exact', 'an empty object where a command has no result', 'QMP specification'],
  ['msg.return.actual', 'bounded', 'between the size before and the target; whole pages', 'BAL-T2'],
  ['msg.return.last-update', 'bounded', 'never falls; without a new one nothing changes', 'virtio'],
  ['msg.error.class', 'exact', 'the typed error', '3.3 QmpBalloon'],
  ['msg.error.desc', 'exact', 'its text', '3.3 QmpBalloon'],
  ['msg.event', 'command', 'name of the event', 'QMP specification'],
  ['msg.data.actual', 'bounded', 'a size that the balloon may have; whole pages', 'BAL-T2'],
];

const NOTE: readonly Row[] = [
  ['query.**', 'derived', 'a copy of a message', 'format'],
  ['guest.**', 'derived', 'a copy of a message', 'format'],
  ['a.**', 'derived', 'a copy of a message', 'format'],
  ['b.**', 'derived', 'a copy of a message', 'format'],
  ['i.**', 'derived', 'a copy of a message', 'format'],
  ['q.**', 'derived', 'a copy of a message', 'format'],
  ['r.**', 'derived', 'a copy of a message', 'format'],
  ['s.**', 'derived', 'a copy of a message', 'format'],
  ['err', 'derived', 'a copy of what QEMU printed', 'format'],
  ['tail', 'derived', 'lines with @ are answers of the agent', 'format'],
  ['targetMiB', 'derived', 'the size last asked for', 'format'],
  ['finalMiB', 'derived', 'the size last polled', 'format'],
  ['steps[][]', 'derived', 'times (noise) and polled sizes', 'format'],
  ['steps[]', 'derived', 'no polls', 'format'],
  ['events', 'derived', 'BALLOON_CHANGE events so far', 'format'],
  ['deflateOnOom', 'derived', 'as in argv', 'format'],
  ['exited', 'derived', 'whether the machine has ended', 'format'],
  ['reachedAtMs', 'noise', 'time', 'decision 22'],
  ['**', 'noise', 'other results of the script', 'format'],
  ['rssMiB', 'noise', 'host memory of QEMU: never rises on deflate', 'decision 22'],
  ['rssBeforeMiB', 'noise', 'host memory of QEMU', 'decision 22'],
];

/** The table. Records: `start sent received asked answered stderr exit note`. */
export const fields: FieldTable = fieldTable([
  ...qemuRows({
    commands: '3.3 QmpBalloon',
    received: RECEIVED,
    answered: ANSWER,
    stderr: ['stderr', 'bounded', 'the reason of a refusal', '3.3'],
    exit: ['exit', 'exact', '0 after quit; 1 when the start is refused', '3.3'],
    note: NOTE,
  }),
  ...rows('received', 'msg.return.stats.', STATISTICS),
]);
