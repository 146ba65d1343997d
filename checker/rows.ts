/** Rows of words, appended one after the other and never moved. */

/** Gives a chunk of so many words. */
type Chunk = (i: number, words: number) => Int32Array;

export class Rows {
  /** Words of a row. */
  readonly width: number;
  count = 0;
  private readonly chunks: Int32Array[] = [];
  private readonly newChunk: Chunk;

  constructor(width: number, newChunk: Chunk = (_, words) => new Int32Array(words)) {
    this.width = width;
    this.newChunk = newChunk;
  }

  /** The chunk that has a row, and where the row begins in it. */
  chunk(row: number): Int32Array {
    return this.chunks[row >>> chunkBits] as Int32Array;
  }
  at(row: number): number {
    return (row & chunkMask) * this.width;
  }
  /** A word of a row. */
  word(row: number, i: number): number {
    return this.chunk(row)[this.at(row) + i] as number;
  }

  /** Appends a row; returns its number. */
  push(from: Int32Array, at: number): number {
    const row = this.count;
    this.reach(row + 1);
    const to = this.chunk(row);
    const start = this.at(row);
    for (let i = 0; i < this.width; i++) to[start + i] = from[at + i] as number;
    return row;
  }
  /** Has so many rows: those that are new are still to be written, or another thread did. */
  reach(count: number): void {
    this.count = count;
    while (this.chunks.length << chunkBits < count) {
      this.chunks.push(this.newChunk(this.chunks.length, this.width << chunkBits));
    }
  }
  /** Forgets every row. */
  clear(): void {
    this.count = 0;
    this.chunks.length = 0;
  }
}

/** Rows of a chunk: enough that chunks are few, few enough that a small search is small. */
const chunkBits = 14;
const chunkMask = (1 << chunkBits) - 1;
