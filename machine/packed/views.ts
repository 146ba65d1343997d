/** The text of the accessors through which rules see packed bytes. */
import { leastValue } from '../least.ts';
import { isReduced, type Rational } from '../rational.ts';
import { resolve, type Sizes } from '../scope.ts';
import type { RationalShape, RecordShape, StateShape, ValueShape } from '../shape.ts';
import {
  type ArrayNode,
  type ListNode,
  type Node,
  offsetOf,
  type RecordNode,
  type ValueNode,
} from './layout.ts';
import { casesOf, firstOf, numbering } from './numbering.ts';

/** Values are made once and kept where there are at most so many of a shape. */
const valuesKept = 4096;

/** Generates a class for each record shape and for each table or list of one sort of value. */
export class Views {
  readonly text: string[] = [];
  private readonly records = new Map<RecordShape, string>();
  private readonly leaves = new Map<string, string>();
  private readonly codecs = new Map<ValueShape, Codec>();
  private readonly sizes: Sizes;
  private readonly constant: (value: unknown) => string;
  private readonly footprints: boolean;

  constructor(sizes: Sizes, constant: (value: unknown) => string, footprints: boolean) {
    this.sizes = sizes;
    this.constant = constant;
    this.footprints = footprints;
  }

  /** The class of a record; its offset is an argument of the constructor. */
  record(node: RecordNode): string {
    const known = this.records.get(node.shape);
    if (known !== undefined) return known;
    const name = `Record${this.records.size}`;
    this.records.set(node.shape, name);
    const made: string[] = [];
    const accessors: string[] = [];
    for (const [field, inner] of Object.entries(node.fields)) {
      const key = JSON.stringify(field);
      const own = `this[${JSON.stringify(`$${field}`)}]`;
      if (inner.form === 'value') accessors.push(this.value(key, inner, node));
      else if (inner.form === 'history') {
        const era = `this[${JSON.stringify(`era ${field}`)}]`;
        const least = this.constant(() => leastValue(inner.shape, this.sizes));
        made.push(`${own} = ${least}();`, `${era} = -1;`);
        const set = isPlaceForm(inner.shape) ? '' : `${own} = value; ${era} = era;`;
        accessors.push(`get ${key}() {
    if (${era} !== era) { ${own} = ${least}(); ${era} = era; }
    return ${own};
  }
  set ${key}(value) { ${set} }`);
      } else {
        const { make, read } = this.place(inner, node.offset);
        made.push(`${own} = ${make};`);
        const put =
          inner.form === 'list'
            ? `if (value !== ${own}.items) ${own}.assign(value);`
            : `if (value !== ${read(own)}) broken(this.$, ${key}, value);`;
        accessors.push(`get ${key}() { return ${read(own)}; }
  set ${key}(value) { ${put} }`);
      }
    }
    this.text.push(`/** ${node.path.replaceAll(/\[\d+\]/g, '[]') || 'the whole'} */
class ${name} {
  constructor(at) {
    this.$ = at;
    ${made.join('\n    ')}
  }
  ${accessors.join('\n  ')}
}`);
    return name;
  }

  private value(key: string, { offset, width, shape }: ValueNode, within: RecordNode): string {
    const at = `this.$ + ${offset - within.offset}`;
    const { read, write } = this.codec(shape);
    const noted = this.footprints
      ? shape.form === 'int' && shape.commutes === true
        ? `if (!writing) reads |= G[${at}]; `
        : `reads |= G[${at}]; `
      : '';
    return `get ${key}() { ${noted}return ${read(readNumber(at, width))}; }
  set ${key}(value) { ${writeValue(at, width, write('value', -1))} }`;
  }

  /** How a place inside a record, a table or an array is made, and read. */
  private place(
    node: Exclude<Node, { form: 'value' | 'history' }>,
    from: number,
  ): { readonly make: string; readonly read: (own: string) => string } {
    if (node.form === 'record') {
      return { make: `new ${this.record(node)}(${at(node.offset, from)})`, read: (own) => own };
    }
    if (node.form === 'list' || isTable(node)) {
      return { make: this.leaf(node, from), read: (own) => `${own}.open()` };
    }
    const leaves: string[] = [];
    const items = this.items(node, from, leaves);
    if (leaves.length === 0) return { make: items, read: (own) => own };
    const make = `((leaves) => new Group(leaves, ${items}))([${leaves.join(', ')}])`;
    return { make, read: (own) => `${own}.open()` };
  }

  /** An array of places, written out; tables and lists in it are added to the leaves. */
  private items(node: ArrayNode, from: number, leaves: string[]): string {
    const each = node.items.map((item) => {
      if (item.form === 'list' || (item.form === 'array' && isTable(item))) {
        return `leaves[${leaves.push(this.leaf(item, from)) - 1}].items`;
      }
      if (item.form === 'array') return this.items(item, from, leaves);
      return this.place(item as RecordNode, from).make;
    });
    return `table([${each.join(', ')}])`;
  }

  private leaf(node: ListNode | ArrayNode, from: number): string {
    const name = node.form === 'list' ? this.listClass(node) : this.tableClass(node);
    return `new ${name}(${at(offsetOf(node), from)})`;
  }

  private tableClass(node: ArrayNode): string {
    const [first] = node.items as readonly ValueNode[];
    const length = node.items.length;
    const width = first?.width ?? 1;
    const shape = first?.shape ?? { form: 'bool' };
    const { read, write } = this.codec(shape);
    const at = `this.at + ${width} * i`;
    return this.leafClass(
      node,
      shape,
      `sync() {
    const { items } = this;
    for (let i = 0; i < ${length}; i++) items[i] = ${read(readNumber(at, width))};
    this.stamp = stamp;
  }
  flush() {
    const { items } = this;
    if (items.length !== ${length}) broken(this.at, null, items);
    for (let i = 0; i < ${length}; i++) {
      const value = items[i];
      ${writeValue(at, width, write('value', -1))}
    }
  }`,
    );
  }

  private listClass(node: ListNode): string {
    const bound = node.items.length;
    const [first] = node.items;
    const start = node.length.width;
    const width = first?.width ?? 1;
    const shape = first?.shape ?? { form: 'bool' };
    const { read, write } = this.codec(shape);
    const at = `this.at + ${start} + ${width} * i`;
    return this.leafClass(
      node,
      shape,
      `sync() {
    const { items } = this;
    const length = ${readNumber('this.at', start)};
    if (items.length !== length) items.length = length;
    for (let i = 0; i < length; i++) items[i] = ${read(readNumber(at, width))};
    this.stamp = stamp;
  }
  assign(value) {
    const items = this.open();
    if (!Array.isArray(value)) broken(this.at, null, value);
    items.length = value.length;
    for (let i = 0; i < value.length; i++) items[i] = value[i];
  }
  flush() {
    const { items } = this;
    const length = items.length;
    if (length > ${bound}) broken(this.at, null, items);
    ${writeNumber('this.at', start, 'length')}
    for (let i = 0; i < length; i++) {
      const value = items[i];
      ${writeValue(at, width, write('value', -1))}
    }
    for (let i = length; i < ${bound}; i++) {
      ${writeNumber(at, width, '0')}
    }
  }`,
    );
  }

  private leafClass(node: ListNode | ArrayNode, shape: ValueShape, body: string): string {
    const kind = `${node.form} ${node.items.length} ${this.codec(shape).id}`;
    const known = this.leaves.get(kind);
    if (known !== undefined) return known;
    const inside: readonly Node[] = node.items;
    const bytes = [...inside, ...(node.form === 'list' ? [node.length] : [])].reduce(
      (sum, item) => sum + (item as ValueNode).width,
      0,
    );
    const name = `Leaf${this.leaves.size}`;
    this.leaves.set(kind, name);
    this.text.push(`/** ${node.path.replaceAll(/\[\d+\]/g, '[]')} */
class ${name} {
  constructor(at) {
    this.at = at;
    this.items = table([]);
    this.stamp = -1;
    this.opened = false;
    ${this.footprints ? `this.regions = 0; for (let i = 0; i < ${bytes}; i++) this.regions |= G[at + i];` : ''}
    loose.add(this.items);
    leaves.push(this);
    this.sync();
    this.stamp = -1;
  }
  /** The values as a real array, read anew where the state is another. */
  open() {
    ${this.footprints ? 'reads |= this.regions;' : ''}
    if (this.stamp !== stamp) this.sync();
    if (writing && !this.opened) {
      this.opened = true;
      opened[openedCount++] = this;
    }
    return this.items;
  }
  close() {
    this.opened = false;
    this.stamp = -1;
  }
  ${body}
}`);
    return name;
  }

  /** How the numbers of a value shape are turned into values and back, as text. */
  private codec(shape: ValueShape): Codec {
    const known = this.codecs.get(shape);
    if (known !== undefined) return known;
    const codec = { ...this.codecOf(shape), id: this.codecs.size };
    this.codecs.set(shape, codec);
    return codec;
  }

  private codecOf(shape: ValueShape): Omit<Codec, 'id'> {
    switch (shape.form) {
      case 'bool':
        return {
          read: (number) => `(${number} === 1)`,
          write: (value, otherwise) =>
            `${value} === true ? 1 : ${value} === false ? 0 : ${otherwise}`,
        };
      case 'int':
      case 'ref': {
        const { count } = numbering(shape, this.sizes);
        const least = firstOf(shape);
        const integer = (value: string): string =>
          count <= 2 ** 30 && Math.abs(least) <= 2 ** 30
            ? `(${value} | 0) === ${value}`
            : `Number.isSafeInteger(${value})`;
        return {
          read: (number) => (least === 0 ? number : `(${number} + ${least})`),
          write: (value, otherwise) =>
            `${value} >= ${least} && ${value} < ${least + count} && ${integer(value)} ? ${value} - ${least} : ${otherwise}`,
        };
      }
      case 'enum': {
        const names = this.constant(shape.values);
        return {
          read: (number) => `${names}[${number}]`,
          write: (value, otherwise) =>
            `${shape.values.map((each, i) => `${value} === ${JSON.stringify(each)} ? ${i} : `).join('')}${otherwise}`,
        };
      }
      case 'option': {
        const of = this.codec(shape.of);
        const id = this.codecs.size;
        this.text.push(`function optional${id}(number) {
  return number === 0 ? null : ${of.read('(number - 1)')};
}`);
        return {
          read: (number) => `optional${id}(${number})`,
          write: (value, otherwise) =>
            `${value} === null ? 0 : 1 + (${of.write(value, otherwise - 1)})`,
        };
      }
      case 'variant':
        return this.variantCodec(shape);
      case 'rational':
        return this.rationalCodec(shape);
    }
  }

  private rationalCodec(shape: RationalShape): Omit<Codec, 'id'> {
    const most = resolve(shape.most, this.sizes);
    const denominator = resolve(shape.denominator, this.sizes);
    const numbers = numbering(shape, this.sizes);
    const isValue = (value: unknown): boolean => {
      if (typeof value !== 'object' || value === null) return false;
      const given = value as Rational;
      const { n, d } = given;
      return (
        Number.isSafeInteger(n) && d <= denominator && Math.abs(n) <= most * d && isReduced(given)
      );
    };
    const number = this.constant((value: unknown) => (isValue(value) ? numbers.number(value) : -1));
    const value = this.constant((number: number) => Object.freeze(numbers.value(number)));
    return { read: (of) => `${value}(${of})`, write: (of) => `${number}(${of})` };
  }

  private variantCodec(shape: Extract<ValueShape, { form: 'variant' }>): Omit<Codec, 'id'> {
    const numbers = numbering(shape, this.sizes);
    const id = this.codecs.size;
    const names = [...new Set(Object.values(shape.cases).flatMap((each) => Object.keys(each)))];
    // All values are objects of one make, whatever their case: that is quicker to read.
    const uniform = (value: unknown): unknown => {
      const made: Record<string, unknown> = { kind: undefined };
      for (const name of names) made[name] = undefined;
      return Object.freeze(Object.assign(made, value));
    };
    const read =
      numbers.count <= valuesKept
        ? `${this.constant(Array.from({ length: numbers.count }, (_, n) => uniform(numbers.value(n))))}[`
        : `${this.constant((number: number) => uniform(numbers.value(number)))}(`;
    const close = read.endsWith('[') ? ']' : ')';
    const cases = casesOf(shape, this.sizes).map(({ kind, first, fields }) => {
      const lines = fields.map(({ name, numbers: of }) => {
        const field = `value[${JSON.stringify(name)}]`;
        const inner = this.codec(
          (shape.cases[kind] as Readonly<Record<string, ValueShape>>)[name] as ValueShape,
        ).write(field, -1);
        return `digit = ${inner}; if (digit < 0) return -1; number = number * ${of.count} + digit;`;
      });
      return `case ${JSON.stringify(kind)}: { let number = 0, digit = 0; ${lines.join(' ')} return ${first} + number; }`;
    });
    this.text.push(`function number${id}(value) {
  if (typeof value !== 'object' || value === null) return -1;
  switch (value.kind) {
    ${cases.join('\n    ')}
    default: return -1;
  }
}`);
    return {
      read: (number) => `${read}${number}${close}`,
      write: (value) => `number${id}(${value})`,
    };
  }
}

interface Codec {
  readonly id: number;
  /** The expression of the value whose number is given. */
  readonly read: (number: string) => string;
  /** The expression of the number of a value; `otherwise`, below 0, where it is no such value. */
  readonly write: (value: string, otherwise: number) => string;
}

const at = (offset: number, from: number): string =>
  from === 0 && offset === 0 ? 'at' : `at + ${offset - from}`;

function readNumber(at: string, width: number): string {
  if (width === 1) return `W[${at}]`;
  if (width === 2) return `(W[${at}] | (W[${at} + 1] << 8))`;
  return `getWide(${at}, ${width})`;
}
function writeNumber(at: string, width: number, number: string): string {
  if (width === 1) return `put(${at}, ${number});`;
  if (width === 2) return `put2(${at}, ${number});`;
  return `putWide(${at}, ${width}, ${number});`;
}

/** Writes the value called `value`, whose number is given. */
function writeValue(at: string, width: number, number: string): string {
  return `const number = ${number}; if (number < 0) broken(${at}, null, value);
      ${writeNumber(at, width, 'number')}`;
}

const isPlaceForm = ({ form }: StateShape): boolean =>
  form === 'record' || form === 'array' || form === 'list';
/** Whether an array is one of values. Of an empty one nothing is ever read or written. */
const isTable = ({ items }: ArrayNode): boolean =>
  items.length > 0 && items.every(({ form }) => form === 'value');
