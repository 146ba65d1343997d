/** The rests of large states: what hardly any step changes, kept once and known by a number. */
import { hashOf } from '../hash.ts';
import { Rows } from '../rows.ts';

export class Rests {
  private readonly rows: Rows;
  private table = new Int32Array(256);
  private mask = 255;

  constructor(words: number) {
    this.rows = new Rows(words);
  }

  get bytes(): number {
    return 4 * this.rows.count * this.rows.width + this.table.byteLength;
  }

  /** The number of some words: equal ones have the same. */
  numberOf(words: Int32Array): number {
    const { table, mask, rows } = this;
    const hash = hashOf(words, 0, rows.width);
    let place = hash & mask;
    for (let entry = table[place] as number; entry !== 0; entry = table[place] as number) {
      if (((entry ^ hash) & ~mask) === 0) {
        const number = (entry & mask) - 1;
        const [known, start] = [rows.chunk(number), rows.at(number)];
        let i = 0;
        while (i < rows.width && known[start + i] === words[i]) i++;
        if (i === rows.width) return number;
      }
      place = (place + 1) & mask;
    }
    const number = rows.push(words, 0);
    table[place] = (hash & ~mask) | (number + 1);
    if (rows.count > 0.7 * mask) this.grow();
    return number;
  }

  /** Writes the words of a number. */
  write(number: number, into: Int32Array): void {
    const [from, start] = [this.rows.chunk(number), this.rows.at(number)];
    for (let i = 0; i < this.rows.width; i++) into[i] = from[start + i] as number;
  }

  private grow(): void {
    const mask = 2 * this.mask + 1;
    const table = new Int32Array(mask + 1);
    const { rows } = this;
    for (let row = 0; row < rows.count; row++) {
      const hash = hashOf(rows.chunk(row), rows.at(row), rows.width);
      let place = hash & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = (hash & ~mask) | (row + 1);
    }
    this.mask = mask;
    this.table = table;
  }
}
