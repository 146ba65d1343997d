/**
 * Where the values of a state lie in its packed form: a row of bytes.
 *
 * Every value is numbered among the values that its shape has in the scope, and the number is kept
 * in as few bytes as it needs. Records and arrays lie one after the other, so that an element of an
 * array is found by its offset alone. History is not kept: it begins anew with each state, so that a
 * step shows what it adds.
 */
import { BrokenRule } from '../errors.ts';
import { resolve, type Sizes } from '../scope.ts';
import type { Index, ListShape, RecordShape, StateShape, ValueShape } from '../shape.ts';
import { type Numbering, numbering } from './numbering.ts';

/** A value: `width` bytes at `offset`, the least significant first. */
export interface ValueNode {
  readonly form: 'value';
  readonly shape: ValueShape;
  readonly numbers: Numbering;
  readonly offset: number;
  readonly width: number;
  readonly path: string;
}
/** A list: its length, and room for as many values as it may have; what is unused is zero. */
export interface ListNode {
  readonly form: 'list';
  readonly shape: ListShape;
  readonly length: ValueNode;
  readonly items: readonly ValueNode[];
  readonly path: string;
}
export interface RecordNode {
  readonly form: 'record';
  readonly shape: RecordShape;
  readonly fields: Readonly<Record<string, Node>>;
  readonly offset: number;
  readonly path: string;
}
export interface ArrayNode {
  readonly form: 'array';
  readonly index: Index;
  readonly items: readonly Node[];
  readonly path: string;
}
/** A place or value of the state that has no bytes. */
export interface HistoryNode {
  readonly form: 'history';
  readonly shape: StateShape;
  readonly path: string;
}
export type Node = ValueNode | ListNode | RecordNode | ArrayNode | HistoryNode;

export interface Layout {
  readonly root: RecordNode;
  /** Bytes of a state. */
  readonly bytes: number;
  /** Every value that has bytes, by offset. */
  readonly values: readonly ValueNode[];
}

/** The most bytes that a state may have: offsets are kept in 23 bits. */
const bytesMax = 2 ** 23;

/** Throws `BrokenRule` where a shape cannot be packed in the scope. */
export function layoutOf(shape: RecordShape, sizes: Sizes): Layout {
  const values: ValueNode[] = [];
  let next = 0;
  const value = (of: ValueShape, path: string): ValueNode => {
    const numbers = numbering(of, sizes);
    if (!Number.isSafeInteger(numbers.count)) {
      throw new BrokenRule(path, `has ${numbers.count} values, too many to be numbered`);
    }
    const width = bytesFor(numbers.count);
    const node: ValueNode = { form: 'value', shape: of, numbers, offset: next, width, path };
    next += width;
    if (next > bytesMax) throw new BrokenRule(path, `lies beyond ${bytesMax} bytes`);
    values.push(node);
    return node;
  };
  const place = (of: StateShape, path: string): Node => {
    if (of.marker === 'history') return { form: 'history', shape: of, path };
    if (of.form === 'record') return fields(of, path);
    if (of.form === 'array') {
      const size = resolve(of.index.name, sizes);
      const items = Array.from({ length: size }, (_, i) => place(of.of, `${path}[${i}]`));
      return { form: 'array', index: of.index, items, path };
    }
    if (of.form === 'list') {
      const bound = resolve(of.bound, sizes);
      const length = value({ form: 'int', min: 0, max: bound }, `${path}.length`);
      const items = Array.from({ length: bound }, (_, i) => value(of.of, `${path}[${i}]`));
      return { form: 'list', shape: of, length, items, path };
    }
    return value(of, path);
  };
  const fields = (of: RecordShape, path: string): RecordNode => {
    const offset = next;
    const inner: Record<string, Node> = {};
    for (const [name, field] of Object.entries(of.fields)) {
      inner[name] = place(field, path === '' ? name : `${path}.${name}`);
    }
    return { form: 'record', shape: of, fields: inner, offset, path };
  };
  const root = fields(shape, '');
  return { root, bytes: next, values };
}

/** Where the bytes of a node begin; 0 where it has none. */
export function offsetOf(node: Node): number {
  switch (node.form) {
    case 'list':
      return node.length.offset;
    case 'array':
      return node.items[0] === undefined ? 0 : offsetOf(node.items[0]);
    case 'history':
      return 0;
    default:
      return node.offset;
  }
}

/** How many bytes keep one of `count` numbers. */
function bytesFor(count: number): number {
  let width = 1;
  for (let most = 256; most < count; most *= 256) width++;
  return width;
}
