/**
 * Is a counterexample shortest? Breadth-first search answers it where the states of a few steps are
 * not too many. Here they are, so it is answered on a *projection*: most fields of the state are
 * hidden, a hidden value may be anything when it is read, and so every trace of the machine is one of
 * the projection too. Where the projection has no counterexample of fewer steps, the machine has none.
 *
 * Where it has one, that is tried on the machine. Either it is a counterexample, and shorter; or it
 * goes wrong where a hidden value was not what it would have been, and the field of that value is
 * shown from then on. (Counterexample-guided refinement of a localisation: Kurshan 1994; Clarke,
 * Grumberg, Jha, Lu and Veith 2000.)
 */
import {
  type Call,
  inPlace,
  type Machine,
  monitor,
  type Property,
  packed,
  type Scope,
} from '../machine/index.ts';
import { anatomyOf, Unsupported } from './abstraction/projection.ts';
import { Needed } from './abstraction/rules.ts';
import {
  Asymmetric,
  type ProjectedStep,
  Projection,
  textOf,
  type Work,
} from './abstraction/search.ts';
import { Memories } from './abstraction/steps.ts';
import { selfTest } from './symmetry.ts';

export interface Shorter {
  /**
   * `none`: no trace of fewer commands violates one of the properties. `found`: this one does, and no
   * shorter one. `unknown`: the work that was allowed was done, or a property is of a kind that this
   * cannot ask.
   */
  readonly verdict: 'none' | 'found' | 'unknown';
  readonly trace?: readonly Call[];
  /** States that the last projection had, and the fields that it showed. */
  readonly states: number;
  readonly shown: readonly string[];
}

export interface ShorterOptions {
  /** A trace of this many commands is known. */
  readonly length: number;
  /** States that a projection may have. */
  readonly states: number;
  /** Rules run and steps taken, over all projections. */
  readonly work: number;
  /** Index sets whose members the rules and the properties do not tell apart. */
  readonly symmetric?: readonly string[];
}

export function shorterThan<S>(
  given: Machine<S>,
  scope: Scope,
  asked: readonly Property<never>[],
  { length, states, work: most, symmetric }: ShorterOptions,
): Shorter {
  const machine = given as Machine;
  // Which model the properties are of does not matter to what asks them.
  const properties = asked as readonly Property[];
  const visible = new Set<string>();
  const work: Work = { states, left: most };
  const result = (verdict: Shorter['verdict'], kept: number, trace?: readonly Call[]): Shorter => ({
    verdict,
    ...(trace === undefined ? {} : { trace }),
    states: kept,
    shown: [...visible],
  });
  if (properties.some(({ kind }) => kind !== 'invariant' && kind !== 'transition')) {
    return result('unknown', 0);
  }
  try {
    const anatomy = anatomyOf(machine.shape, scope.sizes);
    let names = symmetric ?? trusted(machine, scope, properties);
    const memories = new Memories();
    const show = (fields: readonly string[]): void => {
      for (const field of fields) visible.add(field);
      memories.show(fields);
    };
    let bound = length - 1;
    let best: readonly Call[] | undefined;
    while (bound >= 0) {
      const projection = new Projection(
        machine,
        scope,
        anatomy,
        properties,
        visible,
        names,
        memories,
      );
      let found: ReturnType<Projection['search']>;
      try {
        found = projection.search(bound, work);
      } catch (error) {
        if (error instanceof Needed) show(error.fields);
        else if (error instanceof Asymmetric) names = names.filter((name) => name !== error.set);
        else throw error;
        continue;
      }
      if (found === 'spent') return result('unknown', projection.states);
      if (found === 'nothing') {
        return result(best === undefined ? 'none' : 'found', projection.states, best);
      }
      const tried = tryOut(machine, scope, properties, projection, found, anatomy);
      if (tried === 'violates') {
        best = found.map(({ call }) => call);
        bound = best.length - 1;
      } else {
        const before = visible.size;
        show(tried);
        if (visible.size === before) return result('unknown', projection.states);
      }
    }
    return best === undefined ? result('none', 1) : result('found', 1, best);
  } catch (error) {
    if (error instanceof Unsupported) return result('unknown', 0);
    throw error;
  }
}

/** States on which a symmetry is tried before it is used; it is tried again while it is. */
const samples = 10;

function trusted(machine: Machine, scope: Scope, properties: readonly Property[]) {
  const { layout } = packed(machine, scope);
  try {
    return selfTest(machine, scope, layout, {
      seed: 1,
      samples,
      properties: properties as unknown as readonly Property<never>[],
    }).trusted;
  } catch {
    // A faulty rule threw: what cannot be tested is not used.
    return [];
  }
}

/** Runs a projected trace on the machine: it violates something, or these fields must be shown. */
function tryOut(
  machine: Machine,
  scope: Scope,
  properties: readonly Property[],
  projection: Projection,
  trace: readonly ProjectedStep[],
  anatomy: ReturnType<typeof anatomyOf>,
): 'violates' | readonly string[] {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, properties as unknown as readonly Property<never>[]);
  const whole = new Projection(machine, scope, anatomy, [], new Set(anatomy.fields), []);
  const state = host.initial();
  let violations = watch.start(state);
  for (const step of trace) {
    const { call, outcome, from, to } = step;
    const before = whole.projectionOf(state);
    const guard = host.engine.refusal(state, call);
    if (guard !== undefined) return readBy(whole, before, anatomy, call, guard.code, projection);
    const done = host.step(state, call);
    if (textOf(projection.projectionOf(state)) !== textOf(to)) {
      projection.world.bytes = from;
      const { effect, isAsked } = projection.steps.rulesOf(
        call.kind,
        projection.world.view,
        call.args as Record<string, unknown>,
      );
      const ways = projection.rules.waysTo(effect, isAsked, outcome);
      whole.world.bytes = before;
      whole.world.clear();
      const wrong = ways.map((way) =>
        way.filter(
          ({ id, value }) => JSON.stringify(value) !== JSON.stringify(whole.world.get(id)),
        ),
      );
      const [fewest] = wrong.sort((a, b) => a.length - b.length);
      return [...new Set(fewest?.map(({ id }) => anatomy.locations[id]?.field ?? ''))];
    }
    if (done.ok) violations = watch.after(call, done.events);
  }
  return violations.length > 0 ? 'violates' : [];
}

/** The hidden fields that a guard reads where the machine refuses the call. */
function readBy(
  whole: Projection,
  state: Uint8Array,
  anatomy: ReturnType<typeof anatomyOf>,
  { kind, args }: Call,
  code: string,
  projection: Projection,
): readonly string[] {
  const read = new Set<string>();
  const { world } = whole;
  world.bytes = state;
  world.clear();
  world.onRead = (id) => {
    if (!projection.world.isVisible(id)) read.add(anatomy.locations[id]?.field ?? '');
  };
  const { guards, part } = whole.steps.rulesOf(kind, world.view, args as Record<string, unknown>);
  for (const guard of guards) {
    read.clear();
    if (guard.refuse(part, args, whole.steps.engine.context)) break;
    if (guard.code === code) break;
  }
  return [...read];
}
