/** Judging QMP events of a machine (specification 5.A). */
import type { RunState } from '../../../model/index.ts';
import type { ReceivedRecord } from '../qemu/records.ts';
import { shutdown } from '../qemu/replies.ts';
import { differs, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import type { Machine } from './machine.ts';
import { changed, pass, streamed } from './migration.ts';
import { resumed, stopped } from './run-state.ts';
import type { World } from './world.ts';

type Message = ReceivedRecord['msg'];
type Found = Contradiction | undefined;

/** Events that announce that the guest is stopped, and the state it is stopped in. */
const STOPS: Readonly<Record<string, RunState>> = {
  GUEST_PANICKED: 'guest-panicked',
  BLOCK_IO_ERROR: 'io-error',
  WATCHDOG: 'watchdog',
};
/** Events of run states that are not modelled. */
const UNMODELLED = ['SUSPEND', 'SUSPEND_DISK', 'WAKEUP', 'RESET', 'POWERDOWN'];

/** Judges an event. */
export function event(world: World, machine: Machine, msg: Message, place: Place): Found {
  const { event: name = '', data } = msg;
  switch (name) {
    case 'MIGRATION':
      return migration(world, machine, String(data?.status), place);
    case 'MIGRATION_PASS':
      machine.events.push(`MIGRATION_PASS:${show(data?.pass)}`);
      return pass(machine, data?.pass, place);
    case 'STOP':
      machine.events.push(name);
      for (const request of machine.requests) request.stopped = true;
      if (machine.attempt !== undefined) machine.attempt.still = true;
      return stopped(machine, place);
    case 'RESUME':
      machine.events.push(name);
      for (const request of machine.requests) request.resumed = true;
      return resumed(machine, place) ?? world.resumed(machine, place);
    case 'SHUTDOWN':
      machine.shutdown = true;
      machine.stopCauses.add('shutdown');
      return shutdown(data, machine.quitting);
    default: {
      const state = STOPS[name];
      if (state !== undefined) machine.stopCauses.add(state);
      if (UNMODELLED.includes(name)) machine.loose = true;
      return undefined;
    }
  }
}

function migration(world: World, machine: Machine, status: string, place: Place): Found {
  machine.events.push(`MIGRATION:${status}`);
  if (!machine.can('events') && !machine.pending('migrate-set-capabilities')) {
    return differs('msg.event', 'MIGRATION', 'no such event: the capability events is off');
  }
  // A machine that waits, or was filled, speaks of the stream that comes in.
  const comesIn = machine.listens !== undefined && machine.next === undefined;
  return comesIn
    ? (machine.incoming.event(status, place) ?? streamed(world, machine, status, place))
    : (machine.outgoing.event(status, place) ?? changed(machine, status, place));
}
