/** How each field of a migration transcript is judged. */
import { type FieldTable, fieldTable, type Row, rows } from '../fields.ts';
import { qemuRecord, qemuRows } from '../qemu/fields.ts';

/** One poll, as the script shortens it and as `query-migrate` gives it. */
const POLL: readonly Row[] = [
  ['status', 'exact', 'where the events put it, or a status before or after', '5.B'],
  ['totalMs', 'noise', 'time', 'decision 26'],
  ['setupMs', 'noise', 'time', 'decision 26'],
  ['expDowntimeMs', 'noise', 'an estimate', '5.A'],
  ['downtimeMs', 'noise', 'time; there only when completed or in post-copy', '5.A'],
  ['error', 'noise', 'text; never in a migration that completed', '5.A'],
  ['throttle', 'bounded', '20, 30, ... 90, 99; only with auto-converge', '4.B.3'],
  ['ram.total', 'exact', 'the same in every poll of a machine; the guest’s memory and ROM', '5.A'],
  ['ram.transferred', 'bounded', 'the pages and their headers; never falls', '5.A'],
  ['ram.remaining', 'bounded', 'with the pages sent, the same until the next sync', 'MIG-S3'],
  ['ram.duplicate', 'bounded', 'zero pages sent; never falls; in the end all pages', 'MIG-S7'],
  ['ram.normal', 'bounded', 'other pages sent; never falls; in the end all pages', 'MIG-S7'],
  ['ram.normal-bytes', 'exact', 'normal, in bytes', '5.A'],
  ['ram.page-size', 'exact', '4096', '5.A'],
  ['ram.dirty-sync-count', 'bounded', 'the last MIGRATION_PASS, or one more', '5.A'],
  ['ram.dirty-pages-rate', 'bounded', 'at most all pages at each sync; 0 when completed', '5.A'],
  ['ram.mbps', 'noise', 'a rate', '5.A'],
  ['ram.postcopy-requests', 'bounded', 'never falls; 0 before post-copy', '5.A'],
  ['ram.precopy-bytes', 'bounded', 'with the two below, the bytes transferred', 'QAPI'],
  ['ram.downtime-bytes', 'bounded', '0 while the guest has never stood still', 'QAPI'],
  ['ram.postcopy-bytes', 'bounded', '0 before post-copy', 'QAPI'],
  ['ram.**', 'noise', 'counters that no rule is about', 'QAPI'],
  ['**', 'noise', 'parts of a reply that no rule is about', 'QAPI'],
];

const RECEIVED: readonly Row[] = [
  ['msg.return', 'command', 'an empty object; registers as text, which are compared', 'QMP'],
  ['msg.return.status', 'exact', 'a state that the run state may have, a status', '5.C, 5.B'],
  ['msg.return.running', 'exact', 'whether the status is running', '5.A'],
  ['msg.return.singlestep', 'exact', 'false', 'QAPI'],
  ['msg.error.class', 'exact', 'one of five; GenericError for refusals of a state', 'QAPI'],
  [
    'msg.error.desc',
    'exact',
    'the refusal that the state calls for, where it does',
    'QEMU migration.c',
  ],
  ['msg.event', 'command', 'its name: STOP, RESUME and MIGRATION only where they can be', '5.A'],
  ['msg.data.status', 'exact', 'a change of the table', '5.B'],
  ['msg.data.pass', 'exact', 'one more each time', '5.A'],
];

const ANSWER: readonly Row[] = [
  ['ready', 'exact', 'true', 'format'],
  ['modules', 'exact', 'all of the initramfs but the failed', 'format'],
  ['memTotalKb', 'bounded', 'part of the machine’s memory', '5.A'],
  ['memFreeKb', 'bounded', 'part of the total', '5.A'],
  ['alloc', 'exact', 'the argument', 'format'],
  ['span', 'exact', 'the argument: pages that are written', 'format'],
  ['rate', 'exact', 'the argument: writes in a second', 'format'],
  ['count', 'bounded', 'writes so far: never fall, wherever the guest runs', 'MIG-S8'],
  ['dirtying', 'noise', 'number of a process', 'format'],
  ['t', 'noise', 'time', 'decision 22'],
  ['**', 'noise', 'other results; notes copy them', 'format'],
];

const COMPARISON: readonly Row[] = [
  ['t', 'noise', 'time', 'decision 22'],
  ['note', 'command', 'what the script did; not judged', 'format'],
  ['sha256.**', 'derived', 'equal exactly when no page differs', 'MIG-S8'],
  ['pagesA', 'exact', 'the pages that pmemsave was asked for', 'format'],
  ['pagesB', 'exact', 'the pages that pmemsave was asked for', 'format'],
  ['differing', 'bounded', 'none exactly when the digests are equal', 'MIG-S8'],
  ['first[]', 'bounded', 'the first of the differing pages, in order', 'MIG-S8'],
  ['words', 'bounded', 'at least one in each differing page', 'MIG-S8'],
  ['xorOr', 'derived', '0 exactly when no page differs', 'MIG-S8'],
  ['registersEqual', 'exact', 'whether the texts of both machines are equal', 'MIG-S8'],
  ['registerLinesDiffering[]', 'derived', 'none exactly when the registers are equal', 'MIG-S8'],
  ['**', 'noise', 'examples of words that differ', 'format'],
];

const NOTE: readonly Row[] = [
  ['src', 'derived', 'the run state last asked for; `exited` when it ended', '5.C'],
  ['dst', 'derived', 'the run state last asked for; `exited` when it ended', '5.C'],
  ['sequence[]', 'derived', 'the statuses polled last', '5.B'],
  ['srcEvents[]', 'derived', 'all events of the machine so far', '5.A'],
  ['dstEvents[]', 'derived', 'all events of the machine so far', '5.A'],
  ['last.**', 'derived', 'a copy of the poll that ended the last wait', 'format'],
  ['r.**', 'derived', 'a copy of a message', 'format'],
  ['reply.**', 'derived', 'a copy of a message', 'format'],
  ['count.**', 'derived', 'a copy of an answer', 'format'],
  ['c.**', 'derived', 'a copy of an answer', 'format'],
  ['c1.**', 'derived', 'a copy of an answer', 'format'],
  ['c2.**', 'derived', 'a copy of an answer', 'format'],
  ['sum.**', 'derived', 'a copy of an answer', 'format'],
  ['w.seq[]', 'derived', 'the statuses polled last', '5.B'],
  ['w1.seq[]', 'derived', 'the statuses polled last', '5.B'],
  ['w2.seq[]', 'derived', 'the statuses polled last', '5.B'],
  ['ms', 'noise', 'time', 'decision 22'],
  ['**', 'noise', 'other results of the script', 'format'],
];

/** The table. Records: `start sent received sample asked answered stderr exit comparison note`. */
export const fields: FieldTable = fieldTable([
  ...qemuRows({
    commands: 'QMP specification',
    received: RECEIVED,
    answered: ANSWER,
    stderr: ['stderr', 'noise', 'what QEMU printed', 'format'],
    exit: ['exit', 'exact', '0 after quit; 1 when the stream cannot be loaded', 'QEMU migration.c'],
    note: NOTE,
  }),
  ...rows(
    'received',
    'msg.return.',
    POLL.filter(([path]) => path.startsWith('ram.')),
  ),
  ...qemuRecord('sample'),
  ...rows('sample', 'sample.', POLL),
  ...rows('comparison', '', COMPARISON),
  ...['q', 'w.q', 'w1.q', 'w2.q'].flatMap((key) => rows('note', `${key}.`, POLL)),
]);
