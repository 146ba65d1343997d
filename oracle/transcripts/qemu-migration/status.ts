/**
 * What is known of a MigrationStatus (specification 5.B): where the events put it, and how far a
 * poll may be off. A status is set first and told of then, so a poll may be ahead of the events,
 * and, as its reply is written last, behind those that came since the last reply.
 */
import { type MigrationStatus, nextStates, type StateMachine } from '../../../model/index.ts';
import type { Contradiction, Place } from '../verdict.ts';

interface Seen {
  readonly status: MigrationStatus;
  readonly place: Place;
}

/** The belief about one side's status. */
export class Status {
  private readonly machine: StateMachine<MigrationStatus>;
  /** Whether anything can lead to a status now, as the commands and capabilities say. */
  private readonly may: (to: MigrationStatus) => boolean;
  /** Where the events put it; several while nothing was told. */
  private at: Set<MigrationStatus>;
  /** Every change is told from here on (capability `events`). */
  private told = false;
  /** What it was since the last reply of the machine. */
  private held: Set<MigrationStatus>;
  /** A poll that was ahead of the events. */
  private ahead: Seen | undefined;
  private polled: Seen | undefined;
  place: Place | undefined;

  constructor(machine: StateMachine<MigrationStatus>, may: (to: MigrationStatus) => boolean) {
    this.machine = machine;
    this.may = may;
    this.at = new Set(['none']);
    this.held = new Set(this.at);
  }

  /** Where it may be now, as the events tell it. */
  get now(): ReadonlySet<MigrationStatus> {
    return this.told ? this.at : this.later(this.at);
  }

  /** Whether it may be one of these. */
  mayBe(...statuses: readonly MigrationStatus[]): boolean {
    return statuses.some((status) => this.now.has(status));
  }

  /** Whether it may be one of these now or later. */
  mayCome(...statuses: readonly MigrationStatus[]): boolean {
    const later = this.later(this.now);
    return statuses.some((status) => later.has(status));
  }

  /** Whether it is one of these and nothing else. */
  is(...statuses: readonly MigrationStatus[]): boolean {
    return [...this.now].every((status) => statuses.includes(status));
  }

  /** From here on every change is told, or is not. */
  tell(events: boolean): void {
    if (events === this.told) return;
    this.at = new Set(this.now);
    this.held = new Set(this.at);
    this.told = events;
  }

  /** A poll that was ahead of the events, none of which has told of its status yet. */
  get untold(): Seen | undefined {
    return this.told ? this.ahead : undefined;
  }

  /** A reply was written: what is read later is not older than this. */
  reply(): void {
    this.held = new Set(this.at);
  }

  /** A change that was told. */
  event(status: string, place: Place): Contradiction | undefined {
    const allowed = new Set([...this.now].flatMap((from) => [...this.next(from)]));
    const next = [...allowed].find((each) => each === status);
    if (next === undefined) return this.refuse('msg.data.status', status, allowed, this.place);
    const { ahead } = this;
    if (next === 'setup') this.forget();
    else if (ahead !== undefined && !this.later([next]).has(ahead.status)) {
      const before = [...allowed].filter((each) => this.later([each]).has(ahead.status));
      return this.refuse('msg.data.status', status, new Set(before), ahead.place);
    }
    if (this.ahead?.status === next) this.ahead = undefined;
    this.at = new Set([next]);
    this.held.add(next);
    this.place = place;
    return undefined;
  }

  /** What a poll says. */
  poll(field: string, status: string, place: Place): Contradiction | undefined {
    const { polled } = this;
    const possible = new Set([...this.held, ...this.later(this.at)]);
    const since =
      polled === undefined || this.may('setup') ? possible : this.later([polled.status]);
    const allowed = new Set([...possible].filter((each) => since.has(each)));
    const seen = [...allowed].find((each) => each === status);
    if (seen === undefined) {
      const ruledOut = [...possible].some((each) => each === status);
      return this.refuse(field, status, allowed, ruledOut ? polled?.place : this.place);
    }
    this.polled = { status: seen, place };
    if (!this.told) {
      this.at = new Set([seen]);
      this.place = place;
    } else if (!this.held.has(seen) && !this.at.has(seen)) this.ahead = this.polled;
    this.reply();
    return undefined;
  }

  /** A migration has begun, though no event told so. */
  begin(): void {
    this.forget();
    this.at = new Set(['setup']);
    this.reply();
  }

  /** A new attempt begins. */
  private forget(): void {
    this.ahead = undefined;
    this.polled = undefined;
    this.held = new Set();
  }

  private next(from: MigrationStatus): ReadonlySet<MigrationStatus> {
    // What follows COLO was not read.
    if (from === 'colo') return new Set(this.machine.changes.map(({ to }) => to));
    return new Set([...nextStates(this.machine, from)].filter(this.may));
  }

  private later(from: Iterable<MigrationStatus>): Set<MigrationStatus> {
    const after = new Set(from);
    for (const each of after) for (const next of this.next(each)) after.add(next);
    return after;
  }

  private refuse(
    field: string,
    observed: string,
    allowed: ReadonlySet<MigrationStatus>,
    because: Place | undefined,
  ): Contradiction {
    const blame = because === undefined ? {} : { because };
    const list = [...allowed].join(', ') || 'no change';
    return { field, observed, allowed: list, difference: 'another status', ...blame };
  }
}
