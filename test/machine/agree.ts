/** What all hosts must agree on, step by step. */
import {
  type Call,
  difference,
  enabled,
  encoder,
  inPlace,
  type Machine,
  plans,
  printDifference,
  type Scope,
  type Step,
  valuesOf,
} from '../../machine/index.ts';

/** What a host is to a test: it may change the state that it is given, or not. */
export interface TestedHost {
  readonly name: string;
  initial(): unknown;
  step(state: unknown, call: Call): Step<unknown>;
  /** Whether a step may change the state that it is given. */
  readonly changes: boolean;
  /** Whether it leaves history out of its states. */
  readonly forgets?: boolean;
}
export type HostMaker = (machine: Machine, scope: Scope) => TestedHost;

/** Numbers that choose a call: an allowed one, or any arguments at all (one in ten or so). */
export interface Pick {
  readonly kind: number;
  readonly choice: number;
  readonly any: boolean;
}

/**
 * Runs the same calls on a plain host and on the tested ones. Throws an error that says what
 * differs: outcome, rejection, events, state (with the history that the host keeps), or a state that
 * was touched.
 */
export function agree(
  machine: Machine,
  scope: Scope,
  makers: readonly HostMaker[],
  picks: readonly Pick[],
): void {
  const plain = inPlace(machine, scope);
  const all = plans(plain.engine);
  const keys = encoder(machine.shape, scope.sizes);
  const state = plain.initial();
  const hosts = makers.map((make) => {
    const host = make(machine, scope);
    return { host, state: host.initial() };
  });
  for (const pick of picks) {
    const call = callOf(plain.engine, all, state, pick);
    if (call === undefined) continue;
    const expected = plain.step(state, call);
    for (const each of hosts) {
      const before = keys.encode(each.state);
      const given = each.state;
      const step = each.host.step(given, call);
      const where = `${each.host.name}, ${JSON.stringify(call)}`;
      same(`${where}: outcome`, outcomeOf(step), outcomeOf(expected));
      if (each.host.forgets !== true) {
        const changed = printDifference(difference(machine.shape, state, step.state));
        same(`${where}: state`, changed, '');
      }
      same(`${where}: key`, keys.encode(step.state), keys.encode(state));
      if (!step.ok || !each.host.changes) same(`${where}: given`, keys.encode(given), before);
      if (!step.ok && step.state !== given) throw new Error(`${where}: another reference`);
      each.state = step.state;
    }
  }
}

function outcomeOf(step: Step<unknown>): unknown {
  return step.ok ? { events: step.events } : { rejection: step.rejection };
}

function same(what: string, found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
}

function callOf(
  engine: Parameters<typeof plans>[0],
  all: ReturnType<typeof plans>,
  state: unknown,
  { kind, choice, any }: Pick,
): Call | undefined {
  const plan = all[kind % all.length];
  if (plan === undefined) return undefined;
  if (!any) {
    const allowed = enabled(engine, [plan], state);
    return allowed[choice % allowed.length];
  }
  let rest = choice;
  const args: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(plan.command.declared.args)) {
    const possible = valuesOf(shape, engine.context.size);
    args[name] = possible[rest % possible.length];
    rest = Math.floor(rest / possible.length);
  }
  return { kind: plan.command.kind, args };
}
