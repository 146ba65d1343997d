/**
 * The equivariance self-test: whether the rules and the invariants of a machine treat the members of
 * an index set alike. A state and the same state with two members exchanged must allow the same
 * calls, with the members exchanged in their arguments; these must lead to states that differ by the
 * exchange alone; and the invariants must say the same of both.
 *
 * Exchanges of two members generate all permutations, so only they are tried.
 */
import {
  type ArgumentShape,
  type Call,
  difference,
  initialState,
  type Machine,
  type Packed,
  type Property,
  packed,
  type Scope,
  type View,
} from '../../machine/index.ts';
import { randomNumbers } from '../random.ts';
import { ownerAmong, type PermutedSet } from './sets.ts';
import { type Program, programOf } from './source.ts';
import { membersOf, type Structure } from './structure.ts';

/** How the members of a set were told apart. */
export interface Asymmetry {
  readonly set: string;
  /** One sentence: the members that were exchanged, the command or property, and what differs. */
  readonly problem: string;
  /** The calls to the state in which that happened. */
  readonly trace: readonly Call[];
  /** The call that the exchange changed the outcome of; none where it is a property. */
  readonly call?: Call;
}

export interface SelfTestOptions {
  /** Equal seeds choose equal states and members. */
  readonly seed: number;
  /** How many states are tried, each with two members of every set exchanged. */
  readonly samples: number;
  /** The properties of the machine; the invariants among them are asked. */
  readonly properties?: readonly Property<never>[];
}

/** Random runs begin anew after so many steps. */
const longestRun = 50;

export function equivariance<S>(
  machine: Machine<S>,
  scope: Scope,
  structure: Structure,
  { seed, samples, properties = [] }: SelfTestOptions,
): readonly Asymmetry[] {
  const test = new Equivariance(machine, scope, structure, properties);
  const random = randomNumbers(seed);
  const found = new Map<string, Asymmetry>();
  const trace: Call[] = [];
  const taken = new Map<string, number>();
  for (let sample = 0; sample < samples; sample++) {
    const calls = test.look();
    for (const { name } of structure.sets) {
      if (found.has(name)) continue;
      const asymmetry = test.exchange(name, random, trace.slice());
      if (asymmetry !== null) found.set(name, asymmetry);
    }
    const among = random(2) === 0 ? calls : leastTaken(calls, taken);
    const chosen = among[random(among.length)];
    if (chosen === undefined || trace.length === longestRun) {
      trace.length = 0;
      test.restart();
    } else {
      trace.push(chosen);
      taken.set(chosen.kind, (taken.get(chosen.kind) ?? 0) + 1);
      test.step(chosen);
    }
  }
  return [...found.values()];
}

/** The calls of the kind that was taken least often, so that runs come to what is rare. */
function leastTaken(calls: readonly Call[], taken: ReadonlyMap<string, number>): readonly Call[] {
  const times = ({ kind }: Call): number => taken.get(kind) ?? 0;
  const least = Math.min(...calls.map(times));
  const kind = calls.find((call) => times(call) === least)?.kind;
  return calls.filter((call) => call.kind === kind);
}

class Equivariance<S> {
  private readonly here: Packed<S>;
  private readonly there: Packed<S>;
  private readonly invariants;
  private readonly program: Program;
  private readonly input: Int32Array;
  private readonly output: Int32Array;
  private readonly ids: Int32Array;
  private readonly own: Int32Array;
  /** The loaded state, and the states after each call that it allows. */
  private state: Int32Array;
  private readonly after = new Map<number, Int32Array>();
  private readonly scope: Scope;
  private readonly machine: Machine<S>;
  private readonly sets: readonly PermutedSet[];

  constructor(
    machine: Machine<S>,
    scope: Scope,
    { sets, cells }: Structure,
    properties: readonly Property<never>[],
  ) {
    this.machine = machine;
    this.scope = scope;
    this.sets = sets;
    this.here = packed(machine, scope);
    this.there = packed(machine, scope);
    // Which model the properties are of does not matter to what asks them.
    this.invariants = (properties as readonly unknown[] as readonly Property[]).filter(
      (property) => property.kind === 'invariant',
    );
    const { count, copy } = membersOf(sets, scope.sizes);
    this.own = copy.map((first, member) => member - first);
    this.ids = this.own.slice();
    this.input = this.here.words.slice();
    this.output = this.here.words.slice();
    this.program = programOf(cells, {
      W: new Uint8Array(this.input.buffer),
      O: new Uint8Array(this.output.buffer),
      B: new Int32Array(count),
      D: this.ids,
      L: new Int32Array(0),
    });
    this.restart();
    this.state = this.here.words.slice();
  }

  restart(): void {
    this.here.write(initialState(this.machine, this.scope.sizes));
  }

  step(call: Call): void {
    this.here.step(call);
  }

  /** Takes every step of the loaded state; returns the calls. */
  look(): readonly Call[] {
    const { here, after } = this;
    this.state = here.words.slice();
    after.clear();
    here.steps((call) => {
      after.set(call, here.words.slice());
      return false;
    });
    return [...after.keys()].map(here.call);
  }

  /** Exchanges two members of a set; says what that changed. */
  exchange(
    name: string,
    random: (below: number) => number,
    trace: readonly Call[],
  ): Asymmetry | null {
    const set = this.sets.find((each) => each.name === name) as PermutedSet;
    const copy = set.first + set.size * random(set.copies);
    const one = copy + random(set.size);
    const other = copy + ((one - copy + 1 + random(set.size - 1)) % set.size);
    const { ids, own } = this;
    ids.set(own);
    ids[one] = own[other] as number;
    ids[other] = own[one] as number;
    const found = this.compareInvariants() ?? this.compareSteps();
    if (found === null) return null;
    const within = set.copies > 1 ? ` of one ${set.index.within?.name}` : '';
    const members = `${name} ${own[one]} and ${name} ${own[other]}${within}`;
    const problem = `with ${members} exchanged, ${found.problem}`;
    return { set: name, trace, ...found, problem };
  }

  private compareInvariants(): { readonly problem: string } | null {
    const { here, there, scope } = this;
    there.load(this.exchanged(this.state), 0);
    for (const { id, violation } of this.invariants) {
      const [before, after] = [here, there].map(({ view }) =>
        violation(view as View<unknown>, scope.sizes),
      );
      if ((before === null) === (after === null)) continue;
      return { problem: `property ${id} ${after === null ? 'holds' : 'is violated'}` };
    }
    return null;
  }

  private compareSteps(): { readonly problem: string; readonly call: Call } | null {
    const { here, there, after } = this;
    const missing = new Map(
      [...after.keys()].map((number) => {
        const call = here.call(number);
        return [there.numberOf(this.renamed(call)), { call, number }];
      }),
    );
    let found: { readonly problem: string; readonly call: Call } | null = null;
    there.load(this.exchanged(this.state), 0);
    there.steps((number) => {
      const twin = missing.get(number);
      missing.delete(number);
      if (twin === undefined) {
        const allowed = there.call(number);
        // An exchange is its own inverse.
        const call = this.renamed(allowed);
        found = { problem: `${textOf(allowed)} is allowed, before not ${textOf(call)}`, call };
        return true;
      }
      const expected = this.exchanged(after.get(twin.number) as Int32Array);
      if (there.words.every((word, i) => word === expected[i])) return false;
      found = { problem: this.elsewhere(twin.call, expected), call: twin.call };
      return true;
    });
    if (found !== null) return found;
    for (const [number, { call }] of missing) {
      const refused = there.call(number);
      return { problem: `${textOf(refused)} is refused, before not ${textOf(call)}`, call };
    }
    return null;
  }

  /** What a call led to, and what it should have. */
  private elsewhere(call: Call, expected: Int32Array): string {
    const found = this.there.read();
    this.there.load(expected, 0);
    const [first] = difference(this.machine.shape, this.there.read(), found);
    return `${textOf(call)} leads to ${first?.path} ${first?.after}, not ${first?.before}`;
  }

  /** The state with the members exchanged. */
  private exchanged(state: Int32Array): Int32Array {
    this.input.set(state);
    this.program.move();
    return this.output.slice();
  }

  /** The call with the members exchanged in its arguments. */
  private renamed({ kind, args }: Call): Call {
    const shapes = this.machine.commands[kind]?.args ?? {};
    const rename = (name: string, shape: ArgumentShape): unknown => {
      const value = args[name];
      if (shape.form === 'option') return value === null ? null : rename(name, shape.of);
      if (shape.form !== 'ref' && shape.form !== 'subset') return value;
      const set = this.sets.find((each) => each.name === shape.index.name);
      if (set === undefined) return value;
      const first = set.first + set.size * this.copyOf(set, name, shapes, args);
      const idOf = (id: number): number => this.ids[first + id] as number;
      if (shape.form === 'ref') return idOf(value as number);
      return (value as readonly number[]).map(idOf).sort((a, b) => a - b);
    };
    const renamed = Object.entries(shapes).map(([name, shape]) => [name, rename(name, shape)]);
    return { kind, args: Object.fromEntries(renamed) };
  }

  /** Which copy of a set an argument means. */
  private copyOf(
    { index: { within } }: { readonly index: PermutedSet['index'] },
    name: string,
    shapes: Readonly<Record<string, ArgumentShape>>,
    args: Call['args'],
  ): number {
    const owner = within === undefined ? undefined : ownerAmong(shapes, name, within);
    if (within === undefined || owner === undefined) return 0;
    const size = this.scope.sizes[within.name] as number;
    return size * this.copyOf({ index: within }, owner, shapes, args) + (args[owner] as number);
  }
}

const textOf = ({ kind, args }: Call): string => `${kind} ${JSON.stringify(args)}`;
