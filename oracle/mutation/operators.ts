/**
 * Reply operators: what a system could answer instead of the truth. The oracle is tested with them
 * as properties are with seeded bugs.
 */
import type { AnyEvent } from '../../machine/index.ts';
import type { Answer, ReportedEvent } from '../reference/reply.ts';

/** Changes a true reply, or undefined where there is nothing to change. `below(n)` draws 0..n-1. */
export type ReplyOperator = (reply: Answer, below: (n: number) => number) => Answer | undefined;

export const replyOperators: Readonly<Record<string, ReplyOperator>> = {
  /** A field of an event has another value of its kind. */
  value: (reply, below) =>
    changedField(reply, below, (value) => {
      if (typeof value === 'boolean') return !value;
      if (typeof value === 'string') return `not-${value}`;
      return typeof value === 'number' ? value + 2 + below(7) : undefined;
    }),
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
    changedField(reply, below, (value) =>
      typeof value === 'number' ? value + (below(2) === 0 ? 1 : -1) : undefined,
    ),
};

const eventsOf = (reply: Answer): readonly ReportedEvent[] => (reply.ok && reply.events) || [];

/** A reply with one field of one event changed, drawn from all that `change` can change. */
function changedField(
  reply: Answer,
  below: (n: number) => number,
  change: (value: unknown) => unknown,
): Answer | undefined {
  if (!reply.ok) return undefined;
  const events = eventsOf(reply);
  const places = events.flatMap((event, i) =>
    Object.entries(event).flatMap(([name, value]) => {
      const to = name === 'type' ? undefined : change(value);
      return to === undefined ? [] : [{ i, name, to }];
    }),
  );
  if (places.length === 0) return undefined;
  const { i, name, to } = places[below(places.length)] as (typeof places)[number];
  return {
    ...reply,
    events: events.map((event, at) => (at === i ? { ...event, [name]: to } : event)),
  };
}
