/**
 * Keys that arrived lately: most steps lead to a known state, and many of those to one that was
 * met a moment ago. Such a step is told here, from memory that a core has at hand.
 */

/** Bytes of the keys. */
const size = 2 ** 18;

export class Recent {
  private readonly keyWords: number;
  private readonly keys: Int32Array;
  private readonly mask: number;
  private isEmpty = true;

  constructor(keyWords: number) {
    this.keyWords = keyWords;
    const places = 2 ** Math.floor(Math.log2(size / (4 * keyWords)));
    this.keys = new Int32Array(places * keyWords);
    this.mask = places - 1;
  }

  /** Whether a key was met lately; it is then, or it is now. */
  meets(key: Int32Array, hash: number): boolean {
    const { keys, keyWords } = this;
    if (this.isEmpty) return this.begin(key);
    const at = (hash & this.mask) * keyWords;
    let i = 0;
    while (i < keyWords && keys[at + i] === key[i]) i++;
    if (i === keyWords) return true;
    for (; i < keyWords; i++) keys[at + i] = key[i] as number;
    return false;
  }

  /** Every place has the first key of all, so that none has one that was not met. */
  private begin(key: Int32Array): false {
    const { keys, keyWords } = this;
    for (let i = 0; i < keyWords; i++) keys[i] = key[i] as number;
    for (let end = keyWords; end < keys.length; end *= 2) keys.copyWithin(end, 0, end);
    this.isEmpty = false;
    return false;
  }
}
