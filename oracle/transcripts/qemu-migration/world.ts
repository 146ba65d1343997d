/** All machines of a migration transcript, and what holds between them. */
import type { Broken, Contradiction, Place } from '../verdict.ts';
import { Heard } from './heard.ts';
import type { Machine, Reading } from './machine.ts';
import { surelyRuns } from './run-state.ts';

/** At most one copy of a guest runs (specification 4.C). */
const ONE_GUEST = { property: 'MIG-S1', name: 'exactly one running guest' };

/** The machines by name; a new start replaces the machine of that name. */
export class World {
  readonly machines: Map<string, Machine> = new Map();
  readonly heard: Heard = new Heard();
  /** The machine that was polled last, or is to be. */
  polled: Machine | undefined;
  /** Properties that were broken in the record that is being read. */
  readonly broken: Broken[] = [];

  /** The machine that waits at an address. */
  waiting(source: Machine, uri: unknown): Machine | undefined {
    const waiting = [...this.machines.values()].filter(
      (each) => each !== source && !each.exited && each.run.possible.has('inmigrate'),
    );
    const named = waiting.filter(({ listens }) => sameAddress(listens, uri));
    // Which end of a pipe or descriptor is whose is not told.
    const told = typeof uri === 'string' && /^(unix|tcp):/.test(uri);
    const [one, ...others] = named.length > 0 || told ? named : waiting;
    return others.length === 0 ? one : undefined;
  }

  /** A `migrate` was sent: from now on a stream may come in anywhere. */
  streams(): void {
    for (const machine of this.machines.values()) machine.streaming = true;
  }

  /** A machine runs from here on. */
  resumed(machine: Machine, place: Place): Contradiction | undefined {
    machine.handover = undefined;
    const { attempt, stream } = machine;
    if (attempt !== undefined) {
      attempt.finalPass = false;
      attempt.doubtful = !machine.can('events') && !attempt.handed;
    }
    if (stream !== undefined && machine.guest !== stream.guest) {
      machine.guest = stream.guest;
      this.stopsFor(stream, place);
    }
    return this.exclusive(machine);
  }

  /** A source was stopped before its target is where it is; its event may come later. */
  stopsFor(source: Machine, place: Place): void {
    const comes = source.outgoing.mayCome('completed', 'postcopy-active');
    const { handed = true, doubtful = false } = source.attempt ?? {};
    if (surelyRuns(source) && comes && !handed && !doubtful)
      source.become(['finish-migrate'], place, place);
  }

  /** Whether another copy of its guest has begun to run, for which it must have stopped. */
  runsElsewhere(machine: Machine): boolean {
    const { run, guest } = machine;
    if (run.owesStop === undefined) return false;
    return this.copies(machine).some((each) => each.guest === guest && surelyRuns(each));
  }

  /** It says that it runs. */
  runs(machine: Machine, place: Place): Contradiction | undefined {
    machine.become(['running'], place);
    if (machine.attempt !== undefined) machine.attempt.doubtful = false;
    return this.exclusive(machine);
  }

  /** Notes when this machine and another one run the same guest. */
  exclusive(machine: Machine): undefined {
    const runs = (each: Machine): boolean => surelyRuns(each) && each.attempt?.doubtful !== true;
    const other = this.copies(machine).find(runs);
    if (other === undefined || !runs(machine)) return;
    const since = other.run.place === undefined ? '' : ` (line ${other.run.place.line})`;
    const observed = `${machine.name} runs, and so does ${other.name}${since}`;
    this.broken.push({ ...ONE_GUEST, observed });
  }

  private copies(machine: Machine): Machine[] {
    return [...this.machines.values()].filter(
      (each) => each !== machine && each.guest === machine.guest,
    );
  }

  reading<T>({ handover }: Machine, value: T, place: Place): Reading<T> {
    return { value, place, handover };
  }
}

function sameAddress(listens: string | undefined, uri: unknown): boolean {
  if (listens === undefined || typeof uri !== 'string') return false;
  const port = (address: string) => /^tcp:.*:(\d+)(,.*)?$/.exec(address)?.[1];
  return listens === uri || (port(uri) !== undefined && port(listens) === port(uri));
}
