/**
 * What a trace violates: properties of one run, asked after each command, and properties of two
 * runs, which compare the trace with a varied one.
 */
import {
  isTwoRun,
  leakText,
  type Machine,
  names,
  type Property,
  type Scope,
  type Tallies,
  type Tally,
  type TwoRun,
  twoRun,
} from '../machine/index.ts';
import { type Failure, runner, type Trace } from './trace.ts';

export interface Judge {
  /** How the trace first fails; undefined where it does not. */
  failure(trace: Trace): Failure | undefined;
  /** Over all traces. */
  readonly tallies: Tallies;
}

/**
 * Whether a property can be asked in a scope: one of two runs names its own scopes, and the scope must have
 * a command that the property is about.
 */
export function askedIn(property: Property<never>, { name, commands }: Scope): boolean {
  if (property.kind === 'two-run' && !property.scopes.includes(name)) return false;
  const { commands: own = commands } = property;
  if (commands === undefined || own === undefined) return true;
  return own.some((mine) => commands.some((its) => names([mine], its) || names([its], mine)));
}

/** Properties of two runs that name another scope are not asked. */
export function judge<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
): Judge {
  const single = runner(
    machine,
    scope,
    properties.filter(({ kind }) => kind !== 'two-run'),
  );
  const pairs = properties
    .filter(isTwoRun)
    .filter((property) => askedIn(property, scope))
    .map((property) => pair(machine, scope, property));
  return {
    failure(trace) {
      const { failure } = single.run(trace);
      if (failure !== undefined) return failure;
      for (const each of pairs) {
        const found = each.failure(trace);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    tallies: new Map([...single.tallies, ...pairs.map(({ id, tally }) => [id, tally] as const)]),
  };
}

interface Pair {
  readonly id: string;
  readonly tally: Tally;
  failure(trace: Trace): Failure | undefined;
}

function pair<S>(machine: Machine<S>, scope: Scope, property: TwoRun<never>): Pair {
  const { id, name } = property;
  const tally: Tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };
  const ask = twoRun(machine, scope, property);
  return {
    id,
    tally,
    failure(trace) {
      const { leak, varied } = ask(trace);
      tally.evaluations++;
      if (varied) tally.couldFail++;
      if (leak === null) return undefined;
      tally.violations++;
      const { step } = leak;
      const message = leakText(leak);
      return { step, violations: [{ property: id, name, message }], found: [id] };
    },
  };
}
