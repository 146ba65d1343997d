/** Passes that keep the commands, lower their arguments and put them in order. */
import type { Call, Slot } from '../../machine/index.ts';
import { costOf, withIds } from './arguments.ts';
import { changed, type Pass, type Proposal } from './proposal.ts';
import { entityClass, type Subject, type Surgeon } from './subject.ts';

/** Lowers all equal values at once: ids of one entity, then other values of one argument. */
export const lowerTogether: Pass = function* (subject, surgeon, from) {
  let count = 0;
  const skip = (): boolean => count++ < (from?.[0] ?? 0);
  for (const entity of surgeon.entities(subject.calls).keys()) {
    const at = entity.lastIndexOf('/');
    const id = Number(entity.slice(at + 1));
    for (const to of lowerThan(id)) {
      if (!skip()) yield exchangeIds(subject, surgeon, entity.slice(0, at), id, to, count - 1);
    }
  }
  for (const { name, shape, value } of plainValues(subject, surgeon)) {
    const slot = surgeon.facts(shape).slots.get(name);
    for (const to of slot === undefined ? [] : lowerValues(slot, value)) {
      if (!skip()) yield exchangeValues(subject, name, value, to, count - 1);
    }
  }
};

/** All numbers below this one are tried, of a larger one only some. */
const triedAll = 8;

/** Smaller numbers to try, the smallest first: 0 and 1, halves of the way back, two and one less. */
function lowerThan(number: number): readonly number[] {
  if (number <= triedAll) return Array.from({ length: number }, (_, i) => i);
  const found = new Set([0, 1]);
  for (let step = number >> 1; step >= 1; step >>= 1) found.add(number - step);
  return [...found];
}

/** Renames an id and, where the new name is in use, gives its owner the old one. */
function exchangeIds(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  of: string,
  id: number,
  to: number,
  next: number,
): Proposal {
  const exchange = (each: number): number => (each === id ? to : each === to ? id : each);
  return changed(
    subject,
    (call) => {
      let { args } = call;
      for (const role of surgeon.facts(call.kind).roles) {
        if (entityClass(role, call) === of) args = withIds(role, args, exchange);
      }
      return args === call.args ? call : { kind: call.kind, args };
    },
    [next],
  );
}

interface PlainValue {
  readonly name: string;
  /** A kind of command that has the argument. */
  readonly shape: string;
  readonly value: unknown;
}

/** The values of arguments that are no ids, each once for each name of an argument. */
function plainValues(subject: Subject, surgeon: Surgeon<unknown>): readonly PlainValue[] {
  const found = new Map<string, PlainValue>();
  for (const { kind, args } of subject.calls) {
    const { plan, roles } = surgeon.facts(kind);
    for (const { name } of plan.slots) {
      if (roles.some((role) => role.name === name)) continue;
      found.set(`${name} ${String(args[name])}`, { name, shape: kind, value: args[name] });
    }
  }
  return [...found.values()];
}

/** Changes a value wherever an argument of this name has it, and the other way round. */
function exchangeValues(
  subject: Subject,
  name: string,
  value: unknown,
  to: unknown,
  next: number,
): Proposal {
  return changed(
    subject,
    (call) => {
      const old = call.args[name];
      if (!Object.hasOwn(call.args, name) || (old !== value && old !== to)) return call;
      return { kind: call.kind, args: { ...call.args, [name]: old === value ? to : value } };
    },
    [next],
  );
}

/** Lowers one argument of one command, within its own domain. The cursor is the place. */
export const lowerAlone: Pass = function* (subject, surgeon, from) {
  for (let at = from?.[0] ?? 0; at < subject.calls.length; at++) {
    const { kind, args } = subject.calls[at] as Call;
    for (const slot of surgeon.facts(kind).plan.slots) {
      for (const value of lowerValues(slot, args[slot.name])) {
        const lowered = { kind, args: { ...args, [slot.name]: value } };
        yield changed(subject, (call, i) => (i === at ? lowered : call), [at]);
      }
    }
  }
};

/** Cheaper values of a domain: the first, halves of the way back, the one before. */
function lowerValues({ shape, values }: Slot, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return lowerSubsets(values, value);
  const cost = costOf(shape, value);
  const cheaper = values.filter((each) => costOf(shape, each) < cost);
  return lowerThan(cheaper.length).map((place) => cheaper[place]);
}

/** The subset without one member, or with one member lowered by one. */
function lowerSubsets(values: readonly unknown[], value: readonly unknown[]): readonly unknown[] {
  const wanted = value.flatMap((member, i) => {
    const lower = typeof member === 'number' ? value.with(i, member - 1) : value;
    return [value.toSpliced(i, 1), lower];
  });
  const texts = new Set(wanted.map((each) => JSON.stringify(each)));
  return values.filter((each) => texts.has(JSON.stringify(each)));
}

/** Longer traces stay in the order that they have. */
const sortedMax = 30;

/**
 * Exchanges neighbours that stand against the order of the declarations, so that one bug gives one
 * trace, whatever it was found by. The cursor is the place.
 */
export const sort: Pass = function* ({ calls, accepted }, surgeon, from) {
  if (calls.length > sortedMax) return;
  for (let at = Math.max(0, from?.[0] ?? 0); at + 1 < calls.length; at++) {
    const [first, second] = [calls[at] as Call, calls[at + 1] as Call];
    if (!surgeon.inOrder(second, first)) continue;
    yield {
      calls: calls.with(at, second).with(at + 1, first),
      accepted: accepted.with(at, accepted[at + 1] === true).with(at + 1, accepted[at] === true),
      next: [at - 1],
    };
  }
};
