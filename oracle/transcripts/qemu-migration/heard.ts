/** The latest messages of a log, which notes copy. */
import { canonical, isObject } from '../log.ts';
import type { Place } from '../verdict.ts';

/** A message, and where it was heard. */
interface Message {
  readonly value: unknown;
  readonly place: Place;
}

/** Notes copy what was said lately. */
const HEARD_MAX = 1_000;

/** Remembers messages. */
export class Heard {
  private readonly texts: Map<string, Message> = new Map();

  hear(place: Place, ...messages: readonly unknown[]): void {
    for (const value of messages) {
      const text = canonical(value);
      this.texts.delete(text);
      this.texts.set(text, { value, place });
    }
    for (const oldest of this.texts.keys()) {
      if (this.texts.size <= HEARD_MAX) break;
      this.texts.delete(oldest);
    }
  }

  has(copy: unknown): boolean {
    return this.texts.has(canonical(copy));
  }

  /** The message that a wrong copy is most like: with the most equal values, the latest of these. */
  nearest(copy: unknown): Message | undefined {
    let best: Message | undefined;
    let most = 0;
    for (const message of this.texts.values()) {
      const alike = likeness(copy, message.value);
      if (alike < most) continue;
      most = alike;
      best = message;
    }
    return most === 0 ? undefined : best;
  }
}

/** How many keys and values two messages have in common. */
function likeness(one: unknown, other: unknown): number {
  if (!isObject(one) || !isObject(other)) return canonical(one) === canonical(other) ? 2 : 0;
  let alike = 0;
  for (const [key, value] of Object.entries(one)) {
    if (Object.hasOwn(other, key)) alike += 1 + likeness(value, other[key]);
  }
  return alike;
}
