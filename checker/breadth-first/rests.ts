/** The rests of large states: what hardly any step changes, kept once and known by a number. */
import { hashOf } from '../hash.ts';
import { Rows } from '../rows.ts';
import type { Memories, Memory } from './memory.ts';

/** Words of the head. */
const [lock, count, places] = [0, 1, 2];

export class Rests {
  private readonly rows: Rows;
  private readonly head: Int32Array;
  private readonly memory: Memory;

  constructor(words: number, memories: Memories) {
    this.rows = new Rows(words, memories('rests').chunk);
    this.head = memories('rests head').reach(3);
    this.memory = memories('rests table');
  }

  /** Words of a rest, and how many rests there are. */
  get words(): number {
    return this.rows.width;
  }
  get count(): number {
    return this.head[count] as number;
  }
  get bytes(): number {
    return 4 * (this.count * this.rows.width + (this.head[places] as number));
  }

  /** The number of some words: equal ones have the same, whichever thread asks. */
  numberOf(words: Int32Array): number {
    // Steps hardly ever change a rest, so threads hardly ever meet here.
    while (Atomics.compareExchange(this.head, lock, 0, 1) !== 0);
    const number = this.find(words);
    Atomics.store(this.head, lock, 0);
    return number;
  }

  /** Writes the words of a number. */
  write(number: number, into: Int32Array): void {
    const { rows } = this;
    if (number >= rows.count) rows.reach(number + 1);
    const [from, start] = [rows.chunk(number), rows.at(number)];
    for (let i = 0; i < rows.width; i++) into[i] = from[start + i] as number;
  }

  private find(words: Int32Array): number {
    const { rows, head } = this;
    rows.reach(head[count] as number);
    if (2 * rows.count >= (head[places] as number)) this.grow();
    const table = this.memory.reach(head[places] as number);
    const mask = (head[places] as number) - 1;
    const hash = hashOf(words, 0, rows.width);
    let place = hash & mask;
    for (let entry = table[place] as number; entry !== 0; entry = table[place] as number) {
      const [known, start] = [rows.chunk(entry - 1), rows.at(entry - 1)];
      let i = 0;
      while (i < rows.width && known[start + i] === words[i]) i++;
      if (i === rows.width) return entry - 1;
      place = (place + 1) & mask;
    }
    const number = rows.push(words, 0);
    head[count] = rows.count;
    table[place] = rows.count;
    return number;
  }

  private grow(): void {
    const { rows, head } = this;
    head[places] = Math.max(64, 2 * (head[places] as number));
    const table = this.memory.reach(head[places]);
    table.fill(0, 0, head[places]);
    const mask = head[places] - 1;
    for (let row = 0; row < rows.count; row++) {
      let place = hashOf(rows.chunk(row), rows.at(row), rows.width) & mask;
      while (table[place] !== 0) place = (place + 1) & mask;
      table[place] = row + 1;
    }
  }
}
