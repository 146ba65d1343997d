/** The values of a shape in a scope, numbered from 0. */
import type { Rational } from '../rational.ts';
import { resolve, type Sizes } from '../scope.ts';
import type { ScalarShape, ValueShape, VariantShape } from '../shape.ts';

export interface Numbering {
  /** How many values there are. Infinity, or above the safe integers, when nobody can number them. */
  readonly count: number;
  /** The number of a value that its shape allows. */
  number(value: unknown): number;
  /** The value of a number, fresh. */
  value(number: number): unknown;
}

/** One case of a variant: its values are numbered from `first`. */
export interface NumberedCase {
  readonly kind: string;
  readonly first: number;
  readonly fields: readonly { readonly name: string; readonly numbers: Numbering }[];
}

export function numbering(shape: ValueShape, sizes: Sizes): Numbering {
  switch (shape.form) {
    case 'bool':
      return { count: 2, number: (value) => (value === true ? 1 : 0), value: (n) => n === 1 };
    case 'int':
      return integers(shape.min, resolve(shape.max, sizes));
    case 'ref':
      return integers(0, resolve(shape.index.name, sizes) - 1);
    case 'enum': {
      const { values } = shape;
      return {
        count: values.length,
        number: (value) => values.indexOf(value as string),
        value: (n) => values[n],
      };
    }
    case 'option': {
      const of = numbering(shape.of, sizes);
      return {
        count: of.count + 1,
        number: (value) => (value === null ? 0 : of.number(value) + 1),
        value: (n) => (n === 0 ? null : of.value(n - 1)),
      };
    }
    case 'variant':
      return variants(casesOf(shape, sizes));
    case 'rational':
      return fractions(resolve(shape.most, sizes), resolve(shape.denominator, sizes));
  }
}

/** The numbers of an integer or a reference begin with its least value. */
export function firstOf(shape: ScalarShape): number {
  return shape.form === 'int' ? shape.min : 0;
}

export function casesOf(shape: VariantShape, sizes: Sizes): readonly NumberedCase[] {
  let first = 0;
  return Object.entries(shape.cases).map(([kind, fields]) => {
    const numbered: NumberedCase = {
      kind,
      first,
      fields: Object.entries(fields).map(([name, of]) => ({ name, numbers: numbering(of, sizes) })),
    };
    first += countOf(numbered);
    return numbered;
  });
}

function countOf({ fields }: NumberedCase): number {
  return fields.reduce((product, { numbers }) => product * numbers.count, 1);
}

function integers(min: number, max: number): Numbering {
  return {
    count: Math.max(0, max - min + 1),
    number: (value) => (value as number) - min,
    value: (n) => n + min,
  };
}

/** Pairs of a numerator and a denominator; those that are not in lowest terms are never used. */
function fractions(most: number, denominator: number): Numbering {
  const zero = most * denominator;
  return {
    count: (2 * zero + 1) * denominator,
    number(value) {
      const { n, d } = value as Rational;
      return (n + zero) * denominator + d - 1;
    },
    value: (number) => ({
      n: Math.floor(number / denominator) - zero,
      d: (number % denominator) + 1,
    }),
  };
}

function variants(cases: readonly NumberedCase[]): Numbering {
  const byKind = new Map(cases.map((each) => [each.kind, each]));
  return {
    count: cases.reduce((sum, each) => sum + countOf(each), 0),
    number(value) {
      const given = value as Readonly<Record<string, unknown>>;
      const { first, fields } = byKind.get(given.kind as string) as NumberedCase;
      let number = 0;
      for (const { name, numbers } of fields) {
        number = number * numbers.count + numbers.number(given[name]);
      }
      return first + number;
    },
    value(number) {
      const found = cases.findLast(({ first }) => first <= number) as NumberedCase;
      let rest = number - found.first;
      const read: unknown[] = [];
      for (const { numbers } of found.fields.toReversed()) {
        read.push(numbers.value(rest % numbers.count));
        rest = Math.floor(rest / numbers.count);
      }
      const value: Record<string, unknown> = { kind: found.kind };
      for (const { name } of found.fields) value[name] = read.pop();
      return value;
    },
  };
}
