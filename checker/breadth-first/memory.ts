/**
 * Words that grow. Those of one thread are copied when they grow; those that threads share stay
 * where they are, in an address range that was reserved for them, and each thread looks anew when it
 * is told of more. A memory has one writer at a time.
 */
export interface Memory {
  /** The words, at least so many; what was there stays, and what is new is zero. */
  reach(words: number): Int32Array;
  /** Some of the words that never move: chunk `i` of chunks of so many words. */
  chunk(i: number, words: number): Int32Array;
}

/** Gives the memory of a name. */
export type Memories = (name: string) => Memory;

export const ownMemories: Memories = () => {
  let all = new Int32Array(0);
  return {
    reach(words) {
      if (words > all.length) {
        const more = new Int32Array(Math.max(words, Math.ceil(1.5 * all.length)));
        more.set(all);
        all = more;
      }
      return all;
    },
    chunk: (_, words) => new Int32Array(words),
  };
};

/** Bytes that a shared memory may grow to: the most that a buffer can have on every platform. */
const reserved = 2 ** 32;

/** Memories over shared buffers, by name: those given, and new ones where there are none. */
export function sharedMemories(buffers: Map<string, SharedArrayBuffer>): Memories {
  return (name) => {
    let buffer = buffers.get(name);
    if (buffer === undefined) {
      buffer = new SharedArrayBuffer(0, { maxByteLength: reserved });
      buffers.set(name, buffer);
    }
    const shared = buffer;
    let all = new Int32Array(shared, 0, 0);
    const grown = (words: number): void => {
      if (4 * words <= shared.byteLength) return;
      const bytes = Math.max(4 * words, Math.min(2 * shared.byteLength, reserved));
      if (bytes > reserved) throw new Error(`${name} has grown beyond ${reserved} bytes`);
      shared.grow(bytes);
    };
    return {
      reach(words) {
        grown(words);
        if (words > all.length) all = new Int32Array(shared, 0, Math.floor(shared.byteLength / 4));
        return all;
      },
      chunk(i, words) {
        grown((i + 1) * words);
        return new Int32Array(shared, 4 * i * words, words);
      },
    };
  };
}
