/**
 * The states that are known, by their keys, in parts that are looked at one after the other: a part
 * is small enough for the cache of a core, and is asked about many arrivals in a row. When parts
 * become too large there are twice as many.
 *
 * The table of a part has row numbers, found by hash. An entry is a row number plus one, and in the
 * bits above it the bits of the hash that did not choose the place: most rows that differ are told
 * apart without a look.
 */

import { hashOf } from '../hash.ts';
import type { Arrivals } from './arrivals.ts';

/**
 * New states of a round: the rank of the state before, the number of the call, and what the step
 * left of the state.
 */
export class Found {
  readonly width: number;
  count = 0;
  words: Int32Array;
  constructor(leftWords: number) {
    this.width = leftWords + 2;
    this.words = new Int32Array(64 * this.width);
  }
  parent(i: number): number {
    return this.words[i * this.width] as number;
  }
  call(i: number): number {
    return this.words[i * this.width + 1] as number;
  }
  /** Where what was left of a state begins. */
  leftAt(i: number): number {
    return i * this.width + 2;
  }
}

/** Bytes of table and keys that a core is to have at hand. */
const partBytes = 2 ** 19;
/** Arrivals of more parts than these would be spread over too much memory. */
const partsMax = 512;

export class Known {
  /** What the last round added. */
  readonly found: Found;
  private readonly keyWords: number;
  private parts: Part[];
  private count = 0;

  /** Of the words that a step leaves, the first are the key. */
  constructor(keyWords: number, leftWords: number) {
    this.keyWords = keyWords;
    this.found = new Found(leftWords);
    this.parts = [new Part(keyWords)];
  }

  get bytes(): number {
    return this.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  get partCount(): number {
    return this.parts.length;
  }

  /** Has more parts where there are many states; the arrivals must be of that many. */
  split(): void {
    const statesMax = partBytes / (4 * this.keyWords + 6);
    while (this.count > statesMax * this.parts.length && this.parts.length < partsMax) {
      this.parts = this.parts.flatMap((part) => part.halves(2 * this.parts.length));
    }
  }

  /** Forgets what the last round added. */
  begin(): void {
    this.found.count = 0;
  }

  /** Looks up what arrived at a part; what is new is added to it, and to what was found. */
  absorb(index: number, arrivals: readonly Arrivals[]): void {
    const part = this.parts[index] as Part;
    const before = part.count;
    part.begin(this.found);
    for (const each of arrivals) each.each(index, part.lookUp);
    this.count += part.count - before;
  }
}

class Part {
  count = 0;
  private readonly keyWords: number;
  private keys: Int32Array;
  private table: Int32Array;
  private mask: number;
  private found = nothing;
  /** The row, and the number among the states found, of the first state of this round. */
  private firstRow = 0;
  private firstFound = 0;

  constructor(keyWords: number) {
    this.keyWords = keyWords;
    this.keys = new Int32Array(512 * keyWords);
    this.table = new Int32Array(1024);
    this.mask = 1023;
  }

  get bytes(): number {
    return this.keys.byteLength + this.table.byteLength;
  }

  begin(found: Found): void {
    this.found = found;
    this.firstRow = this.count;
    this.firstFound = found.count;
  }

  /** Looks up arrivals, from one place to another. */
  readonly lookUp = (words: Int32Array, from: number, to: number): void => {
    const { keyWords } = this;
    const { width } = this.found;
    for (let at = from; at < to; at += width) {
      const hash = hashOf(words, at, keyWords);
      const { table, mask, keys } = this;
      let place = hash & mask;
      let row = -1;
      for (let entry = table[place] as number; entry !== 0; entry = table[place] as number) {
        if (((entry ^ hash) & ~mask) === 0) {
          const start = ((entry & mask) - 1) * keyWords;
          let i = 0;
          while (i < keyWords && keys[start + i] === words[at + i]) i++;
          if (i === keyWords) {
            row = (entry & mask) - 1;
            break;
          }
        }
        place = (place + 1) & mask;
      }
      if (row < 0) this.add(hash, place, words, at);
      else if (row >= this.firstRow) this.meet(row - this.firstRow, words, at + width - 2);
    }
  };

  private add(hash: number, place: number, words: Int32Array, at: number): void {
    const { keyWords, found } = this;
    const row = this.count++;
    if (this.keys.length < this.count * keyWords) this.keys = longer(this.keys);
    for (let i = 0; i < keyWords; i++) this.keys[row * keyWords + i] = words[at + i] as number;
    this.table[place] = (hash & ~this.mask) | this.count;
    if (this.count > 0.7 * this.mask) this.rebuild(2 * this.mask + 1);
    const { width } = found;
    const start = found.count++ * width;
    if (found.words.length < start + width) found.words = longer(found.words);
    found.words[start] = words[at + width - 2] as number;
    found.words[start + 1] = words[at + width - 1] as number;
    for (let i = 0; i < width - 2; i++) found.words[start + 2 + i] = words[at + i] as number;
  }

  /** A state of this round arrives again: its least arrival counts. */
  private meet(number: number, words: Int32Array, at: number): void {
    const { found } = this;
    const start = (this.firstFound + number) * found.width;
    const [parent, call] = [words[at] as number, words[at + 1] as number];
    const known = found.words[start] as number;
    if (parent > known || (parent === known && call >= (found.words[start + 1] as number))) return;
    found.words[start] = parent;
    found.words[start + 1] = call;
  }

  private rebuild(mask: number): void {
    const { keyWords, keys } = this;
    const table = new Int32Array(mask + 1);
    for (let row = 0; row < this.count; row++) {
      const hash = hashOf(keys, row * keyWords, keyWords);
      let place = hash & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = (hash & ~mask) | (row + 1);
    }
    this.mask = mask;
    this.table = table;
  }

  /** The same states in two parts, of `parts` in all. */
  halves(parts: number): Part[] {
    const { keyWords, keys } = this;
    const both = [new Part(keyWords), new Part(keyWords)];
    for (let row = 0; row < this.count; row++) {
      const at = row * keyWords;
      const half = both[partOf(hashOf(keys, at, keyWords), parts) & 1] as Part;
      if (half.keys.length < (half.count + 1) * keyWords) half.keys = longer(half.keys);
      half.keys.set(keys.subarray(at, at + keyWords), half.count++ * keyWords);
    }
    for (const half of both) {
      let mask = 1023;
      while (half.count > 0.5 * mask) mask = 2 * mask + 1;
      half.rebuild(mask);
    }
    return both;
  }
}

const nothing = new Found(0);

/** Which of so many parts has the states of a hash. */
export function partOf(hash: number, parts: number): number {
  return ((hash >>> 16) * parts) >>> 16;
}

function longer(words: Int32Array): Int32Array {
  const more = new Int32Array(2 * words.length);
  more.set(words);
  return more;
}
