/** Passes that change commands so that others can go. */
import type { Call, Plan } from '../../machine/index.ts';
import { enumerate } from '../../machine/index.ts';
import type { Pass, Proposal } from './proposal.ts';
import type { Subject, Surgeon } from './subject.ts';

/** Pairs of commands further apart than this are not replaced by one. */
const apartMax = 3;
/** How many legal commands of one kind are tried in one place. */
const alternativesMax = 3;
/** Traces longer than this are left to the cheaper passes. */
const replaceMax = 24;

/**
 * Replaces one command, or two that are near each other, by one that is legal there and mentions
 * nothing new, so that others fall out: `unmap` where it was `destroy`, then `create`. The cursor
 * is the place.
 */
export const replace: Pass = function* (subject, surgeon, from) {
  const { calls } = subject;
  if (calls.length > replaceMax) return;
  const known = knownValues(subject, surgeon);
  for (let at = from?.[0] ?? 0; at < calls.length; at++) {
    const alternatives = alternativesAt(subject, surgeon, known, at);
    for (const call of alternatives) {
      yield withCall(subject, call, at, at, [at]);
    }
    for (let other = at + 1; other < calls.length && other - at <= apartMax; other++) {
      for (const call of alternatives) yield withCall(subject, call, at, other, [at]);
    }
  }
};

/** `call` at a place, without what stood there and at one other place. */
function withCall(
  { calls, accepted }: Subject,
  call: Call,
  at: number,
  other: number,
  next: readonly number[],
): Proposal {
  const keep = (i: number): boolean => i === at || i !== other;
  const placed = calls.map((each, i) => (i === at ? call : each)).filter((_, i) => keep(i));
  return {
    calls: placed,
    accepted: accepted.map((ok, i) => ok || i === at).filter((_, i) => keep(i)),
    next,
  };
}

/** For each index set or kind of value: what the trace mentions. */
function knownValues(
  subject: Subject,
  surgeon: Surgeon<unknown>,
): ReadonlyMap<string, Set<unknown>> {
  const known = new Map<string, Set<unknown>>();
  for (const call of subject.calls) {
    for (const { name, shape } of surgeon.facts(call.kind).plan.slots) {
      const key = shape.form === 'ref' ? shape.index.name : `${shape.form} ${name}`;
      const values = known.get(key) ?? new Set();
      known.set(key, values.add(call.args[name]));
    }
  }
  return known;
}

/** Legal commands before place `at` that mention only what the trace mentions. */
function alternativesAt(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  known: ReadonlyMap<string, Set<unknown>>,
  at: number,
): readonly Call[] {
  const found: Call[] = [];
  const old = JSON.stringify(subject.calls[at]);
  try {
    const state = surgeon.stateAfter(subject.calls, at);
    for (const plan of surgeon.plans) {
      const most = found.length + alternativesMax;
      enumerate(surgeon.host.engine, narrowed(plan, known), state, (call) => {
        if (JSON.stringify(call) !== old) found.push(call);
        return found.length >= most;
      });
    }
  } catch {
    // A faulty rule in a state that is wrong already: nothing to try from here.
  }
  return found;
}

function narrowed(plan: Plan, known: ReadonlyMap<string, Set<unknown>>): Plan {
  const slots = plan.slots.map((slot) => {
    const { shape, name, values } = slot;
    const key = shape.form === 'ref' ? shape.index.name : `${shape.form} ${name}`;
    const mentioned = known.get(key);
    const first = values.slice(0, 1);
    const narrow = mentioned === undefined ? first : values.filter((value) => mentioned.has(value));
    return { ...slot, values: narrow.length === 0 ? first : narrow };
  });
  return { ...plan, slots };
}
