/**
 * Arrivals: steps that were taken and not yet looked up, as what they left of the state after, the
 * rank of the state before and the number of the call. They are kept by the part of the known states
 * that will be asked, in blocks, so that each part is asked about many in a row.
 */
import type { Memories, Memory } from './memory.ts';

/** Arrivals of a block. */
const blockSize = 64;

export class Arrivals {
  /** Words of an arrival. */
  readonly width: number;
  count = 0;
  private readonly blockWords: number;
  private readonly memory: {
    readonly words: Memory;
    readonly heads: Memory;
    readonly next: Memory;
  };
  private words: Int32Array = new Int32Array(0);
  /** For each part its first block, and where it ends; then how many blocks there are. */
  private heads: Int32Array = new Int32Array(0);
  /** For each block the one after it of the same part. */
  private next: Int32Array = new Int32Array(0);
  private parts = 0;
  private room = 0;

  constructor(leftWords: number, name: string, memories: Memories) {
    this.width = leftWords + 2;
    this.blockWords = blockSize * this.width;
    this.memory = {
      words: memories(`${name} words`),
      heads: memories(`${name} heads`),
      next: memories(`${name} next`),
    };
  }

  private get blocks(): number {
    return this.heads[2 * this.parts] as number;
  }
  get bytes(): number {
    return 4 * this.blocks * this.blockWords;
  }

  /** Forgets all, and makes room for so many arrivals for so many parts. */
  begin(parts: number, room: number): void {
    this.parts = parts;
    this.room = Math.ceil(room / blockSize) + parts;
    this.heads = this.memory.heads.reach(2 * parts + 1);
    this.next = this.memory.next.reach(this.room);
    this.words = this.memory.words.reach(this.room * this.blockWords);
    for (let part = 0; part < parts; part++) {
      this.heads[2 * part] = -1;
      this.heads[2 * part + 1] = 0;
    }
    this.heads[2 * parts] = 0;
    this.count = 0;
  }

  /** Sees what another thread added to so many parts. */
  see(parts: number): void {
    this.parts = parts;
    this.heads = this.memory.heads.reach(2 * parts + 1);
    const { blocks } = this;
    this.next = this.memory.next.reach(blocks);
    this.words = this.memory.words.reach(blocks * this.blockWords);
  }

  /** Adds an arrival. */
  add(part: number, left: Int32Array, parent: number, call: number): void {
    const { words, heads, width } = this;
    let at = heads[2 * part + 1] as number;
    if (at % this.blockWords === 0) at = this.addBlock(part, at);
    heads[2 * part + 1] = at + width;
    this.count++;
    for (let i = 0; i < width - 2; i++) words[at + i] = left[i] as number;
    words[at + width - 2] = parent;
    words[at + width - 1] = call;
  }

  private addBlock(part: number, end: number): number {
    const block = this.blocks;
    this.heads[2 * this.parts] = block + 1;
    if (block === this.room) throw new Error('more arrivals than there is room for');
    // A part without a block ends at 0, and one whose block is full where that ends.
    if (this.heads[2 * part] === -1) this.heads[2 * part] = block;
    else this.next[end / this.blockWords - 1] = block;
    this.next[block] = -1;
    return block * this.blockWords;
  }

  /** Shows the arrivals of a part, block by block, in the order in which they were added. */
  each(part: number, visit: (words: Int32Array, from: number, to: number) => void): void {
    const end = this.heads[2 * part + 1] as number;
    let block = this.heads[2 * part] as number;
    while (block !== -1) {
      const from = block * this.blockWords;
      block = this.next[block] as number;
      visit(this.words, from, block === -1 ? end : from + this.blockWords);
    }
  }
}
