/** What a system did that the model does not permit: what was permitted, and the nearest of it. */
import type { Call } from '../../machine/index.ts';
import {
  type Disagreement,
  outcomeText,
  type Reply,
  replyDifference,
  replyText,
  type StepOutcome,
} from './reply.ts';

/** An answer that the model permits, with the arguments under which it gives it. */
export interface Allowed {
  readonly outcome: StepOutcome;
  readonly args: Call['args'];
}

export type Reason =
  | 'reply'
  | 'observation'
  | 'too-loose'
  | 'too-many-states'
  | 'malformed'
  | 'threw';

export interface Finding {
  /**
   * `reply`, `observation`: no state explains what was seen. `too-loose`: the system refuses too
   * often for reasons of its own. `too-many-states`: too little is seen to judge. `malformed`: what
   * it sent is no reply or no observation. `threw`: it failed, died or hung.
   */
  readonly reason: Reason;
  /** In one sentence. */
  readonly message: string;
  readonly command?: Call;
  /** Distinct replies that were permitted, the nearest one first. */
  readonly allowed: readonly Allowed[];
  /** How what was seen differs from the nearest that was permitted. */
  readonly difference: readonly Disagreement[];
}

/** No more than these are reported. */
const allowedMax = 10;

export function unexplainedReply(
  command: Call,
  reply: Reply,
  outcomes: readonly Allowed[],
): Finding {
  const distinct = new Map<string, Allowed & { readonly difference: readonly Disagreement[] }>();
  for (const each of outcomes) {
    const text = outcomeText(each.outcome);
    if (!distinct.has(text)) {
      distinct.set(text, { ...each, difference: replyDifference(each.outcome, reply) });
    }
  }
  const nearest = [...distinct.values()].sort((a, b) => distance(a) - distance(b));
  const allowed = nearest.slice(0, allowedMax).map(({ outcome, args }) => ({ outcome, args }));
  const texts = allowed.map(({ outcome }) => outcomeText(outcome)).join(' or ');
  return {
    reason: 'reply',
    message: `${command.kind} answered '${replyText(reply)}'; allowed was '${texts}'`,
    command,
    allowed,
    difference: nearest[0]?.difference ?? [],
  };
}

/** A reply of the other sort is farther away than any of the same. */
function distance({ difference }: { readonly difference: readonly Disagreement[] }): number {
  return difference[0]?.path === 'reply' ? Number.POSITIVE_INFINITY : difference.length;
}

export function unexplainedObservation(all: readonly (readonly Disagreement[])[]): Finding {
  const [nearest = []] = [...all].sort((a, b) => a.length - b.length);
  const [first] = nearest;
  const more = nearest.length > 1 ? `, and ${nearest.length - 1} more places` : '';
  const seen =
    first === undefined ? '' : `: ${first.path} is ${first.observed}, not ${first.allowed}`;
  const states = all.length === 1 ? 'the only possible state' : `any of ${all.length} states`;
  return {
    reason: 'observation',
    message: `what the system shows is not ${states}${seen}${more}`,
    allowed: [],
    difference: nearest,
  };
}
