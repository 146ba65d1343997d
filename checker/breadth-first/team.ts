/** Those who search together, as the one who leads them sees them. */
import { type Memories, ownMemories } from './memory.ts';

/** What all workers do at the same time; at the end they go. */
export const tasks = ['expand', 'absorb', 'settle', 'end'] as const;
export type Task = (typeof tasks)[number];

export interface Team {
  /** How many there are, the leader included. */
  readonly workers: number;
  readonly memories: Memories;
  /** Calls the others together, once everything that is shared was made. */
  start(): void;
  /** Whether all have come; waits a little. */
  isReady(): boolean;
  /** The others begin the task that the control names. */
  begin(): void;
  /** Whether some have not ended it; waits a little. Throws what keeps one of them from it. */
  isBusy(): boolean;
  /** Lets the others go. */
  end(): void;
}

/** A team of the leader alone. */
export const alone = (): Team => ({
  workers: 1,
  memories: ownMemories,
  start() {},
  isReady: () => true,
  begin() {},
  isBusy: () => false,
  end() {},
});
