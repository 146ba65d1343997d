/** The commands of a machine as the oracle asks for them: which calls a state allows, choices open. */
import {
  type Call,
  type Engine,
  enumerate,
  type Plan,
  type Problem,
  plans,
  type Slot,
} from '../../machine/index.ts';
import type { Anonymous } from './anonymous.ts';
import type { KindCounts } from './counts.ts';
import { sameValue, show } from './reply.ts';

type Arguments = Readonly<Record<string, unknown>>;

/** A slot whose values are narrowed to those that are asked for. */
interface Asked extends Slot {
  values: readonly unknown[];
}

/** One kind of command. */
export interface Kind {
  readonly counts: KindCounts;
  readonly choices: readonly Slot[];
  /** The choices that a system may name: all but ids of anonymous index sets. */
  readonly nameable: readonly Slot[];
  /** An argument that is no choice and takes ids of an anonymous index set. */
  readonly unnameable: string | undefined;
  /** Whether no argument is missing, choices apart. */
  isWhole(args: Arguments): boolean;
  /** Every call that a state allows, where `given` fixes some of the choices. */
  legal(state: unknown, args: Arguments, given: Arguments | undefined): readonly Call[];
  /** Every call that a state allows, whatever its arguments. */
  any(state: unknown): readonly Call[];
  /** Whether a state allows the command for some choice. */
  possible(state: unknown, args: Arguments): boolean;
  /** Whether a state in which no choice is legal may refuse with a code; with any, when absent. */
  mayRefuse(
    state: unknown,
    args: Arguments,
    given: Arguments | undefined,
    code: string | undefined,
  ): boolean;
  /** The codes with which such a state may refuse, for a report. */
  codes(state: unknown, args: Arguments, given: Arguments | undefined): readonly string[];
  /** The choices that a system named, as the model has them, or what is wrong with them. */
  named(choices: Arguments): { readonly choices: Arguments } | Problem;
}

export function kindsOf<S>(
  engine: Engine,
  renaming: Anonymous<S> | undefined,
): ReadonlyMap<string, Kind> {
  return new Map(plans(engine).map((plan) => [plan.command.kind, kindOf(engine, plan, renaming)]));
}

/** Refusals differ by the choices that earlier guards look at; for a report, so many are asked. */
const combinationsMax = 2_000;

function kindOf<S>(engine: Engine, plan: Plan, renaming: Anonymous<S> | undefined): Kind {
  const choices = plan.slots.filter(({ shape }) => shape.choice === true);
  const fixed = plan.slots.filter(({ shape }) => shape.choice !== true).map(({ name }) => name);
  const isAnonymous = ({ shape }: Slot): boolean => renaming?.names(shape) === true;
  const slots: Asked[] = plan.slots.map((slot) => ({ ...slot }));
  const asked: Plan = { ...plan, slots };
  const narrow = (state: unknown, args: Arguments, given: Arguments | undefined): void => {
    plan.slots.forEach((slot, i) => {
      const { name, shape } = slot;
      const to = slots[i] as Asked;
      if (shape.choice !== true && Object.hasOwn(args, name)) to.values = [args[name]];
      else if (given !== undefined && Object.hasOwn(given, name)) to.values = [given[name]];
      else if (renaming !== undefined && isAnonymous(slot)) {
        to.values = renaming.distinct(state as S, shape, slot.values);
      } else to.values = slot.values;
    });
  };
  const collect = (of: Plan, state: unknown): readonly Call[] => {
    const found: Call[] = [];
    enumerate(engine, of, state, (call) => {
      found.push(call);
      return undefined;
    });
    return found;
  };
  return {
    counts: { accepted: 0, refused: 0, unknown: 0, unsupported: 0 },
    choices,
    nameable: choices.filter((slot) => !isAnonymous(slot)),
    unnameable: plan.slots.find((slot) => slot.shape.choice !== true && isAnonymous(slot))?.name,
    isWhole(args) {
      for (const name of fixed) if (!Object.hasOwn(args, name)) return false;
      return true;
    },
    any: (state) => collect(plan, state),
    legal(state, args, given) {
      narrow(state, args, given);
      return collect(asked, state);
    },
    possible(state, args) {
      if (choices.length === 0) {
        return engine.refusal(state, { kind: plan.command.kind, args }) === undefined;
      }
      narrow(state, args, undefined);
      return enumerate(engine, asked, state, () => true);
    },
    mayRefuse(state, args, given, code) {
      narrow(state, args, given);
      return someCombination(slots, (all) => {
        const refused = engine.refusal(state, { kind: plan.command.kind, args: all })?.code;
        return refused !== undefined && (code === undefined || refused === code);
      });
    },
    codes(state, args, given) {
      narrow(state, args, given);
      const found = new Set<string>();
      let left = combinationsMax;
      someCombination(slots, (all) => {
        const code = engine.refusal(state, { kind: plan.command.kind, args: all })?.code;
        if (code !== undefined) found.add(code);
        return --left === 0;
      });
      return [...found];
    },
    named(given) {
      const found: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(given)) {
        const path = `choices.${show(name)}`;
        const slot = choices.find((each) => each.name === name);
        if (slot === undefined) return { path, problem: 'is no choice of this command' };
        const known = valueNamed(slot, value);
        if (known === undefined) return { path, problem: `is ${show(value)}, outside the scope` };
        if (known !== null && isAnonymous(slot)) {
          return { path, problem: 'names an id of an anonymous index set' };
        }
        found[name] = known;
      }
      return { choices: found };
    },
  };
}

/** A value that a system named, as the model has it; undefined when it is none of the slot's. */
function valueNamed({ values }: Slot, named: unknown): unknown {
  if (typeof named !== 'object' || named === null)
    return values.includes(named) ? named : undefined;
  return values.find((value) => sameValue(value, named));
}

/** Whether `test` holds for arguments that take one of the values of each slot; asked until it does. */
function someCombination(slots: readonly Asked[], test: (args: Arguments) => boolean): boolean {
  const args: Record<string, unknown> = {};
  const bind = (i: number): boolean => {
    const slot = slots[i];
    if (slot === undefined) return test(args);
    for (const value of slot.values) {
      args[slot.name] = value;
      if (bind(i + 1)) return true;
    }
    return false;
  };
  return bind(0);
}
