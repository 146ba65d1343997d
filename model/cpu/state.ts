/**
 * The state of the CPUs of one host: what runs where, what waits, and where the time of each went.
 *
 * A guest believes that its vCPUs run all the time. The VMM has *threads* instead, which compete for
 * the physical CPUs: one for each vCPU, and some of its own that work for all VMs. What a scheduler
 * keeps about them is its own affair (`schedulers/`); here is what all schedulers share.
 */
import {
  array,
  bool,
  enumOf,
  fraction,
  ghost,
  history,
  type Infer,
  index,
  int,
  list,
  option,
  record,
  ref,
  set,
  type View,
  variant,
} from '../../machine/index.ts';
import { vm } from '../memory/index.ts';

/** A physical CPU. Ties are broken by id, so that ids mean something. */
export const pcpu = index('pcpu', { ordered: true });
/** What a physical CPU can run: first the vCPUs, VM by VM, then the threads of the VMM itself. */
export const thread = index('thread', { ordered: true });
/** Whether the host can give CPUs to VMs for themselves: there is one or none of what it takes. */
export const dedication = index('dedication', { ordered: true });

/** The numbers that a scope gives this subsystem. Time is counted in ticks: one `cpu.tick` each. */
export type CpuSizes = {
  readonly vm: number;
  readonly pcpu: number;
  readonly thread: number;
  /** vCPUs of each VM; threads beyond those of all VMs are the VMM's own. */
  readonly vcpus: number;
  /** vCPUs of each VM that are plugged in at the start. */
  readonly online: number;
  /** The scheduler at the start, by its place in the table. */
  readonly scheduler: number;
  /** The largest weight of a VM. VM 0 begins with `firstWeight`, all others with 1. */
  readonly weight: number;
  readonly firstWeight: number;
  /** Ticks that round robin and the credit schedulers give to one thread at a time. */
  readonly quantum: number;
  /** Parts of a tick that schedulers can tell apart which charge for time as it passes. */
  readonly subticks: number;
  /** The most ticks that a thread asks EEVDF for at a time. */
  readonly request: number;
  /** Ticks in which caps are counted and reservations are kept. */
  readonly period: number;
  /** Most ticks of work that a thread of the VMM has before it. */
  readonly work: number;
  /** Ticks that a vCPU spins before it is taken for one that waits for a sibling to run. */
  readonly spin: number;
  /** A vCPU is stopped when it is so many ticks ahead of its slowest sibling, and let go at fewer. */
  readonly stop: number;
  readonly start: number;
  /** Ticks that a strict VM waits for CPUs to be left for it before it goes first. */
  readonly ageing: number;
  /** 1: CPUs can be dedicated to VMs, all but so many that always serve all. */
  readonly dedication: number;
  readonly minShared: number;
  /** 1: guests reach their memory, and the VMM works in the background, only while they have CPUs. */
  readonly coupled: number;
  /** 1: threads of the VMM run before all vCPUs; 0: they are scheduled like vCPUs of weight 1. */
  readonly vmmFirst: number;
  /** Ticks until time ends; 0 where it does not. */
  readonly horizon: number;
  /**
   * Monitors count a thread's wait up to here: more than any bound of the scope. Virtual times stay
   * within as many units of each other.
   */
  readonly patience: number;
  /** Monitors keep an advantage up to here: more than any bound of the scope. */
  readonly advantage: number;
  /** Fractions of ticks are multiples of 1/grid, which every weight must divide. */
  readonly grid: number;
};

/** Why a vCPU does not run although nothing keeps it from running: it has nothing to do. */
const reasons = ['halt', 'io', 'swap-in', 'quiesce', 'no-work', 'off'] as const;

/** What a thread does. CPU-T1 lists the changes that are legal. */
export const ThreadState = variant({
  /** Unplugged. */
  offline: {},
  /** Its VM is paused; on resume it is what it was. */
  paused: { was: enumOf('ready', ...reasons) },
  blocked: { on: enumOf(...reasons) },
  /** Waits for a physical CPU, in the queue of the scheduler. */
  ready: {},
  /** Its VM has used up its cap. */
  throttled: {},
  /** It is too far ahead of its siblings. */
  costopped: {},
  /** It is to have a CPU of its own, and there is none for it yet. */
  unassigned: {},
  running: { on: ref(pcpu) },
});
export type ThreadState = Infer<typeof ThreadState>;

/** Ticks of a thread's life, by what it did. CPU-I4. */
const ThreadBuckets = history(
  record({
    run: int(999_999),
    ready: int(999_999),
    costop: int(999_999),
    throttled: int(999_999),
    blocked: int(999_999),
    paused: int(999_999),
    offline: int(999_999),
    swapwait: int(999_999),
  }),
);

const Thread = record({
  /** The VM whose vCPU it is; none for a thread of the VMM. */
  vm: option(ref(vm)),
  state: ThreadState,
  /** Where it may run. */
  affinity: set(pcpu),
  /** A wake that it has not seen yet: delivered by the next tick, or after the VM's pause. */
  wakePending: bool,
  /** It gives up the rest of its turn. */
  yielded: bool,
  /** Its scheduler keeps it off the CPUs, whatever else it does. */
  held: bool,
  /** Ticks that it has spun for a lock since it got its CPU. */
  spun: int('spin'),
  /** It gave its turn to a sibling because it spun, and has not run since. */
  gaveTurn: bool,
  /** Ticks that it has progressed beyond the slowest of its siblings: one too many would show. */
  lead: int((z: CpuSizes) => z.stop + 1),
  /** Sub-ticks of this tick that it has run and its scheduler has not charged yet, and all of them. */
  uncharged: int('subticks'),
  computed: history(int(9_999_999)),
  /** Ticks of work before a thread of the VMM. */
  work: int('work'),
  /** Ticks of this period that a vCPU is promised and has not had yet. */
  promised: int('period'),
  /** It began to compete after CPUs were given out: not all of its promise may fit any more. */
  late: bool,
  buckets: ThreadBuckets,
  /** Time stolen from the guest that the published record does not tell yet. */
  unpublished: int('patience'),
  /** What the guest can read of it. */
  published: record({ steal: history(int(999_999)), preempted: bool }),
});

const Pcpu = record({
  online: bool,
  current: option(ref(thread)),
  /** Its thread goes before the scheduler's choice: by a promise, as work of the VMM, or as owner. */
  byRight: bool,
  /** The sibling whose turn its thread runs in: it pays for the tick. */
  lentBy: option(ref(thread)),
  buckets: history(
    record({ guest: int(999_999), vmm: int(999_999), idle: int(999_999), down: int(999_999) }),
  ),
});

/** VMs are dedicated automatically when there have been CPUs for all of them for two periods. */
export function hysteresis({ period }: Pick<CpuSizes, 'period'>): number {
  return 2 * period;
}
/** All that the host's CPUs can do in a period. */
const perPeriod = (z: CpuSizes): number => z.pcpu * z.period;

const CpuVm = record({
  weight: int('weight', 1),
  /** Ticks of all its vCPUs together in a period: promised, and allowed (0: without a cap). */
  reservation: int(perPeriod),
  cap: int(perPeriod),
  used: int(perPeriod),
  /** vCPUs that its host wants it to have: the first so many are plugged in. */
  wanted: int('vcpus'),
  /** Its next instruction waits for a page, as its memory said at the last tick. */
  stalled: bool,
  /** Whether its vCPUs are kept from running far ahead of each other, or run together or not at all. */
  coscheduling: enumOf('none', 'relaxed', 'strict'),
  /** Ticks that a strict VM has waited for enough CPUs at a time. */
  age: int('ageing'),
  /** A spin lock of its guest, which is handed on in the order in which it was asked for. */
  lock: record({ holder: option(ref(thread)), waiting: list(ref(thread), 'vcpus') }),
});

/** Which VMs have CPUs for themselves, and which. 5.10. */
const Dedication = record({
  vms: set(vm),
  /** The vCPU that a CPU belongs to: it runs that one, or nothing. */
  owners: array(pcpu, option(ref(thread))),
  /** All VMs are dedicated while there are CPUs for all of their vCPUs, and share where there are not. */
  automatic: bool,
  /** Ticks since there were too few. */
  roomy: int(hysteresis),
});

/**
 * What properties of fairness look back on, kept so that a search explores it with the rest.
 * An interval in which the premises of a promise hold ends where a thread is *disturbed*.
 */
const Watch = record({
  /** Threads that stopped competing, began to, or gave up a turn since the last tick. */
  disturbed: set(thread),
  /** Nobody was since this scheduler began, which shares the one CPU that there is by weight. */
  even: bool,
  /** While that is so: ticks that a thread has run beyond its share of all since then. */
  beyond: array(
    thread,
    fraction('advantage', (z: CpuSizes) => z.weight * Math.max(z.thread, 1)),
  ),
  /** Since this scheduler began, some CPU was offline or some thread was kept from one. */
  constrained: bool,
  /** Ticks since any thread was. */
  steady: int('patience'),
  /** How often a thread was passed over since it is ready, and how many competed then. */
  waited: array(thread, int('patience')),
  rivals: array(thread, int('thread')),
  /** Ticks that a thread has run since it got its CPU, up to a quantum. */
  ran: array(thread, int('quantum')),
  /** Ticks of this period owed to a thread that has competed since its start, and not given yet. */
  owed: array(thread, int('period')),
  /** How far one thread got ahead of another in the worst interval that ends now, by weight. */
  ahead: array(thread, array(thread, fraction('advantage', 'grid'))),
});

/** What all schedulers share. */
export const coreFields = {
  pcpus: array(pcpu, Pcpu),
  threads: array(thread, Thread),
  vms: array(vm, CpuVm),
  dedication: array(dedication, Dedication),
  /** The threads that are ready, in an order that the scheduler keeps. CPU-I5. */
  queue: list(ref(thread), 'thread'),
  /** The threads that are throttled, in the order in which they are to compete again. CPU-I9. */
  throttled: list(ref(thread), 'thread'),
  /** Caps are counted in periods; else the scheduler keeps them, by `held` threads. */
  countsCaps: bool,
  /** Ticks of this period, and of all time where it ends. */
  phase: int('period'),
  /** Sub-ticks of this tick that have passed. */
  part: int('subticks'),
  elapsed: int('horizon'),
  watch: ghost(Watch),
};
export const cpuCore = record(coreFields);

/** What a scheduler sees besides its own state. */
export interface CpuCore extends Infer<typeof cpuCore> {}
export type CpuCoreView = View<CpuCore>;
export type CpuThread = CpuCore['threads'] extends Iterable<infer X> ? X : never;
