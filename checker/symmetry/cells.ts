/**
 * The state as cells: bytes that move together when members of index sets are exchanged, and
 * references, which change as well.
 *
 * Of each cell is known whom it is about: the members in whose arrays it lies, and those that it
 * refers to. A member that another one of them is within is left out: a page tells its VM.
 */
import {
  type Index,
  type Layout,
  resolve,
  type Sizes,
  type ValueShape,
} from '../../machine/index.ts';
import {
  type ArrayNode,
  type Node as LayoutNode,
  offsetOf,
  type ValueNode,
} from '../../machine/packed/layout.ts';
import { casesOf, numbering } from '../../machine/packed/numbering.ts';
import { copiesOf, ownerAmong, type PermutedSet } from './sets.ts';

/** An array on the way to a cell: its element moves by `stride` bytes from one id to the next. */
export interface Step {
  readonly member: number;
  readonly id: number;
  readonly stride: number;
}
/** Up to four bytes without references. */
export interface PlainCell {
  readonly steps: readonly Step[];
  readonly offset: number;
  readonly width: number;
  readonly about: readonly string[];
  /** Equal for cells that a permutation takes to one another. */
  readonly label: string;
}
/** A value that may refer to members. */
export interface ReferenceCell {
  readonly steps: readonly Step[];
  readonly offset: number;
  readonly width: number;
  /** For the item of a list: an expression that is true where the list is that long. */
  readonly used: string | null;
  /** In ascending order of their numbers. */
  readonly cases: readonly ReferenceCase[];
  readonly label: string;
}
/** A case of the value, in expressions of its number `n`. */
export interface ReferenceCase {
  /** The first number beyond the case. */
  readonly end: number;
  readonly targets: readonly Target[];
  readonly about: readonly string[];
}
export interface Target {
  /** The number of the member that is referred to. */
  readonly member: string;
  /** Its id. */
  readonly id: string;
  /** What one id more adds to the number of the value. */
  readonly weight: number;
}
export interface Cells {
  readonly plain: readonly PlainCell[];
  readonly references: readonly ReferenceCell[];
  /** Index sets that cannot be permuted, each with the reason. */
  readonly unclear: ReadonlyMap<string, string>;
}

/** A member of any index set that a cell is about. */
interface Party {
  readonly index: Index;
  /** An expression. */
  readonly ordinal: string;
  readonly owner: Party | undefined;
}
const keyOf = ({ index, ordinal }: Party): string => `${index.name} ${ordinal}`;

/** How a place lies in the whole. */
interface Place {
  readonly steps: readonly Step[];
  /** The elements that it lies in, outermost first, of permuted sets and others. */
  readonly parties: readonly Party[];
  /** The record that it is a field of. */
  readonly siblings: Readonly<Record<string, LayoutNode>>;
  readonly name: string;
  readonly label: string;
}
/** A reference inside a value: the digit that is its id. */
interface Digit {
  readonly index: Index;
  readonly id: string;
  readonly weight: number;
}

/** Numbers of values with references are calculated with as integers of 32 bits. */
const mostNumbers = 2 ** 31;

export function cellsOf(layout: Layout, sizes: Sizes, sets: readonly PermutedSet[]): Cells {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const bytes: PlainCell[] = [];
  const references: ReferenceCell[] = [];
  const unclear = new Map<string, string>();

  const visit = (node: LayoutNode, place: Place): void => {
    switch (node.form) {
      case 'value':
        value(node, place, null);
        return;
      case 'list':
        value(node.length, { ...place, label: `${place.label}.length` }, null);
        for (const [i, item] of node.items.entries()) {
          const used = `${readText(node.length)} > ${i}`;
          value(item, { ...place, label: `${place.label}[${i}]` }, used);
        }
        return;
      case 'record':
        for (const [name, field] of Object.entries(node.fields)) {
          visit(field, {
            ...place,
            siblings: node.fields,
            name,
            label: `${place.label}.${name}`,
          });
        }
        return;
      case 'array':
        array(node, place);
        return;
      case 'history':
        return;
    }
  };
  const array = ({ index, items, path }: ArrayNode, place: Place): void => {
    // Fields beside an array name members, not whose array it is.
    const owner = ownerOf(index, { ...place, siblings: {} }, undefined, path);
    const set = byName.get(index.name);
    const start = items.map(offsetOf);
    for (const [id, item] of items.entries()) {
      const ordinal = ordinalOf(index, owner, String(id));
      const member = set === undefined ? -1 : set.first + Number(ordinal);
      const stride = (start[1] ?? 0) - (start[0] ?? 0);
      visit(item, {
        steps: set === undefined ? place.steps : [...place.steps, { member, id, stride }],
        parties: [...place.parties, { index, ordinal, owner }],
        siblings: {},
        name: '',
        label: `${place.label}[${set === undefined ? id : ''}]`,
      });
    }
  };
  const value = (node: ValueNode, place: Place, used: string | null): void => {
    const { shape, offset, width, numbers } = node;
    const { steps, label } = place;
    const cases = digitsOf(shape, sizes).map(({ end, digits, fields }) => {
      const named = new Map(digits.map((digit) => [digit.name, digit]));
      const parties = digits.map((digit) => partyOf(digit, place, { fields, named }, node.path));
      const permuted = parties.filter(({ index }) => byName.has(index.name));
      const targets = permuted.map((party): Target => {
        const { id, weight } = digits[parties.indexOf(party)] as Digit;
        return { member: memberOf(party), id, weight };
      });
      return { end, targets, about: aboutOf([...place.parties, ...permuted]) };
    });
    if (cases.some(({ targets }) => targets.length > 0)) {
      if (numbers.count > mostNumbers) {
        const reason = `${node.path} has too many values to be renamed`;
        for (const name of namesIn(shape)) unclear.set(name, reason);
      }
      references.push({ steps, offset, width, used, cases, label });
      return;
    }
    const about = aboutOf(place.parties);
    for (let i = 0; i < width; i++) {
      bytes.push({ steps, offset: offset + i, width: 1, about, label: `${label}/${i}` });
    }
  };

  /** The member that a reference means. */
  const partyOf = (
    { index, id, name }: NamedDigit,
    place: Place,
    within: Siblings,
    path: string,
  ): Party => {
    const owner = ownerOf(index, place, { ...within, name }, path);
    return { index, ordinal: ordinalOf(index, owner, id), owner };
  };
  /** The member whose copy of the index set is meant, if there is more than one copy. */
  const ownerOf = (
    { name, within }: Index,
    place: Place,
    inCase: (Siblings & { readonly name: string }) | undefined,
    path: string,
  ): Party | undefined => {
    if (within === undefined) return undefined;
    if (inCase !== undefined) {
      const sibling = ownerAmong(inCase.fields, inCase.name, within);
      const digit = sibling === undefined ? undefined : inCase.named.get(sibling);
      if (digit !== undefined) return partyOf(digit, place, inCase, path);
    }
    const shapes = Object.fromEntries(
      Object.entries(place.siblings).map(([field, node]) => [
        field,
        node.form === 'value' ? node.shape : { form: 'place' },
      ]),
    );
    const beside = ownerAmong(shapes, place.name, within);
    const node = beside === undefined ? undefined : place.siblings[beside];
    if (node?.form === 'value' && beside !== undefined) {
      const owner = ownerOf(within, { ...place, name: beside }, undefined, path);
      return { index: within, ordinal: ordinalOf(within, owner, readText(node)), owner };
    }
    const around = place.parties.findLast(({ index }) => index.name === within.name);
    if (around !== undefined) return around;
    if (copiesOf(within, sizes) * resolve(within.name, sizes) > 1) {
      unclear.set(name, `${path} does not say of which ${within.name}`);
    }
    return { index: within, ordinal: '0', owner: undefined };
  };
  const ordinalOf = (index: Index, owner: Party | undefined, id: string): string =>
    owner === undefined ? id : sum(product(owner.ordinal, resolve(index.name, sizes)), id);
  const memberOf = ({ index, ordinal }: Party): string =>
    sum(String(byName.get(index.name)?.first), ordinal);
  const aboutOf = (parties: readonly Party[]): readonly string[] => {
    const permuted = parties.filter(({ index }) => byName.has(index.name));
    const told = new Set<string>();
    for (const party of permuted) {
      for (let { owner } = party; owner !== undefined; { owner } = owner) told.add(keyOf(owner));
    }
    return permuted.filter((party) => !told.has(keyOf(party))).map(memberOf);
  };

  visit(layout.root, { steps: [], parties: [], siblings: {}, name: '', label: '' });
  return { plain: runsOf(bytes), references, unclear };
}

interface Siblings {
  readonly fields: Readonly<Record<string, { readonly form: string }>>;
  readonly named: ReadonlyMap<string, NamedDigit>;
}
interface NamedDigit extends Digit {
  readonly name: string;
}
interface DigitsOfCase {
  readonly end: number;
  readonly digits: readonly NamedDigit[];
  readonly fields: Siblings['fields'];
}

/** The cases of a value with the references in each, as expressions of its number `n`. */
function digitsOf(shape: ValueShape, sizes: Sizes): readonly DigitsOfCase[] {
  if (shape.form === 'variant') {
    return casesOf(shape, sizes).map(({ kind, first, fields }) => {
      const declared = shape.cases[kind] as Siblings['fields'];
      let weight = 1;
      const digits: NamedDigit[] = [];
      for (const { name, numbers } of fields.toReversed()) {
        const { form, index } = declared[name] as { form: string; index?: Index };
        if (form === 'ref' && index !== undefined) {
          const above = weight === 1 ? `(n - ${first})` : `((n - ${first}) / ${weight} | 0)`;
          const id = digits.length === fields.length - 1 ? above : `${above} % ${numbers.count}`;
          digits.unshift({ name, index, id, weight });
        }
        weight *= numbers.count;
      }
      return { end: first + weight, digits, fields: declared };
    });
  }
  const least = shape.form === 'option' ? 1 : 0;
  const of = shape.form === 'option' ? shape.of : shape;
  const { count } = numbering(of, sizes);
  const digits = of.form === 'ref' ? [digit(of.index, least)] : [];
  const only = { end: least + count, digits, fields: { '': of } };
  return least === 0 ? [only] : [{ end: 1, digits: [], fields: {} }, only];
}

const digit = (index: Index, least: number): NamedDigit => ({
  name: '',
  index,
  id: least === 0 ? 'n' : '(n - 1)',
  weight: 1,
});

function namesIn(shape: ValueShape): readonly string[] {
  const scalars =
    shape.form === 'variant'
      ? Object.values(shape.cases).flatMap((fields) => Object.values(fields))
      : [shape.form === 'option' ? shape.of : shape];
  return scalars.flatMap((each) => (each.form === 'ref' ? [each.index.name] : []));
}

/** Joins neighbouring bytes that move together, up to four. */
function runsOf(bytes: readonly PlainCell[]): readonly PlainCell[] {
  const runs: PlainCell[] = [];
  for (const byte of bytes) {
    const last = runs.at(-1);
    if (
      last !== undefined &&
      last.width < 4 &&
      last.offset + last.width === byte.offset &&
      last.steps.length === byte.steps.length &&
      last.steps.every((step, i) => sameStep(step, byte.steps[i]))
    ) {
      runs[runs.length - 1] = { ...last, width: last.width + 1 };
    } else runs.push(byte);
  }
  return runs;
}

const sameStep = (a: Step, b: Step | undefined): boolean =>
  a.member === b?.member && a.stride === b.stride;

/** The number at an offset of the state `W`. */
export function readText({
  offset,
  width,
}: {
  readonly offset: number;
  readonly width: number;
}): string {
  const bytes = Array.from({ length: width }, (_, i) => `W[${offset + i}] << ${8 * i}`);
  return width === 1 ? `W[${offset}]` : `(${bytes.join(' | ')})`;
}

const isNumber = (text: string): boolean => /^\d+$/.test(text);

function sum(a: string, b: string): string {
  if (isNumber(a) && isNumber(b)) return String(Number(a) + Number(b));
  return a === '0' ? b : `(${a} + ${b})`;
}
function product(a: string, b: number): string {
  return isNumber(a) ? String(Number(a) * b) : `${a} * ${b}`;
}
