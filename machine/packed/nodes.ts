/** Plain states to packed ones and back. */
import { leastValue } from '../least.ts';
import type { Sizes } from '../scope.ts';
import type { Node } from './layout.ts';

type Put = (offset: number, width: number, number: number) => void;

export function writeNode(node: Node, value: unknown, put: Put): void {
  switch (node.form) {
    case 'value':
      put(node.offset, node.width, node.numbers.number(value));
      return;
    case 'record':
      for (const [name, field] of Object.entries(node.fields)) {
        writeNode(field, (value as Readonly<Record<string, unknown>>)[name], put);
      }
      return;
    case 'array':
      for (const [i, item] of node.items.entries()) {
        writeNode(item, (value as readonly unknown[])[i], put);
      }
      return;
    case 'list': {
      const items = value as readonly unknown[];
      writeNode(node.length, items.length, put);
      for (const [i, item] of node.items.entries()) {
        if (i < items.length) writeNode(item, items[i], put);
        else put(item.offset, item.width, 0);
      }
      return;
    }
    case 'history':
      return;
  }
}

export function readNode(node: Node, bytes: Uint8Array, sizes: Sizes): unknown {
  switch (node.form) {
    case 'value': {
      let number = 0;
      for (let i = node.width - 1; i >= 0; i--) {
        number = 256 * number + (bytes[node.offset + i] as number);
      }
      return node.numbers.value(number);
    }
    case 'record':
      return Object.fromEntries(
        Object.entries(node.fields).map(([name, field]) => [name, readNode(field, bytes, sizes)]),
      );
    case 'array':
      return node.items.map((item) => readNode(item, bytes, sizes));
    case 'list': {
      const length = readNode(node.length, bytes, sizes) as number;
      return node.items.slice(0, length).map((item) => readNode(item, bytes, sizes));
    }
    case 'history':
      return leastValue(node.shape, sizes);
  }
}
