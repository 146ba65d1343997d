/** One machine of a balloon transcript: its balloon, what was asked of it, what it has said. */

import { canonical } from '../log.ts';
import { differs, type Interval, outside } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import {
  type Balloon,
  type BalloonCommand,
  command,
  hull,
  initialBalloon,
  seen,
} from './actual.ts';
import type { MachineArguments } from './argv.ts';

/** The tail of a console holds no more answers than this. */
const ANSWERS_MAX = 1_000;

/** A QMP command that waits for its reply. */
export interface Request {
  readonly execute: string;
  readonly id: string | number | undefined;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** A message and its result, as canonical JSON. */
export interface Heard {
  readonly texts: readonly string[];
  readonly place: Place;
}

/** Guest statistics as last reported. */
export interface Statistics {
  readonly update: number;
  readonly values: Readonly<Record<string, number>>;
  readonly place: Place;
}

/** The state of one machine; a reader keeps one per name and replaces it on a new start. */
export class Machine {
  readonly arguments: MachineArguments;
  balloon: Balloon;
  readonly requests: Request[] = [];
  readonly questions: string[] = [];
  /** Sizes the balloon may have had since the last QMP reply, and since the last statistics. */
  sinceReply: Interval;
  sinceStatistics: Interval;
  /** Where the balloon was last seen. */
  seenAt: Place | undefined;
  /** The guest's total memory in KiB with an empty balloon, where the log told it. */
  total: { readonly kib: number; readonly place: Place; readonly confirmed: boolean } | undefined;
  statistics: Statistics | undefined;
  ready = false;
  /** The driver was loaded at boot or by `insmod`. */
  loaded: boolean;
  /** A driver may have moved the balloon since the last event. */
  driven: boolean;
  /** A guest of fewer bytes than this may run out of memory by itself; known when it is ready. */
  needs = 0;
  exited = false;
  shutdown: string | undefined;
  quitting = false;
  events = 0;
  stderr = '';
  /** Sizes polled since the last `balloon` command or note with steps, in bytes. */
  polls: number[] = [];
  /** The bytes last asked for, as asked. */
  asked: number | undefined;
  /** The latest message of each kind: of a QMP command, of a step of the agent, `stderr`. */
  readonly heard: Map<string, Heard> = new Map();
  /** The agent's answers as canonical JSON, the latest ones in order. */
  answers: { readonly text: string; readonly place: Place }[] = [];

  constructor(args: MachineArguments) {
    this.arguments = args;
    const device = args.balloons[0];
    const skipped = args.skipped.includes('virtio_balloon');
    const driver = device === undefined || skipped ? 'absent' : 'perhaps';
    this.loaded = !skipped;
    this.driven = driver !== 'absent';
    this.balloon = initialBalloon(args.ram, device?.oom ?? false, driver);
    this.sinceReply = this.balloon.actual;
    this.sinceStatistics = this.balloon.actual;
  }

  /** Exactly one balloon device can be there. */
  get hasBalloon(): boolean {
    return this.arguments.balloons.length === 1;
  }

  /** Remembers a message for the notes that copy it. */
  hear(kind: string, place: Place, ...messages: readonly unknown[]): void {
    this.heard.set(kind, { texts: messages.map(canonical), place });
  }

  /** Remembers an answer of the agent for the console's tail. */
  hearAgent(message: unknown, place: Place): void {
    this.answers = [...this.answers.slice(-ANSWERS_MAX), { text: canonical(message), place }];
  }

  tell(to: BalloonCommand): void {
    this.become(command(this.balloon, to));
    const { requested, target, pressed } = this.balloon;
    if (!pressed && (requested ?? target) < this.needs) this.tell({ kind: 'press' });
  }

  /** A size that was read now; a contradiction when the balloon cannot be there. */
  see(field: string, bytes: number, place: Place): Contradiction | undefined {
    const next = seen(this.balloon, bytes);
    if (next === undefined) return outsideOf(field, bytes, this.balloon.actual, this.seenAt);
    this.balloon = next;
    this.sinceReply = next.actual;
    this.sinceStatistics = hull(this.sinceStatistics, next.actual);
    this.seenAt = place;
    return undefined;
  }

  /** A size from an event: the one at the last change before it was sent. */
  seeEvent(field: string, bytes: number, place: Place): Contradiction | undefined {
    this.events += 1;
    if (!this.driven) return differs(field, bytes, 'no event: no driver moves the balloon');
    // The event of an unload may come up to a second after it.
    if (this.balloon.driver === 'absent') this.driven = false;
    const next = seen(this.balloon, bytes);
    if (next !== undefined) {
      this.become(next);
      this.seenAt = place;
      return undefined;
    }
    const { low, high } = this.sinceReply;
    const before = bytes >= low && bytes <= high && bytes % 4096 === 0;
    return before ? undefined : outsideOf(field, bytes, this.sinceReply, this.seenAt);
  }

  private become(next: Balloon): void {
    this.balloon = next;
    this.driven ||= next.driver !== 'absent';
    this.sinceReply = hull(this.sinceReply, next.actual);
    this.sinceStatistics = hull(this.sinceStatistics, next.actual);
  }

  /** Total memory in KiB that the guest may see when its size lies in the interval (BAL-I8). */
  totalKib(size: Interval): Interval | undefined {
    if (this.total === undefined) return undefined;
    const { kib } = this.total;
    if (this.balloon.oom) return { low: kib, high: kib };
    const { ram } = this.balloon;
    return { low: kib - (ram - size.low) / 1024, high: kib - (ram - size.high) / 1024 };
  }
}

/** The contradiction of a size that lies outside an interval, or is not whole pages. */
export function outsideOf(
  field: string,
  value: number,
  sizes: Interval,
  because?: Place,
): Contradiction {
  const { low, high } = sizes;
  const far = outside(field, value, sizes)?.difference;
  return {
    field,
    observed: `${value}`,
    allowed: low === high ? `${low}` : `${low} to ${high}, whole pages`,
    difference: far ?? 'not whole pages',
    ...(because === undefined ? {} : { because }),
  };
}
