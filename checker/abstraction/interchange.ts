/**
 * Members of an index set that a state does not tell apart: nothing refers to them, and the same is
 * said of both. Steps that name one of them lead where steps that name another lead, but for names,
 * so of those not yet named in a call only the first need be tried.
 */
import {
  type ArgumentShape,
  type Plan,
  resolve,
  type Scope,
  type StateShape,
  type ValueShape,
} from '../../machine/index.ts';
import type { Anatomy } from './projection.ts';
import type { World } from './world.ts';

interface Members {
  readonly name: string;
  /** Of each member: the values that lie in its own places. */
  readonly own: readonly (readonly number[])[];
  /** For each member, the least one that it may stand for. */
  readonly first: Int32Array;
}

export class Interchange {
  private readonly sets: readonly Members[];
  private readonly world: World;
  /** The visible values that may refer to members, and to which each of their numbers does. */
  private readonly references: readonly {
    readonly id: number;
    readonly to: readonly (readonly (readonly [set: number, member: number])[])[];
  }[];

  /** `names`: index sets that are not within others, whose members may be exchanged. */
  constructor(
    shape: StateShape,
    { sizes }: Scope,
    { locations }: Anatomy,
    world: World,
    names: readonly string[],
  ) {
    this.world = world;
    const all = names.map((name) => ({
      name,
      own: Array.from({ length: resolve(name, sizes) }, (): number[] => []),
      first: new Int32Array(resolve(name, sizes)),
    }));
    this.sets = all;
    for (const { id, path } of locations) {
      if (!world.isVisible(id)) continue;
      for (const [name, member] of indexesIn(shape, path)) {
        const set = all.find((each) => each.name === name);
        set?.own[member]?.push(id);
      }
    }
    this.references = locations
      .filter(({ id }) => world.isVisible(id))
      .map(({ id, shape: of, values }) => ({
        id,
        to: values.map((value) => referred(of, value, names)),
      }))
      .filter(({ to }) => to.some((each) => each.length > 0));
  }

  /** Finds out which members the state of the world does not tell apart. */
  look(): void {
    const { world } = this;
    const referred = this.sets.map(({ own }) => new Uint8Array(own.length));
    for (const { id, to } of this.references) {
      for (const [set, member] of to[world.number(id)] ?? []) {
        const flags = referred[set];
        if (flags !== undefined) flags[member] = 1;
      }
    }
    this.sets.forEach(({ own, first }, s) => {
      const seen = new Map<string, number>();
      own.forEach((ids, member) => {
        first[member] = member;
        if (referred[s]?.[member] === 1) return;
        const said = ids.map((id) => world.number(id)).join();
        const known = seen.get(said);
        if (known === undefined) seen.set(said, member);
        else first[member] = known;
      });
    });
  }

  /** Whether the argument at a position names, of members alike, the first that is not yet named. */
  allows(slots: Plan['slots'], args: Readonly<Record<string, unknown>>, position: number): boolean {
    const { shape, name } = slots[position] as Plan['slots'][number];
    const set = this.sets.find((each) => each.name === indexOf(shape));
    if (set === undefined) return true;
    const named: number[] = [];
    for (let i = 0; i < position; i++) {
      const slot = slots[i] as Plan['slots'][number];
      if (indexOf(slot.shape) === set.name) named.push(...membersIn(args[slot.name]));
    }
    return membersIn(args[name]).every((member) => {
      const alike = set.first[member] as number;
      const free = named.includes(member)
        ? member
        : set.first.findIndex((first, other) => first === alike && !named.includes(other));
      named.push(member);
      return free === member;
    });
  }
}

const membersIn = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value : typeof value === 'number' ? [value] : [];

function indexOf(shape: ArgumentShape): string | undefined {
  if (shape.form === 'ref' || shape.form === 'subset') return shape.index.name;
  return shape.form === 'option' && shape.of.form === 'ref' ? shape.of.index.name : undefined;
}

/** The index sets on a path, with the member that it goes through. */
function indexesIn(shape: StateShape, path: string): readonly (readonly [string, number])[] {
  const found: [string, number][] = [];
  let at = shape;
  for (const part of path.match(/[^.[\]]+/g) ?? []) {
    if (at.form === 'record') at = at.fields[part] as StateShape;
    else if (at.form === 'array') {
      found.push([at.index.name, Number(part)]);
      at = at.of;
    }
  }
  return found;
}

/** The members that a value refers to. */
function referred(
  shape: ValueShape,
  value: unknown,
  names: readonly string[],
): readonly (readonly [number, number])[] {
  if (value === null) return [];
  if (shape.form === 'option') return referred(shape.of, value, names);
  if (shape.form === 'ref') {
    const set = names.indexOf(shape.index.name);
    return set < 0 ? [] : [[set, value as number]];
  }
  if (shape.form !== 'variant') return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const declared = shape.cases[String(fields.kind)] ?? {};
  return Object.entries(declared).flatMap(([name, of]) => referred(of, fields[name], names));
}
