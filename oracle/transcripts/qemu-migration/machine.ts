/** One machine of a migration transcript, and the guest that moves from machine to machine. */
import {
  type MigrationStatus,
  qemuSource,
  qemuTarget,
  type RunState,
} from '../../../model/index.ts';
import type { Place } from '../verdict.ts';
import type { MachineArguments } from './argv.ts';
import type { Counters } from './counters.ts';
import { Status } from './status.ts';

/** What is known of a run state. */
export interface Run {
  readonly possible: ReadonlySet<RunState>;
  /** The record that this is known from. */
  readonly place: Place | undefined;
  /** It was seen stopped, or must be, and the STOP event has not come yet. */
  readonly owesStop: Place | undefined;
}

/** A QMP command that waits for its reply. */
export interface Request {
  readonly execute: string;
  readonly id: string | number | undefined;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly place: Place;
  /** RESUME or STOP came since it was sent. */
  resumed: boolean;
  stopped: boolean;
}

/** What is known of one guest, wherever it runs. */
export interface Guest {
  /** The writer's count as last asked for, where and when. */
  count: { readonly value: number; readonly machine: Machine; readonly place: Place } | undefined;
  /** The most pages that may lie in the balloon: their contents are not the guest's. */
  ballooned: number;
}

/** A migration from one machine to another. */
export interface Handover {
  readonly source: Machine;
  readonly target: Machine;
}

/** Memory or registers that were read from a machine. */
export interface Reading<T> {
  readonly value: T;
  readonly place: Place;
  /** The migration that the guest had not run after, when it was read. */
  readonly handover: Handover | undefined;
}

/** One outgoing migration. */
export interface Attempt {
  readonly target: Machine | undefined;
  readonly counters: Counters;
  /** Number of the last MIGRATION_PASS, and as of the last reply. */
  passes: number;
  passesReplied: number;
  passPlace: Place | undefined;
  /** A pass came while the guest was stopped: the harvest after the freeze (MIG-S6). */
  finalPass: boolean;
  /** The guest stood still at some time of it. */
  still: boolean;
  /** Post-copy has begun; it was interrupted at some time. */
  postcopy: boolean;
  recovered: boolean;
  /** It was seen to be completed. */
  handed: boolean;
  /** The guest was resumed: perhaps left behind, perhaps still to be stopped. */
  doubtful: boolean;
}

/** States of the switchover; the guest's own one is kept meanwhile. */
const SWITCHED: readonly RunState[] = ['finish-migrate', 'postmigrate', 'inmigrate'];

/** Major release that has the status `failing` at the earliest (QFAIL). */
const FAILING_SINCE = 10;

/** Whether a status is one of post-copy. */
export function isPostcopy(status: string): boolean {
  return status.startsWith('postcopy-');
}

/** The state of one process; a reader keeps one per name and replaces it on a new start. */
export class Machine {
  readonly name: string;
  readonly arguments: MachineArguments;
  run: Run;
  /** What it says of the migration that leaves, and of the one that comes in. */
  readonly outgoing: Status = new Status(qemuSource, (to) => this.mayLeave(to));
  readonly incoming: Status = new Status(qemuTarget, (to) => this.mayComeIn(to));
  /** A `migrate` that has not led to `setup` yet. */
  starting = false;
  /** A `migrate_cancel`, or the end of the process, may cancel. */
  cancelling = false;
  /** `migrate-start-postcopy` was asked for. */
  postcopying = false;
  /** Some machine was told to migrate, so that a stream may come in. */
  streaming = false;
  attempt: Attempt | undefined;
  /** The machine that the last `migrate` names, where one waits there. */
  next: { readonly target: Machine | undefined } | undefined;
  guest: Guest = { count: undefined, ballooned: 0 };
  /** The machine whose migration comes in. */
  stream: Machine | undefined;
  /** Where it waits for a migration. */
  listens: string | undefined;
  /** States of the guest since the last migration began, but those of the switchover. */
  readonly before: Set<RunState> = new Set();
  /** It starts by itself once it is there. */
  autostart: boolean;
  /** A command was sent whose effects are not modelled: run states are only held against 5.C. */
  loose = false;
  /** Memory may have been plugged. */
  plugged = false;
  /** States that an event announced the guest to be stopped with. */
  readonly stopCauses: Set<RunState> = new Set();
  readonly capabilities: Set<string> = new Set();
  readonly parameters: Map<string, unknown> = new Map();
  readonly requests: Request[] = [];
  readonly questions: string[] = [];
  ready = false;
  quitting = false;
  exited = false;
  shutdown = false;
  stderr = '';
  /** Major number of QEMU's version; 0 while it is not known. */
  version = 0;
  /** All memory that migrates, in bytes, where a poll told it. */
  total: { readonly bytes: number; readonly place: Place } | undefined;
  memory: Reading<number> | undefined;
  registers: Reading<string> | undefined;
  /** The migration that it took part in last, while it has not run since. */
  handover: Handover | undefined;
  /** What the script saw: statuses of polls that changed, events, the last run state. */
  readonly statuses: string[] = [];
  readonly events: string[] = [];
  status: { readonly value: string; readonly place: Place } | undefined;

  constructor(name: string, args: MachineArguments) {
    this.name = name;
    this.arguments = args;
    this.autostart = !args.paused;
    this.listens = args.incoming === 'defer' ? undefined : args.incoming;
    const first = args.incoming !== undefined ? 'inmigrate' : args.paused ? 'prelaunch' : 'running';
    this.run = { possible: new Set<RunState>([first]), place: undefined, owesStop: undefined };
    this.before.add(first);
    // A stream from a file or a command may come at any time; others wait for a `migrate`.
    this.streaming = /^(exec|file|fd):/.test(args.incoming ?? '');
  }

  /** Whether something can lead to a status of the migration that leaves. */
  private mayLeave(to: MigrationStatus): boolean {
    if (to === 'setup') return this.starting;
    if (to === 'cancelling') return this.cancelling;
    if (to === 'pre-switchover') return this.can('pause-before-switchover');
    if (to === 'wait-unplug') return this.arguments.failover;
    if (to === 'colo') return this.can('x-colo');
    if (to === 'failing') return this.version === 0 || this.version >= FAILING_SINCE;
    return !isPostcopy(to) || this.postcopying;
  }

  /** Whether something can lead to a status of the migration that comes in. */
  private mayComeIn(to: MigrationStatus): boolean {
    if (to === 'active') return this.streaming;
    if (to === 'failing') return this.version === 0 || this.version >= FAILING_SINCE;
    return !isPostcopy(to) || this.can('postcopy-ram');
  }

  /** It is in one of these states. */
  become(possible: Iterable<RunState>, place: Place, owesStop?: Place): void {
    this.run = { possible: new Set(possible), place, owesStop };
    for (const state of possible) if (!SWITCHED.includes(state)) this.before.add(state);
  }

  /** Whether a command of this name waits for its reply. */
  pending(execute: string): boolean {
    return this.requests.some((request) => request.execute === execute);
  }

  /** Whether capability `name` is on. */
  can(name: string): boolean {
    return this.capabilities.has(name);
  }
}
