/** A pre-copy migration page by page and tick by tick: what formulas of whole rounds are held against. */
import type { Decision, Limits, Load, RoundEnd, StopPolicy } from '../../../model/index.ts';

export interface Simulated {
  readonly decision: Decision;
  /** Pages that each round sent. */
  readonly rounds: readonly number[];
  /** What is dirty when the rounds end, and the ticks that it takes to send that. */
  readonly left: number;
  readonly downtime: number;
}

/**
 * Runs rounds until the policy ends them, or so many have ended. `write` names the page that the
 * guest writes next; a tick has `load.dirtied` writes.
 */
export function simulate(
  load: Load,
  write: () => number,
  policy: StopPolicy,
  limits: Limits,
  roundsMax: number,
): Simulated {
  const { memory, bandwidth } = load;
  const sent: number[] = [];
  let send = new Set(Array.from({ length: memory }, (_, page) => page));
  let dirtyBefore: number | null = null;
  let elapsed = 0;
  for (;;) {
    const dirty = new Set<number>();
    let inRound = 0;
    while (send.size > 0) {
      // A page that is written before it is sent is sent as it is now, and again later.
      for (let i = 0; i < load.dirtied; i++) dirty.add(write());
      for (const page of [...send].slice(0, bandwidth)) {
        send.delete(page);
        inRound++;
      }
      elapsed++;
    }
    sent.push(inRound);
    const all = sent.reduce((sum, each) => sum + each, 0);
    const end: RoundEnd = {
      ...{ rounds: sent.length, dirty: dirty.size, dirtyBefore, sent: all, memory },
      ...{ bandwidth, elapsed },
    };
    const decision = policy(end, limits);
    if (decision !== 'go-on' || sent.length >= roundsMax) {
      const downtime = Math.ceil(dirty.size / bandwidth);
      return { decision, rounds: sent, left: dirty.size, downtime };
    }
    dirtyBefore = dirty.size;
    send = dirty;
  }
}
