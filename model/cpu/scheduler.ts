/** What a scheduler is: a policy with a state of its own, told what happens and asked who runs. */
import type { Id, RecordShape } from '../../machine/index.ts';
import type { CpuCore, CpuSizes } from './state.ts';

export type ThreadId = Id<'thread'>;
export type PcpuId = Id<'pcpu'>;

/** Why a thread begins to compete. */
export type Cause =
  /** The host was powered on. */
  | 'start'
  /** A wake that it waited for. */
  | 'wake'
  /**
   * Its VM goes on after a pause; or it has a new budget, or its scheduler holds it no more, or its
   * siblings have caught up with it.
   */
  | 'resume'
  | 'refill'
  /** It had a CPU by right, and has no more. */
  | 'right'
  /** Its guest begins to use it. */
  | 'hotplug';

/** On hosts of how many CPUs properties look back on something. */
type Watched = 'always' | 'on-one-cpu';

/**
 * A scheduling policy. The core (`../operations.ts`) changes the states of threads and calls these
 * afterwards, each with the policy's own state, what all policies share, and the scope's sizes. A
 * policy changes its own state and puts threads into `m.queue`; the core takes them out.
 */
export interface Scheduler<S = unknown> {
  /** What it keeps: one record, whose fields only this policy knows. */
  readonly state: RecordShape<S>;
  /** Between which threads it promises to share CPU time: all alike, by weight, or not at all. */
  readonly shares: 'equally' | 'by-weight' | 'unfairly';
  /**
   * What properties look back on while it runs: turns of a quantum, how long threads wait, and who got
   * ahead of whom. Of what none looks at nothing is kept: it would tell states apart for nothing.
   */
  readonly watched: {
    readonly turns?: Watched;
    readonly waits?: Watched;
    readonly leads?: Watched;
  };
  /**
   * How it counts time: by sub-ticks, as they pass, so that threads may run for a part of a tick. The
   * others see who runs when a tick is over, and take it that this thread ran the whole of it.
   */
  readonly charges?: 'sub-ticks';
  /** That it keeps caps in its own way, by `held` threads. For the others the core counts periods. */
  readonly keepsCaps?: true;
  /** That no thread is ahead of another: how a policy begins. */
  initial(size: CpuSizes): S;
  /** The same, written into a state that is there. */
  reset(own: S, m: CpuCore, size: CpuSizes): void;
  /** A thread has become ready: it joins the queue. */
  onWake(own: S, m: CpuCore, t: ThreadId, cause: Cause, size: CpuSizes): void;
  /** A thread that competes was taken off its CPU and is ready still: it joins the queue. */
  onPreempt(own: S, m: CpuCore, t: ThreadId, size: CpuSizes): void;
  /** A thread has stopped competing, or has a CPU by right; it is in the queue no more. */
  onBlock(own: S, m: CpuCore, t: ThreadId, size: CpuSizes): void;
  /** A thread loses its CPU: for policies that keep account of all time, by right or not. */
  onDeschedule?(own: S, m: CpuCore, t: ThreadId, size: CpuSizes): void;
  /**
   * A tick has passed, in which the threads that run now ran. One on a CPU that is `byRight` does not
   * compete, and is not charged, unless the policy keeps account of all time.
   */
  onTick(own: S, m: CpuCore, size: CpuSizes): void;
  /** Which thread runs on a CPU from now on: its current one, one of the queue, or none. */
  pick(own: S, m: CpuCore, p: PcpuId, size: CpuSizes): ThreadId | null;
  /** The weight of a VM has changed from `before`. */
  onWeight(own: S, m: CpuCore, vm: Id<'vm'>, before: number, size: CpuSizes): void;
  /** The cap of a VM has changed: asked only of policies that keep caps. */
  onCap?(own: S, m: CpuCore, vm: Id<'vm'>, size: CpuSizes): void;
  /** A thread was plugged in and is ready (it joins the queue), or unplugged, after `onBlock`. */
  onHotplug(own: S, m: CpuCore, t: ThreadId, size: CpuSizes): void;
  /** The queue as this policy would serve it. */
  order(own: S, m: CpuCore, size: CpuSizes): readonly ThreadId[];
}
