/**
 * Exact fractions as plain data: `{ n, d }` of safe integers in lowest terms, `d` at least 1.
 *
 * They are numbers: never changed, replaced whole, and equal when both parts are. What passes
 * through a product is exact however large it is; a result that is no safe integer any more throws,
 * since a rounded virtual time would drift without bound.
 */
export interface Rational {
  readonly n: number;
  readonly d: number;
}

/** The fraction of two integers, in lowest terms. Throws a `RangeError` where it does not fit. */
export function rational(n: number, d = 1): Rational {
  if (!Number.isSafeInteger(n) || !Number.isSafeInteger(d)) {
    throw new RangeError(`${n}/${d} is no fraction of safe integers`);
  }
  if (d === 0) throw new RangeError(`${n}/0 is no number`);
  const common = gcd(Math.abs(n), Math.abs(d)) * Math.sign(d);
  // Adding 0 turns a negative zero into zero.
  return { n: n / common + 0, d: d / common };
}

export function add(a: Rational, b: Rational): Rational {
  if (a.d === b.d) return rational(checked(a.n + b.n), a.d);
  // Over the least common denominator, so that sums of like fractions stay small.
  const common = gcd(a.d, b.d);
  const [left, right] = [b.d / common, a.d / common];
  const [n, d] = [a.n * left + b.n * right, a.d * left];
  if (Number.isSafeInteger(d) && Math.abs(a.n * left) + Math.abs(b.n * right) <= safe) {
    return rational(n, d);
  }
  return reduced(big(a.n) * big(left) + big(b.n) * big(right), big(a.d) * big(left));
}

export const negative = (a: Rational): Rational => ({ n: 0 - a.n, d: a.d });
export const subtract = (a: Rational, b: Rational): Rational => add(a, negative(b));

export function multiply(a: Rational, b: Rational): Rational {
  const [n, d] = [a.n * b.n, a.d * b.d];
  if (Number.isSafeInteger(n) && Number.isSafeInteger(d)) return rational(n, d);
  return reduced(big(a.n) * big(b.n), big(a.d) * big(b.d));
}

/** Throws a `RangeError` where `b` is 0. */
export function divide(a: Rational, b: Rational): Rational {
  if (b.n === 0) throw new RangeError(`${printRational(a)} is divided by 0`);
  return multiply(a, b.n < 0 ? { n: -b.d, d: -b.n } : { n: b.d, d: b.n });
}

/** Below 0, 0 or above 0, as `a` is less than, equal to or greater than `b`. */
export function compare(a: Rational, b: Rational): number {
  if (a.d === b.d) return a.n - b.n;
  const [left, right] = [a.n * b.d, b.n * a.d];
  if (Number.isSafeInteger(left) && Number.isSafeInteger(right)) return left - right;
  const difference = big(a.n) * big(b.d) - big(b.n) * big(a.d);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isEqual = (a: Rational, b: Rational): boolean => a.n === b.n && a.d === b.d;
export const isLess = (a: Rational, b: Rational): boolean => compare(a, b) < 0;
export const lesser = (a: Rational, b: Rational): Rational => (isLess(b, a) ? b : a);
export const greater = (a: Rational, b: Rational): Rational => (isLess(a, b) ? b : a);
export const absolute = (a: Rational): Rational => ({ n: Math.abs(a.n), d: a.d });
/** The greatest integer that is not above it. */
export const floor = (a: Rational): number => Math.floor(a.n / a.d);

/** The least multiple of `1 / grid` that is not below it. */
export const roundUp = (a: Rational, grid: number): Rational =>
  grid % a.d === 0 ? a : rational(-floor(multiply(a, { n: -grid, d: 1 })), grid);

/** `3/4`, or `2` where it is an integer. */
export const printRational = ({ n, d }: Rational): string => (d === 1 ? String(n) : `${n}/${d}`);

/** In lowest terms, as every value of the shape is. */
export const isReduced = ({ n, d }: Rational): boolean =>
  d >= 1 && gcd(Math.abs(n), d) === 1 && !Object.is(n, -0);

const safe = Number.MAX_SAFE_INTEGER;
const big = BigInt;

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

function checked(n: number): number {
  if (Number.isSafeInteger(n)) return n;
  throw new RangeError(
    `${n} is no safe integer: a scope with smaller weights keeps fractions small`,
  );
}

/** `d` is positive. */
function reduced(n: bigint, d: bigint): Rational {
  let [a, b] = [n < 0n ? -n : n, d];
  while (b !== 0n) [a, b] = [b, a % b];
  return { n: checked(Number(n / a)), d: checked(Number(d / a)) };
}
