/** Conjectures that a run broke: each with a trace as short as can be found. */
import type { Trace } from '../generators/index.ts';
import { asPromised, type Conjecture, isConjecture } from '../machine/index.ts';
import { failureOf, quickStates, smaller } from './counterexamples.ts';
import type { Broken } from './report/conjectures.ts';
import { type Minimal, shownSteps } from './report/counterexample.ts';
import type { ScopedSubject, Subject } from './subject.ts';

export const conjecturesOf = ({
  properties,
}: Pick<Subject, 'properties'>): readonly Conjecture<never>[] => properties.filter(isConjecture);

/** Makes the trace of a random run small that broke a conjecture. */
export function brokenAtRandom(
  subject: ScopedSubject,
  conjecture: Conjecture<never>,
  trace: Trace,
  seed: number,
): Broken {
  const promised = { ...subject, properties: [asPromised(conjecture)] };
  const failing = failureOf(promised, trace);
  if (failing === undefined) throw new Error(`the trace that broke ${conjecture.id} does not`);
  const { trace: shortest, minimal } = smaller(promised, failing, conjecture.id, quickStates);
  return { ...brokenBy(subject, conjecture, shortest, minimal), seed };
}

/** A trace of a search that breaks a conjecture. */
export function brokenBy(
  subject: ScopedSubject,
  conjecture: Conjecture<never>,
  trace: Trace,
  minimal: Minimal,
): Broken {
  const { machine, scope } = subject;
  const failing = failureOf({ ...subject, properties: [asPromised(conjecture)] }, trace);
  if (failing === undefined) throw new Error(`the trace that broke ${conjecture.id} does not`);
  const [violation] = failing.failure.violations;
  const steps = shownSteps(machine, scope, trace, trace.length);
  return { message: violation?.message ?? '', scope: scope.name, trace, minimal, steps };
}
