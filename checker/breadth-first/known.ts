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
import type { Memory } from './memory.ts';

/**
 * New states of a round: the rank of the state before, the number of the call, and what the step
 * left of the state. How many there are is the first word.
 */
export class Found {
  readonly width: number;
  words: Int32Array;
  private readonly memory: Memory;
  constructor(leftWords: number, memory: Memory) {
    this.width = leftWords + 2;
    this.memory = memory;
    this.words = memory.reach(1);
  }
  get count(): number {
    return this.words[0] as number;
  }
  begin(): void {
    this.words[0] = 0;
  }
  /** Sees what another thread added. */
  see(): void {
    this.words = this.memory.reach(1 + this.count * this.width);
  }
  parent(i: number): number {
    return this.words[1 + i * this.width] as number;
  }
  call(i: number): number {
    return this.words[2 + i * this.width] as number;
  }
  /** Where what was left of a state begins. */
  leftAt(i: number): number {
    return 3 + i * this.width;
  }
  add(left: Int32Array, at: number, parent: number, call: number): void {
    const { width, count } = this;
    const start = 1 + count * width;
    if (this.words.length < start + width) this.words = this.memory.reach(start + width);
    this.words[0] = count + 1;
    this.words[start] = parent;
    this.words[start + 1] = call;
    for (let i = 0; i < width - 2; i++) this.words[start + 2 + i] = left[at + i] as number;
  }
  /** A state arrives again: its least arrival counts. */
  meet(i: number, parent: number, call: number): void {
    const known = this.parent(i);
    if (parent > known || (parent === known && call >= this.call(i))) return;
    this.words[1 + i * this.width] = parent;
    this.words[2 + i * this.width] = call;
  }
}

/** Bytes of table and keys that a core is to have at hand. */
const partBytes = 2 ** 19;
/** Arrivals of more parts than these would be spread over too much memory. */
const partsMax = 512;

/** Into how many parts so many states are divided. */
export function partsFor(states: number, keyWords: number): number {
  const statesMax = partBytes / (4 * keyWords + 6);
  let parts = 1;
  while (states > statesMax * parts && parts < partsMax) parts *= 2;
  return parts;
}

/** The known states of some parts: of all, or of those that fall to one of several threads. */
export class Known {
  /** What the last round added. */
  readonly found: Found;
  private readonly share: number;
  private readonly shares: number;
  private parts: Part[];

  /** Of the words that a step leaves, the first are the key. */
  constructor(keyWords: number, found: Found, share: number, shares: number) {
    this.found = found;
    this.share = share;
    this.shares = shares;
    this.parts = [new Part(keyWords)];
  }

  get bytes(): number {
    return this.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Looks up what arrived at so many parts a share; what is new is known then, and was found. */
  absorb(parts: number, arrivals: readonly Arrivals[]): void {
    while (this.parts.length < parts) {
      const twice = 2 * this.parts.length;
      this.parts = this.parts.flatMap((part) => part.halves(twice * this.shares));
    }
    this.found.begin();
    for (const [i, part] of this.parts.entries()) {
      part.begin(this.found);
      for (const each of arrivals) each.each(this.share * parts + i, part.lookUp);
    }
  }
}

class Part {
  count = 0;
  private readonly keyWords: number;
  private keys: Int32Array;
  private table: Int32Array;
  private mask: number;
  private found: Found | undefined;
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
    const { keyWords, found } = this;
    if (found === undefined) return;
    const { width } = found;
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
      if (row >= 0 && row < this.firstRow) continue;
      const parent = words[at + width - 2] as number;
      const call = words[at + width - 1] as number;
      if (row >= 0) found.meet(this.firstFound + row - this.firstRow, parent, call);
      else {
        this.add(hash, place, words, at);
        found.add(words, at, parent, call);
      }
    }
  };

  private add(hash: number, place: number, words: Int32Array, at: number): void {
    const { keyWords } = this;
    const row = this.count++;
    if (this.keys.length < this.count * keyWords) this.keys = longer(this.keys);
    for (let i = 0; i < keyWords; i++) this.keys[row * keyWords + i] = words[at + i] as number;
    this.table[place] = (hash & ~this.mask) | this.count;
    if (this.count > 0.7 * this.mask) this.rebuild(2 * this.mask + 1);
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

/** Which of so many parts has the states of a hash. */
export function partOf(hash: number, parts: number): number {
  return ((hash >>> 16) * parts) >>> 16;
}

function longer(words: Int32Array): Int32Array {
  const more = new Int32Array(2 * words.length);
  more.set(words);
  return more;
}
