/**
 * QEMU's own state machines of a migration: MigrationStatus on either side and RunState
 * (specification 5.A to 5.C). Tables, and the questions that one asks of them.
 */

/** One transition that QEMU has, and what makes it happen. */
export interface StateChange<S extends string> {
  readonly from: S;
  readonly to: S;
  readonly cause: string;
}

/** A state machine of QEMU, with where its table stands and what it was read in. */
export interface StateMachine<S extends string> {
  /** Section of the specification. */
  readonly id: string;
  readonly source: string;
  readonly changes: readonly StateChange<S>[];
  /** States that some releases pass through and others do not (the erase rule of 5.B). */
  readonly erasable: readonly S[];
}

/** `query-migrate` status and the MIGRATION event (5.B). `failing` is of newer trees only. */
export type MigrationStatus =
  | 'none'
  | 'setup'
  | 'wait-unplug'
  | 'active'
  | 'pre-switchover'
  | 'device'
  | 'postcopy-device'
  | 'postcopy-active'
  | 'postcopy-paused'
  | 'postcopy-recover-setup'
  | 'postcopy-recover'
  | 'completed'
  | 'failing'
  | 'failed'
  | 'cancelling'
  | 'cancelled'
  | 'colo';

/** `query-status` (5.C). */
export type RunState =
  | 'prelaunch'
  | 'debug'
  | 'inmigrate'
  | 'internal-error'
  | 'io-error'
  | 'paused'
  | 'postmigrate'
  | 'finish-migrate'
  | 'restore-vm'
  | 'colo'
  | 'running'
  | 'save-vm'
  | 'shutdown'
  | 'suspended'
  | 'watchdog'
  | 'guest-panicked';

type Row<S extends string> = readonly [from: S, to: S, cause: string];

function changesOf<S extends string>(rows: readonly Row<S>[]): readonly StateChange<S>[] {
  return rows.map(([from, to, cause]) => ({ from, to, cause }));
}

const sourceRows: readonly Row<MigrationStatus>[] = [
  ['none', 'setup', 'migrate accepted'],
  ['completed', 'setup', 'migrate accepted, after the VM left behind was resumed'],
  ['failed', 'setup', 'migrate accepted'],
  ['cancelled', 'setup', 'migrate accepted'],
  ['setup', 'active', 'setup done, no unplug pending'],
  ['setup', 'wait-unplug', 'failover device still plugged'],
  ['setup', 'failed', 'bad transport, connect error, channel setup error, notifier refusal'],
  ['setup', 'cancelling', 'cancel'],
  ['wait-unplug', 'active', 'unplug finished'],
  ['wait-unplug', 'cancelling', 'cancel'],
  ['active', 'device', 'switchover, no pause before it'],
  ['active', 'pre-switchover', 'switchover with pause-before-switchover'],
  ['active', 'completed', 'background snapshot; older releases: also plain precopy'],
  ['active', 'failed', 'stream, setup or completion error, postcopy start error'],
  ['active', 'cancelling', 'cancel'],
  ['pre-switchover', 'device', 'migrate-continue'],
  ['pre-switchover', 'cancelling', 'cancel'],
  ['pre-switchover', 'failed', 'multifd error'],
  ['device', 'completed', 'precopy completion'],
  ['device', 'colo', 'colo capability'],
  ['device', 'postcopy-device', 'postcopy switchover with return path'],
  ['device', 'postcopy-active', 'postcopy switchover without return path'],
  ['device', 'failed', 'completion or package error'],
  ['device', 'cancelling', 'cancel'],
  ['postcopy-device', 'postcopy-active', 'target confirmed that the package is loaded'],
  ['postcopy-device', 'failed', 'I/O error before the target runs'],
  ['postcopy-active', 'completed', 'all pages sent'],
  ['postcopy-active', 'postcopy-paused', 'I/O error or migrate-pause'],
  ['postcopy-active', 'failed', 'completion error that the stream did not cause'],
  ['postcopy-paused', 'postcopy-recover-setup', 'migrate with resume=true'],
  ['postcopy-recover-setup', 'postcopy-recover', 'channel connected'],
  ['postcopy-recover-setup', 'postcopy-paused', 'connect error'],
  ['postcopy-recover', 'postcopy-active', 'resume acknowledged by the target'],
  ['postcopy-recover', 'postcopy-paused', 'another error during recovery'],
  ['cancelling', 'cancelled', 'cleanup finished'],
  // A user's cancel is refused in these states; the end of the process may force it.
  ['postcopy-device', 'cancelling', 'process shutdown'],
  ['postcopy-active', 'cancelling', 'process shutdown'],
  ['postcopy-paused', 'cancelling', 'process shutdown'],
  ['postcopy-recover-setup', 'cancelling', 'process shutdown'],
  ['postcopy-recover', 'cancelling', 'process shutdown'],
];

const cleanup = 'cleanup finished, in trees that have `failing`';

/** Newer trees: every way to `failed` leads over `failing` (QFAIL); both forms are accepted. */
const failing: readonly Row<MigrationStatus>[] = [
  ...sourceRows
    .filter(([, to]) => to === 'failed')
    .map(([from, , cause]): Row<MigrationStatus> => [from, 'failing', cause]),
  ['failing', 'failed', cleanup],
];

/** The source's MigrationStatus. Exits from `colo` are not in the table: they were not read. */
export const qemuSource: StateMachine<MigrationStatus> = {
  id: '5.B',
  source: 'QEMU migration/migration.c; qemu-devel "introduce MIGRATION_STATUS_FAILING"',
  changes: changesOf([...sourceRows, ...failing]),
  // The last one is not in the erase rule of 5.B, but releases before 9.1 do not have it either.
  erasable: ['device', 'postcopy-device', 'postcopy-recover-setup'],
};

/** The target's MigrationStatus. */
export const qemuTarget: StateMachine<MigrationStatus> = {
  id: '5.B',
  source: 'QEMU migration/migration.c and savevm.c, incoming side',
  changes: changesOf([
    ['none', 'setup', 'listening'],
    ['setup', 'active', 'the stream arrives'],
    ['active', 'completed', 'everything is loaded'],
    ['active', 'failed', 'the stream ends or cannot be loaded'],
    ['active', 'postcopy-active', 'the listen thread starts'],
    ['postcopy-active', 'completed', 'every page is there'],
    ['postcopy-active', 'failed', 'an error that no recovery is possible from'],
    ['postcopy-active', 'postcopy-paused', 'the stream breaks'],
    ['postcopy-paused', 'postcopy-recover', 'a new stream'],
    ['postcopy-recover', 'postcopy-active', 'the resume command of the source'],
    ['postcopy-recover', 'postcopy-paused', 'the new stream breaks too'],
    // Not in the specification: the source rows for `failing` hold for newer targets too.
    ['active', 'failing', cleanup],
    ['postcopy-active', 'failing', cleanup],
    ['failing', 'failed', cleanup],
  ]),
  // Releases differ in whether a target that listens has said so (decision 26).
  erasable: ['setup'],
};

const runRows: Readonly<Record<RunState, readonly RunState[]>> = {
  prelaunch: ['inmigrate', 'suspended', 'running', 'finish-migrate'],
  debug: ['running', 'finish-migrate', 'prelaunch', 'suspended'],
  inmigrate: [
    ...(['internal-error', 'io-error', 'paused', 'running', 'shutdown', 'suspended'] as const),
    ...(['watchdog', 'guest-panicked', 'finish-migrate', 'prelaunch', 'postmigrate'] as const),
    'colo',
  ],
  'internal-error': ['paused', 'finish-migrate', 'prelaunch'],
  'io-error': ['running', 'finish-migrate', 'prelaunch'],
  paused: ['running', 'finish-migrate', 'postmigrate', 'prelaunch', 'colo', 'suspended'],
  postmigrate: ['running', 'finish-migrate', 'prelaunch'],
  'finish-migrate': [
    ...(['running', 'paused', 'postmigrate', 'prelaunch', 'colo', 'internal-error'] as const),
    ...(['io-error', 'shutdown', 'suspended', 'watchdog', 'guest-panicked'] as const),
  ],
  'restore-vm': ['running', 'prelaunch', 'suspended'],
  colo: ['running', 'prelaunch', 'shutdown'],
  running: [
    ...(['debug', 'internal-error', 'io-error', 'paused', 'finish-migrate'] as const),
    ...(['restore-vm', 'save-vm', 'shutdown', 'watchdog', 'guest-panicked'] as const),
    ...(['colo', 'suspended'] as const),
  ],
  'save-vm': ['running', 'suspended'],
  // And `running`, in record/replay play mode only.
  shutdown: ['paused', 'finish-migrate', 'prelaunch', 'colo'],
  suspended: [
    ...(['running', 'finish-migrate', 'prelaunch', 'colo', 'paused'] as const),
    ...(['save-vm', 'restore-vm', 'shutdown'] as const),
  ],
  watchdog: ['running', 'finish-migrate', 'prelaunch', 'colo'],
  'guest-panicked': ['running', 'finish-migrate', 'prelaunch'],
};

/** All run states, in the order of the table. */
const runStates: readonly RunState[] = [
  ...(['prelaunch', 'debug', 'inmigrate', 'internal-error', 'io-error', 'paused'] as const),
  ...(['postmigrate', 'finish-migrate', 'restore-vm', 'colo', 'running', 'save-vm'] as const),
  ...(['shutdown', 'suspended', 'watchdog', 'guest-panicked'] as const),
];

/**
 * The run state, of the newer revision; any other transition aborts the process. Releases before
 * the suspend-aware migration lack those between `suspended` and prelaunch, paused, save-vm,
 * restore-vm and shutdown: a log that lacks them is a log of this table all the same.
 */
export const qemuRunState: StateMachine<RunState> = {
  id: '5.C',
  source: 'QEMU system/runstate.c',
  changes: runStates.flatMap((from) =>
    runRows[from].map((to) => ({ from, to, cause: 'runstate_transitions_def' })),
  ),
  erasable: [],
};

/** The states that may be seen next after `from`; those that a release may erase are passed over. */
export function nextStates<S extends string>(machine: StateMachine<S>, from: S): ReadonlySet<S> {
  const next = new Set<S>();
  const waiting = [from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const change of machine.changes) {
      if (change.from !== at || next.has(change.to)) continue;
      next.add(change.to);
      if (machine.erasable.includes(change.to)) waiting.push(change.to);
    }
  }
  return next;
}

/** Whether `to` may be what is seen next after `from`. */
export function mayFollow<S extends string>(machine: StateMachine<S>, from: S, to: S): boolean {
  return nextStates(machine, from).has(to);
}

/** The states that may be seen at some time after `from`, `from` among them. */
export function statesAfter<S extends string>(machine: StateMachine<S>, from: S): ReadonlySet<S> {
  const after = new Set([from]);
  // A set that grows while it is walked: what is added is walked too.
  for (const state of after) for (const next of nextStates(machine, state)) after.add(next);
  return after;
}
