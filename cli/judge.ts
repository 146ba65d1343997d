/**
 * What a trace violates: properties of one run, asked after each command, and properties of two
 * runs, which compare the trace with a varied one.
 */
import { type Failure, runner, type Trace } from '../generators/index.ts';
import {
  type Call,
  type InPlace,
  inPlace,
  type Machine,
  type Outcome,
  type Property,
  type Scope,
  type Tallies,
  type Tally,
  type TwoRun,
} from '../machine/index.ts';

export interface Judge {
  /** How the trace first fails; undefined where it does not. */
  failure(trace: Trace): Failure | undefined;
  /** Over all traces. */
  readonly tallies: Tallies;
}

/** Whether a property can be asked in a scope: one of two runs names its own. */
export function askedIn(property: Property<never>, scope: Scope): boolean {
  return property.kind !== 'two-run' || property.scope === scope.name;
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
    .map((property) => pair(inPlace(machine, scope), property));
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

function isTwoRun(property: Property<never>): property is TwoRun<never> {
  return property.kind === 'two-run';
}

interface Pair {
  readonly id: string;
  readonly tally: Tally;
  failure(trace: Trace): Failure | undefined;
}

function pair<S>(host: InPlace<S>, property: TwoRun<never>): Pair {
  const { id, name } = property;
  const tally: Tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };
  const size = host.scope.sizes as never;
  return {
    id,
    tally,
    failure(trace) {
      const [one, other] = [host.initial(), host.initial()];
      let varied = false;
      tally.evaluations++;
      for (const [i, call] of trace.entries()) {
        const secret: Call = property.vary(call as never, size);
        const seen = property.observe(call as never, outcome(host, one, call));
        const seenThere = property.observe(secret as never, outcome(host, other, secret));
        if (secret !== call && !varied) {
          varied = true;
          tally.couldFail++;
        }
        const [here, there] = [JSON.stringify(seen), JSON.stringify(seenThere)];
        if (here === there) continue;
        tally.violations++;
        const message = `the observer sees ${here} in one run and ${there} in the other`;
        return { step: i + 1, violations: [{ property: id, name, message }], found: [id] };
      }
      return undefined;
    },
  };
}

function outcome<S>(host: InPlace<S>, state: S, call: Call): Outcome {
  const result = host.step(state, call);
  return result.ok
    ? { ok: true, events: result.events }
    : { ok: false, code: result.rejection.code };
}
