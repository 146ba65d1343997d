import { resolve, type Sizes } from './scope.ts';
import type { RecordShape, StateShape } from './shape.ts';

/** The least value of a shape: the first of everything, lists empty, options absent. */
export function leastValue(shape: StateShape, sizes: Sizes): unknown {
  switch (shape.form) {
    case 'bool':
      return false;
    case 'int':
      return shape.min;
    case 'ref':
      return 0;
    case 'enum':
      return shape.values[0];
    case 'option':
      return null;
    case 'rational':
      return { n: 0, d: 1 };
    case 'list':
      return [];
    case 'array':
      return Array.from({ length: resolve(shape.index.name, sizes) }, () =>
        leastValue(shape.of, sizes),
      );
    case 'record':
      return leastFields(shape.fields, {}, sizes);
    case 'variant': {
      const [kind, fields] = Object.entries(shape.cases)[0] as [string, object];
      return leastFields(fields as RecordShape['fields'], { kind }, sizes);
    }
  }
}

function leastFields(
  fields: RecordShape['fields'],
  into: Record<string, unknown>,
  sizes: Sizes,
): Record<string, unknown> {
  for (const [name, field] of Object.entries(fields)) into[name] = leastValue(field, sizes);
  return into;
}
