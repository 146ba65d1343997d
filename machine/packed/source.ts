/**
 * The program of a packed host, written out for one machine in one scope.
 *
 * Views of the state are objects whose accessors read and write bytes; the steps of a state are
 * loops over the arguments of each command, with every guard asked in the loop that binds the last
 * argument it looks at. Both are generated as text: a JavaScript engine optimises the accessors of
 * each record, and the loops of each command, only if they are functions of their own.
 *
 * Names in the text: `W` the bytes of the state, `R` the coefficients of the fingerprint, `J` the
 * journal, `K` constants, `A` the arguments, `C` the context of the rules.
 */
import type { Plan } from '../enumerate.ts';
import { leastValue } from '../least.ts';
import type { Sizes } from '../scope.ts';
import type { RecordShape, StateShape, ValueShape } from '../shape.ts';
import {
  type ArrayNode,
  type Layout,
  type ListNode,
  type Node,
  offsetOf,
  type RecordNode,
  type ValueNode,
} from './layout.ts';
import { casesOf, firstOf, numbering } from './numbering.ts';

/** The text of the program, and the constants that it refers to as `K[i]`. */
export interface Source {
  readonly text: string;
  readonly constants: readonly unknown[];
}

/** Values are made once and kept where there are at most so many of a shape. */
const keptValues = 4096;

/** What the program keeps besides the state. */
export interface Recorded {
  /** Lanes of the fingerprint. */
  readonly lanes: 1 | 2;
  /** What each step reads and writes. */
  readonly footprints: boolean;
}

export function sourceOf(
  layout: Layout,
  sizes: Sizes,
  plans: readonly Plan[],
  first: readonly number[],
  recorded: Recorded,
): Source {
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const views = new Views(sizes, constant, recorded.footprints);
  const root = views.record(layout.root);
  const questions = new Questions(plans, constant, recorded.footprints);
  const steps = plans.map((plan, i) => stepsOf(plan, i, first[i] ?? 0, constant, questions));
  const names = [...new Set(plans.flatMap(({ slots }) => slots.map(({ name }) => name)))];
  const text = [
    runtimeOf(recorded),
    `const [${constants.map((_, i) => `k${i}`).join(', ')}] = K;`,
    ...views.text,
    `const A = {${names.map((name) => `${JSON.stringify(name)}: 0`).join(', ')}};`,
    `const root = new ${root}(0);`,
    ...questions.text,
    ...steps,
    `return { root, args: A, load, undo, begin, commit, discard, putWide, hashes, footprint,
  settle, steps: [${steps.map((_, i) => `steps${i}`).join(', ')}] };`,
  ].join('\n');
  return { text, constants };
}

/** What every program has: the journal, the fingerprint, and tables that are opened when read. */
const runtimeOf = ({ lanes, footprints }: Recorded): string => `'use strict';
const { W, V, R, S, K, C, G, N, words, broken } = E;
let J = new Int32Array(256), journaled = 0;
let low = 0, high = 0, lowLoaded = 0, highLoaded = 0;
let stamp = 0, writing = false;
let reads = 0, writes = 0, adds = 0;
/** History begins again when it rises: a state that is loaded has none, and an undone step left none. */
let era = 0;
const opened = [];
let openedCount = 0;
/** What was found out about a state, and tables as they are in it: forgotten with the stamp. */
const kept = [], leaves = [];
function keep(count) {
  const answers = new Int32Array(count);
  kept.push(answers);
  return answers;
}
/** Arrays that are read anew for each state. */
const loose = new Set();

function put(offset, byte) {
  ${footprints ? 'if (N[offset] === 0) writes |= G[offset]; else adds |= G[offset];' : ''}
  const old = W[offset];
  if (old === byte) return;
  if (journaled === J.length) grow();
  J[journaled++] = (offset << 8) | old;
  W[offset] = byte;
  low = (low + Math.imul(byte - old, R[offset])) | 0;
  ${lanes === 2 ? 'high = (high + Math.imul(byte - old, S[offset])) | 0;' : ''}
}
function grow() {
  const longer = new Int32Array(2 * J.length);
  longer.set(J);
  J = longer;
}
function put2(offset, number) {
  put(offset, number & 255);
  put(offset + 1, number >> 8);
}
function putWide(offset, width, number) {
  for (let i = 0; i < width; i++) {
    const rest = Math.floor(number / 256);
    put(offset + i, number - 256 * rest);
    number = rest;
  }
}
function getWide(offset, width) {
  let number = 0;
  for (let i = width - 1; i >= 0; i--) number = 256 * number + W[offset + i];
  return number;
}

/** Makes the words from 'at' on the state. */
function load(from, at) {
  for (let i = 0; i < words; i++) {
    if (V[i] === from[at + i]) continue;
    let word = from[at + i];
    let difference = V[i] ^ word;
    for (let offset = 4 * i; difference !== 0; offset++) {
      if ((difference & 255) !== 0) {
        const byte = word & 255, old = W[offset];
        W[offset] = byte;
        low = (low + Math.imul(byte - old, R[offset])) | 0;
        ${lanes === 2 ? 'high = (high + Math.imul(byte - old, S[offset])) | 0;' : ''}
      }
      word >>>= 8;
      difference >>>= 8;
    }
  }
  settle();
}
/** What was changed stays: it is the loaded state from here on. */
function settle() {
  lowLoaded = low;
  highLoaded = high;
  journaled = 0;
  era++;
  if (++stamp < 2 ** 30) return;
  stamp = 1;
  for (const answers of kept) answers.fill(0);
  for (const leaf of leaves) leaf.stamp = -1;
}
function begin() {
  writing = true;
  writes = adds = 0;
}
/** Ends the writing of an effect: opened tables are written back. */
function commit() {
  writing = false;
  for (let i = 0; i < openedCount; i++) opened[i].flush();
}
/** Back to the loaded state. */
function undo() {
  for (let i = openedCount - 1; i >= 0; i--) opened[i].close();
  openedCount = 0;
  for (let i = journaled - 1; i >= 0; i--) W[J[i] >>> 8] = J[i] & 255;
  journaled = 0;
  low = lowLoaded;
  high = highLoaded;
  era++;
}
/** Ends an effect that threw, or a step that is kept; forgets what was opened. */
function discard() {
  writing = false;
  for (let i = openedCount - 1; i >= 0; i--) opened[i].close();
  openedCount = 0;
}
/** What the step read, wrote and added to, as bits of regions of the state. */
function footprint(into, at) {
  into[at] = reads;
  into[at + 1] = writes;
  into[at + 2] = adds;
}
function hashes(into) {
  into[0] = low;
  into[1] = high;
}

/** What a lens shows is worked out once, so it must be made of what never moves. */
function part(lens, args) {
  const seen = lens(root, args);
  for (const each of [seen, ...Object.values(seen)]) {
    if (loose.has(each)) broken(0, 'lens', each);
  }
  return seen;
}

/** An array whose 'at' is cheaper than the one that every array has. */
function table(items) {
  Object.defineProperty(items, 'at', { value: at });
  return items;
}
function at(id) {
  return this[id];
}

/** Arrays of tables and lists: their leaves are opened together. */
class Group {
  constructor(leaves, items) {
    this.leaves = leaves;
    this.items = items;
    loose.add(items);
  }
  open() {
    for (let i = 0; i < this.leaves.length; i++) this.leaves[i].open();
    return this.items;
  }
}`;

/** Generates a class for each record shape and for each table or list of one sort of value. */
class Views {
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
    }
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
      numbers.count <= keptValues
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
/** Whether an array is one of values. An empty one is nothing else. */
const isTable = (node: ArrayNode): boolean => node.items.every(({ form }) => form === 'value');

/** The loops of one command: `visit` is called in the state after each step, and told its number. */
function stepsOf(
  { command, first, slots, depth }: Plan,
  id: number,
  firstCall: number,
  constant: (value: unknown) => string,
  questions: Questions,
): string {
  const { footprints } = questions;
  const lines: string[] = [];
  // A call has read what the guards of all its loops have read.
  const note = (level: number): void => {
    if (footprints) lines.push(`const reads${level} = reads;`);
  };
  if (footprints) lines.push('reads = 0;');
  for (const guard of first) lines.push(`if (${questions.ask(guard, [], depth)}) return false;`);
  note(0);
  for (const [i, slot] of slots.entries()) {
    const value = valueText(slot, `i${i}`, constant);
    const bound = slots.slice(0, i + 1);
    lines.push(`for (let i${i} = 0; i${i} < ${slot.values.length}; i${i}++) {`);
    lines.push(`A[${JSON.stringify(slot.name)}] = ${value};`);
    if (i === depth - 1) lines.push(`const part = P${id}[${numberText(slots, bound)}];`);
    if (footprints) lines.push(`reads = reads${i};`);
    for (const guard of slot.guards) {
      lines.push(`if (${questions.ask(guard, bound, depth)}) continue;`);
    }
    note(i + 1);
  }
  const effect = constant(command.effect);
  return `/** ${command.kind} */
function steps${id}(visit, skip) {
  ${depth === 0 ? 'const part = root;' : ''}
  ${lines.join('\n  ')}
  const call = ${firstCall} + ${numberText(slots, slots)};
  if (skip !== null && skip(call)) ${slots.length === 0 ? 'return false' : 'continue'};
  begin();
  ${effect}(part, A, C);
  commit();
  if (visit(call)) return true;
  undo();
  ${'}'.repeat(slots.length)}
  return false;
}
const P${id} = ${partsOf({ command, first, slots, depth }, constant)};`;
}

type Slots = Plan['slots'];

/** The number of the values of some arguments, among all their values: the last counts fastest. */
function numberText(slots: Slots, some: Slots): string {
  return some.reduce((text, slot, i) => {
    const own = `i${slots.indexOf(slot)}`;
    return i === 0 ? own : `(${text}) * ${slot.values.length} + ${own}`;
  }, '0');
}

/** Tells apart arguments of one name that range over different values. */
function domainOf({ name, values }: Slots[number]): string {
  return `${name} ${values.length} ${JSON.stringify([values[0], values.at(-1)])}`;
}

/**
 * Guards as questions. A guard that several commands share, or that a loop asks again with the same
 * arguments, is asked once a state; its answer is kept with the stamp of the state.
 */
class Questions {
  readonly text: string[] = [];
  readonly footprints: boolean;
  private readonly constant: (value: unknown) => string;
  private readonly kept = new Map<string, string>();
  private readonly uses = new Map<unknown, number>();

  constructor(plans: readonly Plan[], constant: (value: unknown) => string, footprints: boolean) {
    this.constant = constant;
    this.footprints = footprints;
    for (const { command } of plans) {
      for (const { refuse } of command.guards) {
        this.uses.set(refuse, (this.uses.get(refuse) ?? 0) + 1);
      }
    }
  }

  /** The expression that asks a guard where some arguments are bound, the lens's first. */
  ask({ refuse, looksAt }: Plan['first'][number], bound: Slots, depth: number): string {
    const seen = bound.filter(({ name }, i) => i < depth || looksAt.includes(name));
    const values = seen.reduce((product, slot) => product * slot.values.length, 1);
    const again = seen.length < bound.length || (this.uses.get(refuse) ?? 0) > 1;
    const question = this.name(refuse);
    if (!again || values > keptValues) return `${question}(part, A, C)`;
    const key = [question, ...seen.map(domainOf)].join(' ');
    let name = this.kept.get(key);
    if (name === undefined) {
      name = `asked${this.kept.size}`;
      this.kept.set(key, name);
      this.text.push(this.keeping(name, question, values));
    }
    return `${name}(${numberText(bound, seen)}, part)`;
  }

  private readonly names = new Map<unknown, string>();
  private name(refuse: unknown): string {
    const known = this.names.get(refuse) ?? this.constant(refuse);
    this.names.set(refuse, known);
    return known;
  }

  private keeping(name: string, question: string, values: number): string {
    const [look, found] = this.footprints
      ? [`const before = reads; reads = 0;`, `reads${name}[at] = reads; reads |= before;`]
      : ['', ''];
    return `const kept${name} = keep(${values});
${this.footprints ? `const reads${name} = new Int32Array(${values});` : ''}
function ${name}(at, part) {
  const known = kept${name}[at];
  if (known >> 1 === stamp) {
    ${this.footprints ? `reads |= reads${name}[at];` : ''}
    return (known & 1) === 1;
  }
  ${look}
  const refused = ${question}(part, A, C);
  ${found}
  kept${name}[at] = stamp * 2 + (refused ? 1 : 0);
  return refused;
}`;
  }
}

/** The value of an argument in its loop: integers are counted, anything else is looked up. */
function valueText(
  { shape, values }: Plan['slots'][number],
  i: string,
  constant: (value: unknown) => string,
): string {
  if (shape.form === 'ref') return i;
  if (shape.form === 'int') return shape.min === 0 ? i : `${i} + ${shape.min}`;
  return `${constant(values)}[${i}]`;
}

/** What the lens of a command shows for each choice of the arguments that it looks at. */
function partsOf({ command, slots, depth }: Plan, constant: (value: unknown) => string): string {
  if (command.lens === undefined) return '[]';
  const choices = slots
    .slice(0, depth)
    .reduce<Record<string, unknown>[]>(
      (all, { name, values }) =>
        all.flatMap((args) => values.map((value) => ({ ...args, [name]: value }))),
      [{}],
    );
  const lens = constant(command.lens);
  return `[${choices.map((args) => `part(${lens}, ${constant(args)})`).join(', ')}]`;
}
