/** Whether what a system sent is a reply at all. Shape-led: depth and size of the data do not matter. */
import type { Problem } from '../../machine/index.ts';
import { show } from './reply.ts';

/** What a system sent is no answer at all: from there on, what it says means nothing. */
export class Malformed extends Error {
  readonly problem: Problem;
  constructor(path: string, problem: string) {
    super(`${path} ${problem}`);
    this.name = 'Malformed';
    this.problem = { path, problem };
  }
}

/** A reply names no more of anything than this. */
const itemsMax = 10_000;

/** What is wrong with `data` as a reply, or undefined. Unknown fields are passed over. */
export function problemOfReply(data: unknown): Problem | undefined {
  if (!isObject(data)) return { path: 'the reply', problem: `is ${show(data)}, not an object` };
  if (own(data, 'unknown') === true || own(data, 'unsupported') === true) return undefined;
  const ok = own(data, 'ok');
  if (ok !== true && ok !== false) {
    return { path: 'ok', problem: `is ${show(ok)}, not true or false` };
  }
  return (
    problemOfOutcome(data, ok) ??
    problemOfChoices(own(data, 'choices')) ??
    problemOfTold('before', own(data, 'before')) ??
    problemOfTold('after', own(data, 'after'))
  );
}

function problemOfOutcome(data: Fields, ok: boolean): Problem | undefined {
  if (!ok) {
    const rejection = own(data, 'rejection');
    if (rejection === undefined) return undefined;
    if (!isObject(rejection)) return wrong('rejection', rejection, 'an object');
    const code = own(rejection, 'code');
    return code === undefined || typeof code === 'string'
      ? undefined
      : wrong('rejection.code', code, 'a text');
  }
  const events = own(data, 'events');
  if (events === undefined) return undefined;
  if (!isList(events)) return wrong('events', events, `an array of at most ${itemsMax}`);
  for (let i = 0; i < events.length; i++) {
    const event: unknown = events[i];
    if (!isObject(event)) return wrong(`events[${i}]`, event, 'an object');
    const type = own(event, 'type');
    if (typeof type !== 'string') return wrong(`events[${i}].type`, type, 'a text');
  }
  return undefined;
}

function problemOfChoices(choices: unknown): Problem | undefined {
  return choices === undefined || isObject(choices)
    ? undefined
    : wrong('choices', choices, 'an object');
}

function problemOfTold(name: string, told: unknown): Problem | undefined {
  if (told === undefined) return undefined;
  if (!isList(told)) return wrong(name, told, `an array of at most ${itemsMax}`);
  for (let i = 0; i < told.length; i++) {
    const each: unknown = told[i];
    const path = `${name}[${i}]`;
    if (!isObject(each)) return wrong(path, each, 'an object');
    if (!isObject(own(each, 'command'))) {
      return wrong(`${path}.command`, own(each, 'command'), 'an object');
    }
    const reply = own(each, 'reply');
    if (reply === undefined) continue;
    // One level: what a system did by itself has nothing beside it.
    const flat = isObject(reply) ? { ...reply, before: undefined, after: undefined } : reply;
    const inner = problemOfReply(flat);
    if (inner !== undefined) return { ...inner, path: `${path}.reply.${inner.path}` };
  }
  return undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.length <= itemsMax;

/** A field of its own: what an object inherits was not sent. */
export function own(data: Fields, name: string): unknown {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}

function wrong(path: string, value: unknown, wanted: string): Problem {
  return { path, problem: `is ${show(value)}, not ${wanted}` };
}
