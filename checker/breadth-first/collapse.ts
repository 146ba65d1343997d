/**
 * The compact form of a large state in few words: those that steps change, and a number for all the
 * others. Which words change is tried out on some states before the search; what changes besides is
 * only slower, not lost. (SPIN's collapse compression, with one component for what hardly moves.)
 */
import { initialState, type Machine, type Packed, type Scope } from '../../machine/index.ts';
import { randomNumbers } from '../random.ts';
import type { Rests } from './rests.ts';

/** States whose steps are tried: so many walks of so many steps. */
const walks = 4;
const walkLength = 16;

/** The words of the compact form that some steps were seen to change. */
export function changingWords<S>(
  host: Packed<S>,
  machine: Machine<S>,
  { sizes }: Scope,
): readonly number[] {
  const { words, live } = host.compact;
  const before = new Int32Array(words);
  const changes = new Uint8Array(words);
  const random = randomNumbers(1);
  for (let walk = 0; walk < walks; walk++) {
    host.write(initialState(machine, sizes));
    for (let step = 0; step < walkLength; step++) {
      before.set(live);
      let next = -1;
      let seen = 0;
      const looks = (call: number): boolean => {
        for (let i = 0; i < words; i++) if (live[i] !== before[i]) changes[i] = 1;
        if (random(++seen) === 0) next = call;
        return false;
      };
      try {
        host.steps(looks);
        if (next < 0 || !host.steps((call) => call === next)) break;
      } catch {
        // A rule that throws will be met by the search.
        break;
      }
    }
  }
  return [...changes.keys()].filter((word) => changes[word] === 1);
}

export class Collapse<S> {
  /** Words of a collapsed state. */
  readonly words: number;
  private readonly compact: Packed<S>['compact'];
  private readonly changing: Int32Array;
  private readonly isRest: Uint8Array;
  private readonly rests: Rests;
  /** The rest of the loaded state by number, and the loaded state. */
  private number = -1;
  private readonly loaded: Int32Array;
  private readonly other: Int32Array;

  constructor({ compact }: Packed<S>, changing: readonly number[], rests: Rests) {
    this.words = changing.length + 1;
    this.compact = compact;
    this.changing = Int32Array.from(changing);
    this.rests = rests;
    this.loaded = new Int32Array(compact.words);
    this.other = new Int32Array(compact.words);
    this.isRest = new Uint8Array(compact.words).fill(1);
    for (const word of changing) this.isRest[word] = 0;
  }

  /** Writes the state after a step of the loaded state. */
  write(into: Int32Array, at: number): void {
    const { compact, changing, other, isRest, number } = this;
    if (number < 0 || compact.changes(isRest)) {
      other.set(compact.live);
      this.writeAll(into, at);
      return;
    }
    into[at] = number;
    for (let i = 0; i < changing.length; i++) {
      into[at + 1 + i] = compact.live[changing[i] as number] as number;
    }
  }
  /** The same of packed words. */
  of(words: Int32Array, into: Int32Array, at: number): void {
    this.compact.of(words, 0, this.other, 0);
    this.writeAll(into, at);
  }
  private writeAll(into: Int32Array, at: number): void {
    const { changing, other, rests } = this;
    for (let i = 0; i < changing.length; i++) {
      const word = changing[i] as number;
      into[at + 1 + i] = other[word] as number;
      other[word] = 0;
    }
    into[at] = rests.numberOf(other);
  }

  /** Makes a collapsed state the loaded one. */
  load(from: Int32Array, at: number): void {
    const { loaded, changing, rests, compact } = this;
    const number = from[at] as number;
    if (number !== this.number) rests.write(number, loaded);
    this.number = number;
    for (let i = 0; i < changing.length; i++) {
      loaded[changing[i] as number] = from[at + 1 + i] as number;
    }
    compact.load(loaded, 0);
  }
}
