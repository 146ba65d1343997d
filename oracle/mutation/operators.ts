/**
 * Reply operators: what a system could answer instead of the truth. The oracle is tested with them
 * as properties are with seeded bugs.
 */
import type { AnyEvent } from '../../machine/index.ts';
import type { Answer, ReportedEvent } from '../reference/reply.ts';

/** What else a reply to a command could have named. */
export interface Alternatives {
  /** Every code with which the command may be refused. */
  readonly codes: readonly string[];
  /** Every value of each choice. */
  readonly choices: ReadonlyMap<string, readonly unknown[]>;
}

/** Changes a true reply, or undefined where there is nothing to change. `below(n)` draws 0..n-1. */
export type ReplyOperator = (
  reply: Answer,
  below: (n: number) => number,
  others: Alternatives,
) => Answer | undefined;

export const replyOperators: Readonly<Record<string, ReplyOperator>> = {
  /** A field of an event, the reason to refuse, or a choice has another value of its kind. */
  value(reply, below, others) {
    if (!reply.ok) return otherCode(reply, below, others);
    const events = changedEvents(reply, (value) => {
      if (typeof value === 'boolean') return !value;
      if (typeof value === 'string') return `not-${value}`;
      return typeof value === 'number' ? value + 2 + below(7) : undefined;
    });
    return oneOf([...events, ...changedChoices(reply, below, others)], below);
  },
  /** An event is missing. */
  omission(reply, below) {
    const events = eventsOf(reply);
    if (!reply.ok || events.length === 0) return undefined;
    const gone = below(events.length);
    return { ...reply, events: events.filter((_, i) => i !== gone) };
  },
  /** What was accepted is refused, or the other way round. */
  status(reply) {
    return reply.ok ? { ok: false, rejection: {} } : { ok: true };
  },
  /** An event too many: one that happened twice, or one that did not happen. */
  event(reply, below) {
    if (!reply.ok) return undefined;
    const events = eventsOf(reply);
    const more =
      events.length === 0 ? { type: 'stray' } : (events[below(events.length)] as AnyEvent);
    return { ...reply, events: [...events, more] };
  },
  /** A number is one too high or too low. */
  boundary: (reply, below) =>
    oneOf(
      changedEvents(reply, (value) =>
        typeof value === 'number' ? value + (below(2) === 0 ? 1 : -1) : undefined,
      ),
      below,
    ),
};

const eventsOf = (reply: Answer): readonly ReportedEvent[] => (reply.ok && reply.events) || [];

function oneOf<T>(all: readonly T[], below: (n: number) => number): T | undefined {
  return all.length === 0 ? undefined : all[below(all.length)];
}

function otherCode(
  reply: Extract<Answer, { ok: false }>,
  below: (n: number) => number,
  { codes }: Alternatives,
): Answer | undefined {
  const code = oneOf(
    codes.filter((each) => each !== reply.rejection?.code),
    below,
  );
  return code === undefined ? undefined : { ...reply, rejection: { code } };
}

/** A reply for each field of an event that `change` can change. */
function changedEvents(reply: Answer, change: (value: unknown) => unknown): Answer[] {
  if (!reply.ok) return [];
  const events = eventsOf(reply);
  return events.flatMap((event, at) =>
    Object.entries(event).flatMap(([name, value]) => {
      const to = name === 'type' ? undefined : change(value);
      if (to === undefined) return [];
      return [{ ...reply, events: events.with(at, { ...event, [name]: to }) }];
    }),
  );
}

/** A reply for each choice, with another value of it. */
function changedChoices(
  reply: Extract<Answer, { ok: true }>,
  below: (n: number) => number,
  { choices }: Alternatives,
): Answer[] {
  return Object.entries(reply.choices ?? {}).flatMap(([name, value]) => {
    const others = (choices.get(name) ?? []).filter(
      (other) => JSON.stringify(other) !== JSON.stringify(value),
    );
    if (others.length === 0) return [];
    return [{ ...reply, choices: { ...reply.choices, [name]: oneOf(others, below) } }];
  });
}
