/** Of what threw during a search: whose it is, and what to tell of it. */
import { type RuleThrew, violationAlong } from '../checker/index.ts';
import {
  BrokenRule,
  inPlace,
  isLiveness,
  type Liveness,
  monitor,
  OutOfBounds,
  type Property,
} from '../machine/index.ts';
import type { InputProblem } from './exit.ts';
import type { ScopedSubject } from './subject.ts';

/** Which rule or property threw, and at what. */
export function whatThrew(subject: ScopedSubject, { cause, trace }: RuleThrew): InputProblem {
  const place = subject.file ?? subject.machine.name;
  const last = trace.at(-1);
  const rule = { where: `${place} command ${last?.kind}` };
  if (cause instanceof OutOfBounds) {
    const problem = `${cause.path} ${cause.problem}: refuse the command there, or raise the bound`;
    return { ...rule, problem };
  }
  if (cause instanceof BrokenRule) return { ...rule, problem: `${cause.path} ${cause.problem}` };
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const problem = `threw ${message}`;
  const property = subject.properties.find((each) => throwsAlong(each, subject, trace));
  return property === undefined
    ? { ...rule, problem }
    : { where: `${place} property ${property.id}`, problem };
}

/** Whether a property throws where the rules do not. */
function throwsAlong(
  property: Property<never>,
  { machine, scope }: ScopedSubject,
  trace: RuleThrew['trace'],
): boolean {
  if (isLiveness(property)) return throwsAtEnd(property, { machine, scope }, trace);
  const host = inPlace(machine, scope);
  const state = host.initial();
  const watch = monitor(machine, scope, [property]);
  let asking = true;
  try {
    watch.start(state);
    for (const call of trace) {
      asking = false;
      const step = host.step(state, call);
      asking = true;
      if (step.ok) watch.after(call, step.events);
    }
    return false;
  } catch {
    return asking;
  }
}

/** Whether a property of whole runs throws in the last state of a trace. */
function throwsAtEnd(
  property: Liveness<never>,
  { machine, scope }: Pick<ScopedSubject, 'machine' | 'scope'>,
  trace: RuleThrew['trace'],
): boolean {
  try {
    violationAlong(machine, scope, property, { stem: trace, loop: [] });
    return false;
  } catch {
    return true;
  }
}
