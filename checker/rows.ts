/** Rows of words, appended one after the other and never moved. */
export class Rows {
  /** Words of a row. */
  readonly width: number;
  count = 0;
  private readonly chunks: Int32Array[] = [];

  constructor(width: number) {
    this.width = width;
  }

  /** The chunk that has a row, and where the row begins in it. */
  chunk(row: number): Int32Array {
    return this.chunks[row >>> chunkBits] as Int32Array;
  }
  at(row: number): number {
    return (row & chunkMask) * this.width;
  }

  /** Appends a row; returns its number. */
  push(from: Int32Array, at: number): number {
    const row = this.add();
    const to = this.chunk(row);
    const start = this.at(row);
    for (let i = 0; i < this.width; i++) to[start + i] = from[at + i] as number;
    return row;
  }
  /** Appends a row that is still to be written; returns its number. */
  add(): number {
    const row = this.count++;
    if (row >>> chunkBits === this.chunks.length) {
      this.chunks.push(new Int32Array(this.width << chunkBits));
    }
    return row;
  }
  /** Forgets every row from a number on. */
  truncate(count: number): void {
    this.count = count;
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
