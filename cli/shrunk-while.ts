/** An arbitrary whose counterexamples are made smaller only for as long as that is wanted. */
import * as fc from 'fast-check';

export function shrunkWhile<T>(inner: fc.Arbitrary<T>, wanted: () => boolean): fc.Arbitrary<T> {
  return new ShrunkWhile(inner, wanted);
}

class ShrunkWhile<T> extends fc.Arbitrary<T> {
  private readonly inner: fc.Arbitrary<T>;
  private readonly wanted: () => boolean;

  constructor(inner: fc.Arbitrary<T>, wanted: () => boolean) {
    super();
    this.inner = inner;
    this.wanted = wanted;
  }

  override generate(random: fc.Random, bias: number | undefined): fc.Value<T> {
    return this.inner.generate(random, bias);
  }
  override canShrinkWithoutContext(value: unknown): value is T {
    return this.inner.canShrinkWithoutContext(value);
  }
  override shrink(value: T, context: unknown): fc.Stream<fc.Value<T>> {
    if (!this.wanted()) return fc.Stream.nil();
    return this.inner.shrink(value, context).takeWhile(this.wanted);
  }
}
