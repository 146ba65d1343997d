/**
 * The state of guest systems, as far as the host's services have to do with them: whether they are
 * up, what time they believe it to be, and the integration service (VMware Tools, the Hyper-V
 * utilities, the QEMU guest agent) that talks with the host. 5.11.
 *
 * Time is counted in ticks of the host. Clocks are kept as how far they are off, so that a search ends.
 */
import {
  bool,
  enumOf,
  ghost,
  history,
  type Infer,
  index,
  int,
  record,
  variant,
} from '../../machine/index.ts';

/** A VM whose guest system is modelled: all of a scope, or none. Its id is that of the VM. */
export const guest = index('guest', { ordered: true });

/** The numbers that a scope gives this subsystem. Time is counted in ticks: one `cpu.tick` each. */
export type ServiceSizes = {
  /** VMs whose guest systems are modelled: as many as there are VMs, or 0. */
  readonly guest: number;
  /** Clocks that are further off than this, either way, count as off by this. */
  readonly drift: number;
  /** How far the clock of the board may be ahead when a guest boots. */
  readonly ahead: number;
  /** Timer ticks that a VMM delivers late, besides the one that is due, in a tick. */
  readonly replays: number;
  /** A clock that is ahead leaves out one tick in so many. */
  readonly slew: number;
  /** A guest that is so far behind takes a sample for a SYNC, where it does so at all. */
  readonly implicit: number;
  /** Ticks after which a watchdog of a guest that has not looked in between complains. */
  readonly watchdog: number;
  /** Ticks between two heartbeats. */
  readonly heartbeat: number;
  /** Most ticks that a guest may be frozen. */
  readonly freeze: number;
  /** Ticks that a host waits for a guest that it has asked to shut down. */
  readonly shutdown: number;
  /** Ticks for which a guest may set a timer. */
  readonly timer: number;
  /** 1: the clock of a guest goes on while it is carried to another host; 0: it stands still. MIG-A7. */
  readonly runningClock: number;
};

/** What a timer has to count may come while its guest stands still to move. */
const whereRunning = (z: ServiceSizes): number => (z.runningClock === 1 ? z.timer : 0);

/** How far a guest's time of day is off. */
export const Drift = variant({
  exact: {},
  behind: { by: int('drift', 1) },
  ahead: { by: int('drift', 1) },
});
export type Drift = Infer<typeof Drift>;

/** What the host has sent of its time of day. `age` is what has passed since it was read. */
export const TimeMessage = variant({
  none: {},
  /** Set the clock. */
  sync: { age: int('drift') },
  /** For the guest to use as it likes. */
  sample: { age: int('drift') },
});
export type TimeMessage = Infer<typeof TimeMessage>;

/** How a guest learns of time: it reads a clock of the VMM's, or counts the ticks of a timer. */
export const clockSource = enumOf(
  /** A paravirtual clock: the host's counter and what to add to it. */
  'pv',
  /** A timer. Ticks that find no vCPU to take them are lost. */
  'timer',
  /** A timer whose VMM delivers such ticks later. */
  'timer-with-replay',
);

/** What the service makes of the samples of time that it gets. */
export const timePolicy = enumOf(
  'ignores-samples',
  /** Takes one for a SYNC when it is far behind: hosts forget to ask for one after a suspend. */
  'implicit-sync',
  /** Steps forward when it is behind, and goes slower when it is ahead. */
  'follows-samples',
);

/** What the host may turn off. */
export const feature = enumOf('time', 'heartbeat', 'quiesce', 'shutdown');

export const GuestService = record({
  /** A crashed system does nothing any more; its host cannot tell it from one that is silent. */
  system: enumOf('off', 'up', 'crashed'),
  clock: clockSource,
  /** What its monotonic clock shows. */
  monotonic: history(int(999_999)),
  drift: Drift,
  /** Timer ticks that are still to be delivered. */
  backlog: int('drift'),
  /** Ticks stolen from its first vCPU that it has not accounted for. */
  unaccounted: int('drift'),
  /** Ticks of its monotonic clock until its timer fires; 0: it is not set. */
  timer: int('timer'),
  /** Ticks of its clock, while it is carried to another host, that its timer is yet to count. */
  uncounted: int(whereRunning),
  /** What it takes its ticks for: its own, or stolen from it. */
  accounted: history(record({ own: int(999_999), stolen: int(999_999) })),
  /** 0: its time of day goes at its own speed; else ticks since one was left out, and this one. */
  slewing: int('slew'),
  /** The host says that it has stopped the VM since a watchdog last asked. */
  stopped: bool,
  /** Ticks since a watchdog last looked. */
  unwatched: int('watchdog'),
  /** The service runs. */
  present: bool,
  policy: timePolicy,
  enabled: record({ time: bool, heartbeat: bool, quiesce: bool, shutdown: bool }),
  /** The host has to send a SYNC. */
  syncDue: bool,
  /** The next SYNC may set the clock back. */
  mayStepBack: bool,
  message: TimeMessage,
  /** It has answered a heartbeat; since then so many were sent; ticks since the last of these. */
  heard: bool,
  unanswered: int(2),
  sinceBeat: int('heartbeat'),
  /** What the ticks since the first of these were: its vCPUs waited for CPUs in all of them, or not. */
  silence: enumOf('none', 'starved', 'idle'),
  files: enumOf('thawed', 'freezing', 'frozen'),
  /** Ticks of the host until it thaws by itself. */
  thawsIn: int('freeze'),
  /** Its disk lacks something that was written. */
  unflushed: bool,
  shutdown: enumOf('none', 'requested', 'acknowledged'),
  /** Ticks that its host still waits for it. */
  patience: int('shutdown'),
  /** A watchdog has not looked since the VM was paused. */
  wasPaused: ghost(bool),
});
