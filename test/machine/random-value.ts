/** Values of a shape, chosen by a number. */
import { rational, resolve, type Sizes, type StateShape } from '../../machine/index.ts';

/** A value that the shape allows; equal seeds give equal values, nothing is shared. */
export function valueAt(shape: StateShape, sizes: Sizes, seed: number): unknown {
  const inner = (of: StateShape, i: number): unknown => valueAt(of, sizes, seed * 7 + i * 3 + 1);
  switch (shape.form) {
    case 'bool':
      return seed % 2 === 1;
    case 'int':
      return shape.min + (seed % (resolve(shape.max, sizes) - shape.min + 1));
    case 'ref':
      return seed % resolve(shape.index.name, sizes);
    case 'enum':
      return shape.values[seed % shape.values.length];
    case 'option':
      return seed % 3 === 0 ? null : inner(shape.of, 0);
    case 'variant': {
      const kinds = Object.keys(shape.cases);
      const kind = kinds[seed % kinds.length] ?? '';
      const fields = Object.entries(shape.cases[kind] ?? {});
      return Object.fromEntries([
        ['kind', kind],
        ...fields.map(([name, of], i) => [name, inner(of, i)]),
      ]);
    }
    case 'rational': {
      const d = 1 + (seed % resolve(shape.denominator, sizes));
      const most = resolve(shape.most, sizes) * d;
      return rational((seed % (2 * most + 1)) - most, d);
    }
    case 'record':
      return Object.fromEntries(
        Object.entries(shape.fields).map(([name, of], i) => [name, inner(of, i)]),
      );
    case 'array':
      return Array.from({ length: resolve(shape.index.name, sizes) }, (_, i) => inner(shape.of, i));
    case 'list':
      return Array.from({ length: seed % (resolve(shape.bound, sizes) + 1) }, (_, i) =>
        inner(shape.of, i),
      );
  }
}

export const leastValue = (shape: StateShape, sizes: Sizes): unknown => valueAt(shape, sizes, 0);
