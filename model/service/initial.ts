/** Guest systems at power-on of the host, and what is left of one that has ended. */
import { type Infer, table } from '../../machine/index.ts';
import type { C, GuestSystem, guestServices, Services } from './model.ts';
import { guest, type ServiceSizes } from './state.ts';

/** Every guest is up and right, its service runs, and its host has all of it turned on. */
export const initialServices = (z: ServiceSizes): Infer<typeof guestServices> =>
  table(z, guest, () => ({
    system: 'up',
    clock: 'pv',
    monotonic: 0,
    drift: { kind: 'exact' },
    backlog: 0,
    unaccounted: 0,
    timer: 0,
    uncounted: 0,
    accounted: { own: 0, stolen: 0 },
    slewing: 0,
    stopped: false,
    unwatched: 0,
    present: true,
    policy: 'implicit-sync',
    enabled: { time: true, heartbeat: true, quiesce: true, shutdown: true },
    syncDue: false,
    mayStepBack: false,
    message: { kind: 'none' },
    heard: false,
    unanswered: 0,
    sinceBeat: z.heartbeat,
    silence: 'none',
    files: 'thawed',
    thawsIn: 0,
    unflushed: false,
    shutdown: 'none',
    patience: 0,
    wasPaused: false,
  }));

/** Nothing is left of a system but what its host has set. */
function clearSystem(system: GuestSystem): void {
  system.system = 'off';
  system.monotonic = 0;
  system.drift = { kind: 'exact' };
  system.backlog = 0;
  system.unaccounted = 0;
  system.timer = 0;
  system.uncounted = 0;
  system.accounted.own = 0;
  system.accounted.stolen = 0;
  system.slewing = 0;
  system.stopped = false;
  system.unwatched = 0;
  system.present = false;
  system.policy = 'ignores-samples';
  system.syncDue = false;
  system.mayStepBack = false;
  system.message = { kind: 'none' };
  system.heard = false;
  system.unanswered = 0;
  system.silence = 'none';
  system.files = 'thawed';
  system.thawsIn = 0;
  system.unflushed = false;
  system.shutdown = 'none';
  system.patience = 0;
  system.wasPaused = false;
}

/** A system ends, with what has not reached its disk. */
export function endSystem(m: Services, id: number, c: C): void {
  const system = m.guests.at(id);
  c.emit({ type: 'powered-off', vm: id, lost: system.unflushed });
  clearSystem(system);
}
