/**
 * Arrivals: steps that were taken and not yet looked up, as what they left of the state after, the
 * rank of the state before and the number of the call. They are kept by the part of the known states that
 * will be asked, in blocks, so that each part is asked about many in a row.
 */

/** Arrivals of a block. */
const blockSize = 64;

export class Arrivals {
  /** Words of an arrival. */
  readonly width: number;
  count = 0;
  private readonly blockWords: number;
  private words: Int32Array;
  /** For each block the one after it of the same part; for each part its first, and its end. */
  private next: Int32Array;
  private first: Int32Array;
  private ends: Int32Array;
  private blocks = 0;

  constructor(leftWords: number) {
    this.width = leftWords + 2;
    this.blockWords = blockSize * this.width;
    this.words = new Int32Array(0);
    this.next = new Int32Array(0);
    this.first = new Int32Array(0);
    this.ends = new Int32Array(0);
  }

  get bytes(): number {
    return this.words.byteLength;
  }

  /** Forgets all, and makes room for so many arrivals for so many parts. */
  begin(parts: number, room: number): void {
    const blocks = Math.ceil(room / blockSize) + parts;
    if (blocks > this.next.length) {
      this.words = new Int32Array(blocks * this.blockWords);
      this.next = new Int32Array(blocks);
    }
    if (parts !== this.first.length) {
      this.first = new Int32Array(parts);
      this.ends = new Int32Array(parts);
    }
    this.first.fill(-1);
    this.ends.fill(0);
    this.blocks = 0;
    this.count = 0;
  }

  /** Adds an arrival. */
  add(part: number, left: Int32Array, parent: number, call: number): void {
    const { words, ends, width } = this;
    let at = ends[part] as number;
    if (at % this.blockWords === 0) at = this.addBlock(part, at);
    ends[part] = at + width;
    this.count++;
    for (let i = 0; i < width - 2; i++) words[at + i] = left[i] as number;
    words[at + width - 2] = parent;
    words[at + width - 1] = call;
  }

  private addBlock(part: number, end: number): number {
    const block = this.blocks++;
    if (block === this.next.length) throw new Error('more arrivals than there is room for');
    // A part without a block ends at 0, and one whose block is full where that ends.
    if (this.first[part] === -1) this.first[part] = block;
    else this.next[end / this.blockWords - 1] = block;
    this.next[block] = -1;
    return block * this.blockWords;
  }

  /** Shows the arrivals of a part, block by block, in the order in which they were added. */
  each(part: number, visit: (words: Int32Array, from: number, to: number) => void): void {
    const end = this.ends[part] as number;
    for (let block = this.first[part] as number; block !== -1; block = this.next[block] as number) {
      const from = block * this.blockWords;
      const isLast = this.next[block] === -1;
      visit(this.words, from, isLast ? end : from + this.blockWords);
    }
  }
}
