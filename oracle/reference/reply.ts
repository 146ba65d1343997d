/**
 * What a system answers to a command, and how that is held against what the model answers.
 *
 * A reply may leave out whatever the system does not know or tell; what is left out may have been
 * anything. A step of the model is a reply as it stands.
 */
import type { AnyEvent, Call, Rejection } from '../../machine/index.ts';

/** What a system did besides what it was asked, or chose while it did that. */
interface Beside {
  /** The host's choices that it made, by argument; those left out may have been any. */
  readonly choices?: Readonly<Record<string, unknown>>;
  /** Commands that it carried out by itself, before and after the one that it was asked for. */
  readonly before?: readonly Told[];
  readonly after?: readonly Told[];
}

/** An event as a system reports it: fields that it does not know are left out. */
export interface ReportedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export type Reply =
  | ({ readonly ok: true; readonly events?: readonly ReportedEvent[] } & Beside)
  | ({ readonly ok: false; readonly rejection?: { readonly code?: string } } & Beside)
  /** The reply was lost: whether the command happened at all is not known. */
  | { readonly unknown: true }
  /** The system does not have such a command, or not with these arguments: nothing happened. */
  | { readonly unsupported: true };

/** A reply that says what came of the command. */
export type Answer = Extract<Reply, { readonly ok: boolean }>;

/** A command that a system carried out by itself, with what came of it. */
export interface Told {
  readonly command: Call;
  /** It was accepted, with events that nobody saw, when absent. */
  readonly reply?: Reply;
}

/** What the model answers. */
export type StepOutcome =
  | { readonly ok: true; readonly events: readonly AnyEvent[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** A place of a reply or an observation where the two sides differ, in printed form. */
export interface Disagreement {
  /** `events[0].content`, `hosts[0].memory.freeFrames`. */
  readonly path: string;
  readonly allowed: string;
  readonly observed: string;
}

/** The events that a system of some event types would report. */
export function reportable(
  events: readonly AnyEvent[],
  types: readonly string[] | undefined,
): readonly AnyEvent[] {
  return types === undefined || events.length === 0
    ? events
    : events.filter(({ type }) => types.includes(type));
}

/** Whether the events that were reported may be these: as many, and equal in every field given. */
export function sameEvents(
  allowed: readonly AnyEvent[],
  reported: readonly ReportedEvent[] | undefined,
): boolean {
  if (reported === undefined) return true;
  if (allowed.length !== reported.length) return false;
  for (let i = 0; i < allowed.length; i++) {
    const event = allowed[i] as AnyEvent;
    const other = reported[i] as ReportedEvent;
    for (const name in other) if (!sameValue(event[name], other[name])) return false;
  }
  return true;
}

/** Equality of what events and arguments hold: scalars, and arrays of them. */
export function sameValue(allowed: unknown, observed: unknown): boolean {
  if (allowed === observed) return true;
  if (!Array.isArray(allowed) || !Array.isArray(observed)) return false;
  return allowed.length === observed.length && allowed.every((each, i) => each === observed[i]);
}

/** Where a reply differs from what the model answers; empty where it does not. */
export function replyDifference(allowed: StepOutcome, reply: Reply): readonly Disagreement[] {
  if (!('ok' in reply)) return [];
  if (allowed.ok !== reply.ok) {
    return [{ path: 'reply', allowed: outcomeText(allowed), observed: replyText(reply) }];
  }
  if (!reply.ok) {
    const code = allowed.ok ? '' : allowed.rejection.code;
    const { code: observed = code } = reply.rejection ?? {};
    return observed === code ? [] : [{ path: 'rejection.code', allowed: code, observed }];
  }
  const events = allowed.ok ? allowed.events : [];
  const { events: reported = events } = reply;
  const found: Disagreement[] = [];
  for (let i = 0; i < Math.max(events.length, reported.length); i++) {
    eventDifference(events[i], reported[i], `events[${i}]`, found);
  }
  return found;
}

function eventDifference(
  allowed: AnyEvent | undefined,
  reported: ReportedEvent | undefined,
  path: string,
  found: Disagreement[],
): void {
  if (allowed === undefined || reported === undefined || allowed.type !== reported.type) {
    found.push({ path, allowed: eventText(allowed), observed: eventText(reported) });
    return;
  }
  for (const [name, value] of Object.entries(reported)) {
    if (sameValue(allowed[name], value)) continue;
    found.push({ path: `${path}.${name}`, allowed: show(allowed[name]), observed: show(value) });
  }
}

/** `ok, read(vm 0, content 2)` or `refused: no-such-vm`. */
export function outcomeText(outcome: StepOutcome): string {
  return outcome.ok ? eventsText(outcome.events) : `refused: ${outcome.rejection.code}`;
}
export function replyText(reply: Reply): string {
  if (!('ok' in reply)) return 'unknown' in reply ? 'no reply' : 'unsupported';
  if (reply.ok) return reply.events === undefined ? 'ok' : eventsText(reply.events);
  const { code } = reply.rejection ?? {};
  return code === undefined ? 'refused' : `refused: ${show(code)}`;
}

function eventsText(events: readonly ReportedEvent[]): string {
  return ['ok', ...events.map(eventText)].join(', ');
}

function eventText(event: ReportedEvent | undefined): string {
  if (event === undefined) return 'no event';
  const { type, ...fields } = event;
  const inside = Object.entries(fields).map(([name, value]) => `${name} ${show(value)}`);
  return inside.length === 0 ? show(type) : `${show(type)}(${inside.join(', ')})`;
}

/** A value in a few characters, whatever it is: what a hostile system sent is never walked. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'none';
  if (Array.isArray(value)) {
    const all = value.length <= 16 && value.every((each) => typeof each === 'number');
    return all ? `[${value.join(', ')}]` : `an array of ${value.length}`;
  }
  if (typeof value === 'object') return 'an object';
  // A terminal would obey control characters.
  const text = String(value)
    .slice(0, 100)
    .replace(/\p{Cc}/gu, '?');
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
