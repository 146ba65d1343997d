/** What is known of each byte of a state besides its value. */
import type { Layout } from './layout.ts';

/** The regions of a state, one bit each: neighbouring values share one where there are many. */
export function regionsOf({ values, bytes }: Layout): {
  readonly bits: Int32Array;
  /** 1 where a byte is of a counter. */
  readonly counters: Uint8Array;
} {
  const bits = new Int32Array(bytes);
  const counters = new Uint8Array(bytes);
  const size = Math.ceil(values.length / 32);
  for (const [i, { offset, width, shape }] of values.entries()) {
    const commutes = shape.form === 'int' && shape.commutes === true;
    for (let at = offset; at < offset + width; at++) {
      bits[at] = 1 << Math.floor(i / size);
      counters[at] = commutes ? 1 : 0;
    }
  }
  return { bits, counters };
}

/** Odd numbers, as good as random. The mixing function is the finaliser of SplitMix32. */
export function coefficients(count: number, seed: number): Int32Array {
  const found = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let z = (seed + Math.imul(i + 1, 0x9e3779b9)) | 0;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    found[i] = (z ^ (z >>> 16)) | 1;
  }
  return found;
}
