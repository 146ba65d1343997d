import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  absolute,
  add,
  compare,
  difference,
  divide,
  encoder,
  floor,
  fraction,
  greater,
  isEqual,
  isLess,
  lesser,
  multiply,
  negative,
  printRational,
  problems,
  type Rational,
  rational,
  record,
  schemaOfState,
  subtract,
} from '../../machine/index.ts';

/** The same numbers as pairs of `bigint`, not reduced: an arithmetic that cannot be wrong. */
type Pair = readonly [bigint, bigint];
const pair = ({ n, d }: Rational): Pair => [BigInt(n), BigInt(d)];
const same = ({ n, d }: Rational, [top, bottom]: Pair): boolean =>
  BigInt(n) * bottom === top * BigInt(d);

const integers = fc.oneof(fc.integer({ min: -50, max: 50 }), fc.integer());
const fractions = fc
  .tuple(integers, fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 65_535 })))
  .map(([n, d]) => rational(n, d));

/** In lowest terms, or that it does not fit. */
function isExact(result: () => Rational, [n, d]: Pair): boolean {
  const [top, bottom] = d < 0n ? [-n, -d] : [n, d];
  let [a, b] = [top < 0n ? -top : top, bottom];
  while (b !== 0n) [a, b] = [b, a % b];
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  const fits = (top < 0n ? -top : top) / a <= most && bottom / a <= most;
  try {
    const found = result();
    return fits && found.n === Number(top / a) && found.d === Number(bottom / a);
  } catch (error) {
    return error instanceof RangeError && !fits;
  }
}

describe('arithmetic is exact, in lowest terms, or refused', () => {
  test('sums and differences', () => {
    fc.assert(
      fc.property(fractions, fractions, (x, y) => {
        const [[a, b], [c, d]] = [pair(x), pair(y)];
        return (
          isExact(() => add(x, y), [a * d + c * b, b * d]) &&
          isExact(() => subtract(x, y), [a * d - c * b, b * d])
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
  test('products and quotients', () => {
    fc.assert(
      fc.property(fractions, fractions, (x, y) => {
        const [[a, b], [c, d]] = [pair(x), pair(y)];
        return (
          isExact(() => multiply(x, y), [a * c, b * d]) &&
          (c === 0n || isExact(() => divide(x, y), [a * d, b * c]))
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
  test('order', () => {
    fc.assert(
      fc.property(fractions, fractions, (x, y) => {
        const [[a, b], [c, d]] = [pair(x), pair(y)];
        const less = a * d < c * b;
        return (
          isLess(x, y) === less &&
          Math.sign(compare(x, y)) === -Math.sign(compare(y, x)) + 0 &&
          isEqual(x, y) === (a * d === c * b) &&
          same(lesser(x, y), less ? [a, b] : [c, d]) &&
          same(greater(x, y), less ? [c, d] : [a, b])
        );
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
  test('numbers near the largest integer', () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect(add(rational(most - 1, 3), rational(1, 3))).toEqual(rational(most, 3));
    expect(compare(rational(most, most - 1), rational(most - 1, most - 2))).toBeLessThan(0);
    expect(multiply(rational(most, 2), rational(2, most))).toEqual(rational(1));
    expect(() => add(rational(most), rational(1))).toThrow(RangeError);
    expect(() => multiply(rational(1, most), rational(1, 2))).toThrow(RangeError);
  });
});

test('fractions are kept in lowest terms with a denominator above 0', () => {
  expect(rational(6, -4)).toEqual({ n: -3, d: 2 });
  expect(rational(0, -7)).toEqual({ n: 0, d: 1 });
  expect(negative(rational(0))).toEqual({ n: 0, d: 1 });
  expect([floor(rational(-1, 2)), floor(rational(7, 2)), floor(rational(3))]).toEqual([-1, 3, 3]);
  expect(absolute(rational(-2, 3))).toEqual(rational(2, 3));
  expect([rational(3, 4), rational(-2)].map(printRational)).toEqual(['3/4', '-2']);
  expect(() => rational(1, 0)).toThrow('1/0 is no number');
  expect(() => rational(0.5)).toThrow('0.5/1 is no fraction of safe integers');
  expect(() => divide(rational(1, 2), rational(0))).toThrow('1/2 is divided by 0');
});

describe('a fraction in a state', () => {
  const shape = record({ pass: fraction(2, 'parts') });
  const sizes = { parts: 6 };

  test.each([
    ['an integer', 1, 'is 1, not an object'],
    ['one that is not reduced', { n: 2, d: 4 }, 'is 2/4, not in lowest terms'],
    ['one over 0', { n: 1, d: 0 }, 'is 1/0, not a fraction of integers'],
    ['a decimal', { n: 0.5, d: 1 }, 'is 0.5/1, not a fraction of integers'],
    ['one too large', { n: 13, d: 6 }, '= 13/6 is outside -2..2'],
    ['one too fine', { n: 1, d: 7 }, '= 1/7 has a denominator above 6'],
  ])('%s is a problem, and has no key', (_, pass, problem) => {
    expect(problems(shape, sizes, { pass })).toMatchObject([{ path: 'pass', problem }]);
    const keys = encoder(shape, sizes);
    expect(() => keys.encode({ pass } as never)).toThrow(problem);
  });

  test('every fraction within the bounds has a key of its own', () => {
    const keys = encoder(shape, sizes);
    const seen = new Set<string>();
    for (let d = 1; d <= 6; d++) {
      for (let n = -2 * d; n <= 2 * d; n++) {
        const pass = rational(n, d);
        const key = keys.encode({ pass });
        expect(keys.decode(key)).toEqual({ pass });
        seen.add(key);
      }
    }
    // Between -2 and 2: 5 integers, and 4 for each of the 1 + 2 + 2 + 4 + 2 parts of a unit.
    expect(seen.size).toBe(5 + 4 * 11);
  });

  test('changes are printed, and the schema says what it is', () => {
    const [before, after] = [{ pass: rational(1, 2) }, { pass: rational(2) }];
    expect(difference(shape, before, after)).toEqual([{ path: 'pass', before: '1/2', after: '2' }]);
    expect(schemaOfState(shape, sizes)).toMatchObject({
      properties: {
        pass: {
          properties: { n: { minimum: -12, maximum: 12 }, d: { minimum: 1, maximum: 6 } },
          required: ['n', 'd'],
        },
      },
    });
  });
});
