/** States made by hand: commands up to a point, and then one thing that is wrong. */
import {
  type AnyEvent,
  asPromised,
  type Call,
  type Change,
  type CommandTable,
  copier,
  evaluation,
  inPlace,
  isConjecture,
  type Machine,
  type Property,
  type Scope,
  type Violation,
} from '../../machine/index.ts';

export type Forced<C> = C & { readonly forced?: true };
/** The command happens although the model would refuse it. */
export const forced = <C extends Call>(step: C): Forced<C> => ({ ...step, forced: true });

/** The arguments of one command of a table of calls. */
type ArgumentsOf<C extends Call, K> = Extract<C, { readonly kind: K }>['args'];
/** The names of commands without the family that they are of. */
type NameOf<C extends Call, F extends string> = C extends Call<`${F}.${infer N}`> ? N : never;

/** Makes commands of a family by their names without it. */
export const callsOf =
  <C extends Call, F extends string>(family: F) =>
  <N extends NameOf<C, F>>(name: N, args: ArgumentsOf<C, `${F}.${N}`>): Forced<C> =>
    ({ kind: `${family}.${name}`, args }) as unknown as Forced<C>;

/** Judges states and steps of one part of the VMM, as a machine of its own. */
export function bench<S, T extends CommandTable, C extends Call>(
  machine: Machine<S, T>,
  scope: Scope,
  properties: readonly Property<never>[],
) {
  type Step = Forced<C>;
  const host = inPlace(machine, scope);
  const copies = copier(machine.shape);
  // A conjecture has teeth where it would be violated if it were promised.
  const promised = (properties as readonly Property[]).map((each) =>
    isConjecture(each) ? asPromised(each) : each,
  );
  const ofKind = (kind: Property['kind']): readonly Property[] =>
    promised.filter((each) => each.kind === kind);
  const asking = (kind: Property['kind'], sizes = scope.sizes) =>
    evaluation(machine as Machine, { sizes }, ofKind(kind));
  const idsOf = (found: readonly Violation[]): string[] => found.map(({ property }) => property);

  /** Takes a step in place; throws where the model refuses what is not forced. */
  function take(state: S, { forced: force, ...step }: Step): readonly AnyEvent[] {
    if (force === true) return host.engine.run(state, step);
    const result = host.step(state, step);
    if (!result.ok) throw new Error(`${JSON.stringify(step)} is refused: ${result.rejection.code}`);
    return result.events;
  }

  function after(...steps: readonly Step[]): S {
    const state = host.initial();
    for (const step of steps) take(state, step);
    return state;
  }

  /** The ids of the invariants that a state violates. */
  function stateViolations(state: S, size: Readonly<Record<string, number>> = {}): string[] {
    const found: Violation[] = [];
    asking('invariant', { ...scope.sizes, ...size }).state(state, found);
    return idsOf(found);
  }

  /** The ids of the properties that a change violates: of the step, and of the state after it. */
  function changeViolations(
    before: S,
    step: Step,
    spoil: (after: S, events: AnyEvent[]) => void,
    other: Readonly<Record<string, number>> = {},
  ): string[] {
    const state = copies.copy(before);
    const events = [...take(state, step)];
    spoil(state, events);
    const { forced: _, ...call } = step;
    const size = { ...scope.sizes, ...other };
    const change = { before, call, after: state, events, size };
    const found: Violation[] = [];
    asking('transition', size).change(change as unknown as Change, found);
    return [...idsOf(found), ...stateViolations(state, other)];
  }

  /** The ids of the bounded promises that a run of a machine does not keep. */
  function runViolations(faulty: Machine<S>, steps: readonly Step[]): string[] {
    const other = inPlace(faulty, scope);
    const asked = asking('within');
    const state = other.initial();
    const found: Violation[] = [];
    asked.promises.open(state);
    for (const step of steps) {
      const before = copies.copy(state);
      const result = other.step(state, step);
      if (!result.ok) {
        throw new Error(`${JSON.stringify(step)} is refused: ${result.rejection.code}`);
      }
      const change = { before, call: step, after: state, events: result.events, size: scope.sizes };
      asked.promises.advance(change as unknown as Change, found);
      asked.promises.open(state);
    }
    return idsOf(found);
  }

  return { take, after, stateViolations, changeViolations, runViolations };
}
