/** Steps that were taken and not yet looked up: the state after each, and where it came from. */
export class Successors {
  count = 0;
  /** Words of a state. */
  readonly width: number;
  words: Int32Array;
  fingerprints: Int32Array;
  /** Both lanes of the fingerprint: two words, where states are known by them alone. */
  lanes: Int32Array;
  /** The rank, in its level, of the state before. */
  parents: Int32Array;
  /** The number of the call. */
  calls: Int32Array;
  /** What the step read, wrote and added to: three words, where that is asked for. */
  footprints: Int32Array;

  constructor(width: number, kept: { readonly footprints: boolean; readonly lanes: boolean }) {
    this.width = width;
    this.lanes = new Int32Array(kept.lanes ? 2 * first : 0);
    this.footprints = new Int32Array(kept.footprints ? 3 * first : 0);
    this.words = new Int32Array(first * width);
    this.fingerprints = new Int32Array(first);
    this.parents = new Int32Array(first);
    this.calls = new Int32Array(first);
  }

  /** Where the words of the next step go. */
  reserve(): number {
    if (this.count === this.calls.length) {
      this.words = longer(this.words);
      this.fingerprints = longer(this.fingerprints);
      this.parents = longer(this.parents);
      this.calls = longer(this.calls);
      this.footprints = longer(this.footprints);
      this.lanes = longer(this.lanes);
    }
    return this.count * this.width;
  }
  /** Adds a step whose words were put where `reserve` said. */
  add(fingerprint: number, parent: number, call: number): void {
    const i = this.count++;
    this.fingerprints[i] = fingerprint;
    this.parents[i] = parent;
    this.calls[i] = call;
  }
}

const first = 1024;

/** The words, and room for as many more. */
export function longer(words: Int32Array): Int32Array {
  const more = new Int32Array(2 * words.length);
  more.set(words);
  return more;
}
