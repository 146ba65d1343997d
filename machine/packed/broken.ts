/** What a rule did with a packed state that cannot be done, as an error that names the place. */
import { problems } from '../check.ts';
import { BrokenRule, OutOfBounds } from '../errors.ts';
import type { Sizes } from '../scope.ts';
import { type Layout, type Node, offsetOf, type ValueNode } from './layout.ts';

/** What an accessor was given that it cannot take. */
export interface Given {
  readonly offset: number;
  /** The field that was assigned, where it is a place; '' for what a lens gives; null for the rest. */
  readonly name: string | null;
  readonly value: unknown;
}

export function whatIsBroken(
  { root }: Layout,
  sizes: Sizes,
  { offset, name, value }: Given,
  command: string,
): Error {
  if (name === '') {
    return new BrokenRule(
      'the lens',
      'gives a table of values or a list: give the record around it',
      command,
    );
  }
  if (name !== null) {
    const [within] = nodesOf(root).filter(
      (node) => node.form === 'record' && node.offset === offset && name in node.fields,
    );
    const path = [within?.path, name].filter((each) => each !== undefined && each !== '');
    return new BrokenRule(path.join('.'), 'is a place: change it inside', command);
  }
  const node = nodesOf(root).find((each) => {
    if (each.form === 'list') return each.length.offset === offset;
    if (each.form !== 'array') return each.form === 'value' && each.offset === offset;
    // The elements of a table, where they were counted.
    return Array.isArray(value) && each.items[0]?.form === 'value' && offsetOf(each) === offset;
  });
  if (node === undefined || node.form === 'array') {
    return new BrokenRule(node?.path ?? 'the whole', 'has lost or gained elements', command);
  }
  const shape = node.form === 'list' ? node.shape : (node as ValueNode).shape;
  const wrong = problems(shape, sizes, value)[0] ?? { path: '', problem: `is ${String(value)}` };
  const inner = wrong.path === 'the whole' ? '' : wrong.path;
  const dot = inner === '' || inner.startsWith('[') ? '' : '.';
  const Problem = wrong.bound === true ? OutOfBounds : BrokenRule;
  return new Problem(`${node.path}${dot}${inner}`, wrong.problem, command);
}

/** Every node of a layout. */
function nodesOf(node: Node): Node[] {
  switch (node.form) {
    case 'record':
      return [node, ...Object.values(node.fields).flatMap(nodesOf)];
    case 'array':
      return [node, ...node.items.flatMap(nodesOf)];
    case 'list':
      return [node, ...node.items];
    default:
      return [node];
  }
}
