/** What `list` prints: the catalogues as data, and the data as tables. */
import type { AnyCommand, ArgumentShape, Fault, Property } from '../../machine/index.ts';
import type { VmmScope } from '../../model/index.ts';
import { type Column, count, type Style, table } from './table.ts';

/** An entry of a catalogue: everything JSON, with an id. */
export interface Entry {
  readonly id: string;
  readonly [field: string]: unknown;
}

export function commandEntry(id: string, command: AnyCommand): Entry {
  const { actor, summary, args, requires } = command;
  return {
    id,
    actor,
    summary,
    args: Object.entries(args).map(([name, shape]) => ({ name, ...argumentKind(shape) })),
    rejections: requires.map(([code]) => code),
  };
}

function argumentKind(shape: ArgumentShape): object {
  const choice = shape.choice === true ? { choice: true } : {};
  if (shape.form === 'ref' || shape.form === 'subset') {
    return { form: shape.form, of: shape.index.name, ...choice };
  }
  if (shape.form === 'enum') return { form: shape.form, values: shape.values, ...choice };
  return { form: shape.form, ...choice };
}

export function propertyEntry({ id, name, kind }: Property<never>): Entry {
  return { id, name, kind };
}

type Told = Omit<Fault, 'apply'>;

export function faultEntry({ id, seam, story, origin, killedBy, scope }: Told): Entry {
  return { id, seam, story, origin, killedBy, ...(scope === undefined ? {} : { scope }) };
}

export function scopeEntry({ name, purpose, sizes, commands, explored }: VmmScope): Entry {
  const only = commands === undefined ? {} : { commands };
  return { id: name, purpose, sizes, ...only, ...(explored === undefined ? {} : { explored }) };
}

/** A column of a catalogue: its title and the field that it shows. */
type Shown = readonly [title: string, field: string];

export type CatalogueName = 'commands' | 'properties' | 'faults' | 'scopes';

const columns: Readonly<Record<CatalogueName, readonly Shown[]>> = {
  commands: [
    ['COMMAND', 'id'],
    ['ACTOR', 'actor'],
    ['ARGUMENTS', 'args'],
    ['WHAT IT DOES', 'summary'],
  ],
  properties: [
    ['PROPERTY', 'id'],
    ['KIND', 'kind'],
    ['WHAT IS TRUE', 'name'],
  ],
  faults: [
    ['FAULT', 'id'],
    ['SEAM', 'seam'],
    ['KILLED BY', 'killedBy'],
    ['SCOPE', 'scope'],
    ['WHAT GOES WRONG', 'story'],
  ],
  scopes: [
    ['SCOPE', 'id'],
    ['SIZES', 'sizes'],
    ['STATES', 'explored'],
    ['PURPOSE', 'purpose'],
  ],
};

export function isCatalogueName(name: string): name is CatalogueName {
  return Object.hasOwn(columns, name);
}
export const catalogueNames: readonly string[] = Object.keys(columns);

export function catalogueText(
  name: CatalogueName,
  entries: readonly Entry[],
  style: Style,
): string {
  const shown = columns[name];
  const titles = shown.map(([title]): Column => ({ title }));
  const rows = entries.map((entry) => shown.map(([, field]) => cell(field, entry[field])));
  return table(titles, rows, style);
}

/** Sizes that say how big a scope is; the rest are in the JSON. */
const mainSizes = ['host', 'vm', 'page', 'frame', 'slot', 'content'];

function cell(field: string, value: unknown): string {
  if (field === 'args') return (value as { name: string }[]).map(({ name }) => name).join(' ');
  if (field === 'killedBy') return (value as string[]).join(' ');
  if (field === 'sizes') {
    const sizes = value as Readonly<Record<string, number>>;
    const present = mainSizes.filter((size) => sizes[size] !== undefined);
    return present.map((size) => `${size} ${sizes[size]}`).join(', ');
  }
  if (field === 'explored') {
    const explored = value as VmmScope['explored'];
    if (explored === undefined) return '';
    const states = count(explored.distinct);
    return explored.complete ? states : `${states} in ${explored.depth} steps`;
  }
  return value === undefined ? '' : String(value);
}
