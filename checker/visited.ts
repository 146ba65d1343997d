/**
 * The states that were seen: a table of row numbers, found by fingerprint. Rows hold either the
 * states themselves, so that equal means equal, or 64 bits of fingerprint.
 *
 * An entry of the table is a row number plus one, and in the bits above it the bits of the
 * fingerprint that did not choose the place: most rows that differ are told apart without a look.
 */
import type { Rows } from './rows.ts';

export class Visited {
  private readonly rows: Rows;
  private readonly fingerprintOf: (row: number) => number;
  private table: Int32Array;
  private mask: number;

  /** `fingerprintOf` gives the fingerprint of a row again, when the table grows. */
  constructor(rows: Rows, fingerprintOf: (row: number) => number) {
    this.rows = rows;
    this.fingerprintOf = fingerprintOf;
    this.mask = (1 << 12) - 1;
    this.table = new Int32Array(this.mask + 1);
  }

  /** Bytes of the table. */
  get bytes(): number {
    return this.table.byteLength;
  }

  /**
   * Loads what an insertion will look at. The loads of many insertions wait for memory together,
   * where those of one after the other would wait one after the other.
   */
  touch(fingerprints: Int32Array, count: number): number {
    const { table, mask, rows } = this;
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const entry = table[(fingerprints[i] as number) & mask] as number;
      const row = (entry & mask) - 1;
      if (row >= 0) seen ^= rows.chunk(row)[rows.at(row)] as number;
    }
    return seen;
  }

  /** Adds a row and returns its number; where an equal one is there, the complement of its number. */
  insert(fingerprint: number, from: Int32Array, at: number): number {
    const { table, mask, rows } = this;
    const { width } = rows;
    let place = fingerprint & mask;
    for (;;) {
      const entry = table[place] as number;
      if (entry === 0) break;
      if (((entry ^ fingerprint) & ~mask) === 0) {
        const row = (entry & mask) - 1;
        const known = rows.chunk(row);
        const start = rows.at(row);
        let i = 0;
        while (i < width && known[start + i] === from[at + i]) i++;
        if (i === width) return ~row;
      }
      place = (place + 1) & mask;
    }
    const row = rows.push(from, at);
    table[place] = (fingerprint & ~mask) | (row + 1);
    if (rows.count > 0.7 * mask) this.grow();
    return row;
  }

  private grow(): void {
    const mask = 2 * this.mask + 1;
    const table = new Int32Array(mask + 1);
    for (let row = 0; row < this.rows.count; row++) {
      const fingerprint = this.fingerprintOf(row);
      let place = fingerprint & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = (fingerprint & ~mask) | (row + 1);
    }
    this.mask = mask;
    this.table = table;
  }
}
