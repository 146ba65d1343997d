/**
 * Properties of two runs. A pair of runs is itself a machine: its state is the two states, and one
 * of its steps is a call of the first run and what the second makes of it. So every tool that runs
 * or searches machines can ask such a property, as one of the steps of the pair.
 *
 * The second run takes the choices of the first (frames, slots, victims) where it can. Where it
 * cannot, it takes the first choice that is possible, as a host would: what the observer is not told
 * must not depend on names. A call that the first run refuses is not made in the second.
 */
import type { AnyCommand, AnyGuard, Call, Context } from './command.ts';
import { type CompiledCommand, type Engine, engine } from './engine.ts';
import { enumerate, type Plan, plans } from './enumerate.ts';
import { inPlace } from './in-place.ts';
import type { AnyEvent, Machine } from './machine.ts';
import type { Outcome, Transition, TwoRun } from './property.ts';
import type { Scope } from './scope.ts';
import { record } from './shape.ts';

/** The first call at which an observer can tell the two runs apart. */
export interface Leak {
  /** 1 is the first call. */
  readonly step: number;
  /** What the observer sees, as text. */
  readonly here: string;
  readonly there: string;
}
export interface TwoRunResult {
  readonly leak: Leak | null;
  /** Whether the second run differed at all: without that nothing could have leaked. */
  readonly varied: boolean;
}

/** Two runs of one machine, side by side. */
export interface Pair<S> {
  readonly one: S;
  readonly other: S;
}
/** What a step of a pair tells besides the events of its first run. */
type PairEvent =
  | { readonly type: 'varied' }
  | { readonly type: 'compared' }
  | { readonly type: 'told-apart'; readonly here: string; readonly there: string };

/** The pair of runs of a machine in a scope, and the property as one of its steps. */
export function pairOf<S>(
  machine: Machine<S>,
  scope: Scope,
  property: TwoRun<never>,
): { readonly machine: Machine<Pair<S>>; readonly property: Transition } {
  const core = engine(machine as Machine, scope);
  // The second run may make calls that the scope does not let the first one make.
  const { name: scopeName, purpose, sizes } = scope;
  const all = engine(machine as Machine, { name: scopeName, purpose, sizes });
  // Which model the property is of does not matter to what asks it.
  const follow = follower(all, property as unknown as TwoRun);
  const commands = core.kinds.map((kind) => [kind, paired(core.command(kind), core, follow)]);
  const { id, name } = property;
  return {
    machine: {
      name: `${machine.name}, twice`,
      version: machine.version,
      shape: record({ one: machine.shape, other: machine.shape }) as Machine<Pair<S>>['shape'],
      commands: Object.fromEntries(commands) as Record<string, AnyCommand>,
      operations: machine.operations,
      initial: (sizes: never) => ({ one: machine.initial(sizes), other: machine.initial(sizes) }),
      scopes: machine.scopes,
    },
    property: {
      kind: 'transition',
      id,
      name,
      when: ({ events }) => events.some(({ type }) => type === 'compared'),
      violation({ events }) {
        const apart = toldApart(events);
        return apart === undefined ? null : leakText(apart);
      },
    },
  };
}

const toldApart = (events: readonly AnyEvent[]) =>
  (events as readonly PairEvent[]).find((event) => event.type === 'told-apart');

/** One sentence that says how two runs were told apart. */
export const leakText = ({ here, there }: Pick<Leak, 'here' | 'there'>): string =>
  `the observer sees ${here} in one run and ${there} in the other`;

/** Asks a property of many traces of a machine in a scope. */
export function twoRun<S>(
  machine: Machine<S>,
  scope: Scope,
  property: TwoRun<never>,
): (calls: readonly Call[]) => TwoRunResult {
  const host = inPlace(pairOf(machine, scope, property).machine, scope);
  return (calls) => {
    const state = host.initial();
    let varied = false;
    for (const [i, call] of calls.entries()) {
      const result = host.step(state, call);
      if (!result.ok) continue;
      varied ||= result.events.some(({ type }) => type === 'varied');
      const apart = toldApart(result.events);
      if (apart === undefined) continue;
      return { leak: { step: i + 1, here: apart.here, there: apart.there }, varied };
    }
    return { leak: null, varied };
  };
}

type Follow = (
  other: unknown,
  call: Call,
  events: readonly AnyEvent[],
  emit: (event: PairEvent) => void,
) => void;

/** The command on the first run, which the second follows. */
function paired(
  { kind, declared, guards, lens }: CompiledCommand,
  core: Engine,
  follow: Follow,
): AnyCommand {
  const { actor, summary, args, lifted = 0 } = declared;
  const throughLens = Object.keys(args).slice(0, lifted);
  return {
    actor,
    summary,
    args,
    requires: guards.map(({ code, looksAt, refuse }): AnyGuard => {
      const asked = (pair: Pair<unknown>, a: never): boolean =>
        refuse(lens === undefined ? pair.one : lens(pair.one, a), a, core.context);
      return [code, [...new Set([...throughLens, ...looksAt])], asked];
    }),
    effect(pair: Pair<unknown>, a: Call['args'], c: Context): void {
      const call = { kind, args: { ...a } };
      const events = core.run(pair.one, call);
      for (const event of events) c.emit(event);
      follow(pair.other, call, events, c.emit);
    },
  };
}

function follower(core: Engine, { vary, observe }: TwoRun): Follow {
  const byKind = new Map(plans(core).map((plan) => [plan.command.kind, plan]));
  return (other, call, events, emit) => {
    const there = vary(call, core.context.size, events);
    if (there !== call) emit({ type: 'varied' });
    if (there === null) return;
    const outcome = again(core, byKind.get(there.kind), other, there);
    const seen = [observe(call, { ok: true, events }), observe(there, outcome)];
    if (seen.includes(undefined)) return;
    emit({ type: 'compared' });
    const [one = '', another = ''] = seen.map((each) => JSON.stringify(each));
    if (one !== another) emit({ type: 'told-apart', here: one, there: another });
  };
}

function outcomeOf(core: Engine, state: unknown, call: Call): Outcome {
  const guard = core.refusal(state, call);
  return guard === undefined
    ? { ok: true, events: core.run(state, call) }
    : { ok: false, code: guard.code };
}

/** The call with its own choices, or else with the first that the state allows. */
function again(core: Engine, plan: Plan | undefined, state: unknown, call: Call): Outcome {
  const first = outcomeOf(core, state, call);
  if (first.ok || plan === undefined) return first;
  const fixed = plan.slots.map((slot) =>
    slot.shape.choice === true ? slot : { ...slot, values: [call.args[slot.name]] },
  );
  let chosen: Call | undefined;
  enumerate(core, { ...plan, slots: fixed }, state, (possible) => {
    chosen = possible;
    return true;
  });
  return chosen === undefined ? first : outcomeOf(core, state, chosen);
}
