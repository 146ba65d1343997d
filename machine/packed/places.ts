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

/**
 * Where the bytes of a state lie in its compact form: words in which every value takes as few bits
 * as its numbers need. No byte lies in two words.
 */
export interface CompactPlaces {
  readonly words: number;
  /** For each byte: its word, the bits below it there, and a mask of its own bits. */
  readonly word: Int32Array;
  readonly shift: Uint8Array;
  readonly mask: Uint8Array;
  /** For each word its first byte; one more says where the bytes of the last one end. */
  readonly first: Int32Array;
}

export function compactPlacesOf({ values, bytes }: Layout): CompactPlaces {
  const word = new Int32Array(bytes);
  const shift = new Uint8Array(bytes);
  const mask = new Uint8Array(bytes);
  const first = [0];
  let used = 0;
  for (const { offset, width, numbers } of values) {
    for (let i = 0; i < width; i++) {
      const most = Math.floor((numbers.count - 1) / 256 ** i);
      const bits = 32 - Math.clz32(Math.min(255, Math.max(0, most)));
      if (used + bits > 32) {
        first.push(offset + i);
        used = 0;
      }
      word[offset + i] = first.length - 1;
      shift[offset + i] = used & 31;
      mask[offset + i] = 2 ** bits - 1;
      used += bits;
    }
  }
  const words = first.length;
  return { words, word, shift, mask, first: Int32Array.from([...first, bytes]) };
}

/** Coefficients with which the sum over all bytes is one word of the compact form. */
export function coefficientsOf({ word, shift }: CompactPlaces, which: number): Int32Array {
  return word.map((each, offset) => (each === which ? 1 << (shift[offset] as number) : 0));
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
