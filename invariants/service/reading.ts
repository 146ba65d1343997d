/**
 * How properties read guest systems: from their own fields and the vCPUs themselves, not by the
 * model's own helpers.
 */
import { type Change, propertiesOf, type Reads, type View } from '../../machine/index.ts';
import type { CheckedServices, ServiceCall, Services } from '../../model/index.ts';

export const property = propertiesOf<CheckedServices>();

export type Reading = View<Services>;
type ElementOf<T> = T extends { at(id: never): infer X } ? X : never;
export type SystemReading = ElementOf<Reading['guests']>;
export type ServiceChange = Change<CheckedServices>;
type Kind = ServiceCall['kind'];

/** Names of commands that must exist. */
export const kinds = <K extends Kind>(...names: readonly K[]): readonly K[] => names;

/** For a property: other commands cannot change what it reads. */
export const reads: Reads<CheckedServices> = {
  parts: 1,
  changed: ({ call, size }) =>
    size.guest > 0 && (call.kind.startsWith('service.') || call.kind === 'cpu.tick') ? 1 : 0,
};

/** What the vCPUs of a VM do. */
export interface Vcpus {
  /** The thread of the first of them. */
  readonly first: number;
  /** They are stopped: by a pause, or to be carried to another host. */
  readonly paused: boolean;
  readonly carried: boolean;
  readonly running: boolean;
  /** Some of them could run and does not. */
  readonly waiting: boolean;
  /** The first of them runs, or sleeps and can be woken. */
  readonly firstTakesTimer: boolean;
}

/**
 * What they did in a tick that is over. A tick hears which VMs wait for a page before it is anything
 * for their guests: what ran of those did not get further (MIX-T3).
 */
export const vcpusIn = ({ before, after }: ServiceChange, id: number): Vcpus =>
  vcpusOf(before, id, after.cpu.vms.at(id).stalled);

export function vcpusOf({ cpu }: Reading, id: number, waitsForPage = false): Vcpus {
  const kindsOf: string[] = [];
  let first = -1;
  let firstTakesTimer = false;
  for (let t = 0; t < cpu.threads.length; t++) {
    const { vm, state } = cpu.threads.at(t);
    if (vm !== id) continue;
    if (first < 0) {
      first = t;
      firstTakesTimer =
        state.kind === 'running'
          ? !waitsForPage
          : state.kind === 'blocked' && state.on !== 'swap-in';
    }
    kindsOf.push(waitsForPage && state.kind === 'running' ? 'blocked' : state.kind);
  }
  const some = (...kinds: readonly string[]): boolean => kindsOf.some((k) => kinds.includes(k));
  // One that moves has none on its host for a while.
  const carried = kindsOf.every((k) => k === 'offline');
  return {
    first,
    paused: some('paused') || carried,
    carried,
    running: some('running'),
    waiting: some('ready', 'throttled', 'costopped', 'unassigned'),
    firstTakesTimer,
  };
}

/** No time passes for a guest: it is paused, or carried where its clock stands still then. MIG-A7. */
export function standsStill(m: Reading, id: number, size: ServiceChange['size']): boolean {
  const { paused, carried } = vcpusOf(m, id);
  if (!carried || size.runningClock === 0) return paused;
  return m.clusters.some(({ hosts }) => hosts.at(m.host).paused.at(id));
}

/** How many ticks a guest's time of day is behind its host's; less than none where it is ahead. */
export function behind({ drift }: SystemReading): number {
  if (drift.kind === 'exact') return 0;
  return drift.kind === 'behind' ? drift.by : -drift.by;
}

/** Further off than a scope counts is as far as it counts. */
export const asFarAsCounted = (ticks: number, most: number): number =>
  Math.max(-most, Math.min(ticks, most));

/** Another host runs a guest, or was the last to: its time is not this one's. */
export const isElsewhere = ({ host, clusters }: Reading, id: number): boolean =>
  clusters.some(({ ownership }) => ownership.at(id).lastRan !== host);

/** The guests that are up before a change and after it, and what else is said of them. */
export function* stayingUp({
  before,
  after,
}: ServiceChange): Generator<readonly [id: number, from: SystemReading, to: SystemReading]> {
  for (let id = 0; id < after.guests.length; id++) {
    const [from, to] = [before.guests.at(id), after.guests.at(id)];
    if (isElsewhere(before, id)) continue;
    if (from.system === 'up' && to.system === 'up') yield [id, from, to];
  }
}
