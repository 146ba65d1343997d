/**
 * The words by which a search knows a state, and those by which it keeps a state whose steps are
 * still to be taken.
 *
 * In exact mode both are the compact form of the state, collapsed where it is
 * long: equal words mean equal states. In fingerprint mode a state is known by 64 bits, and kept whole. With symmetry both are of the
 * canonical form. Promises that a run has open are part of the state.
 */
import { type Machine, type Packed, packed, type Scope } from '../../machine/index.ts';
import { addPromises, type Questions } from '../questions.ts';
import type { Symmetry } from '../symmetry.ts';
import { Collapse, changingWords } from './collapse.ts';
import type { Memories } from './memory.ts';
import { Rests } from './rests.ts';

/** How states are remembered: as they are, or by 64 bits of fingerprint. */
export type Mode = 'exact' | 'fingerprint';

export interface FormOptions {
  readonly mode: Mode;
  readonly symmetry: Symmetry | undefined;
  readonly commands: readonly string[] | undefined;
  readonly footprints: boolean;
  /** Where the rests of large states are kept: one for all forms of a machine. */
  readonly rests?: Rests;
  readonly memories: Memories;
}

/** A state of more words than these is collapsed. */
const compactMost = 64;

export class Form<S> {
  readonly host: Packed<S>;
  readonly mode: Mode;
  /** Words by which a state is known. */
  readonly keyWords: number;
  /** Words that a step leaves of the state after it: the key, and what the key does not say. */
  readonly leftWords: number;
  /** Words by which a state is kept. */
  readonly rowWords: number;
  readonly rests: Rests;

  private readonly collapse: Collapse<S> | undefined;
  private readonly questions: Questions;
  private readonly symmetry: Symmetry | undefined;
  private readonly canonical: Int32Array;
  private readonly fingerprint = new Int32Array(2);

  constructor(machine: Machine<S>, scope: Scope, questions: Questions, options: FormOptions) {
    const { mode, symmetry, commands, footprints } = options;
    const isExact = mode === 'exact';
    const chosen = commands === undefined ? {} : { commands };
    this.host = packed(machine, scope, { ...chosen, footprints, compact: isExact });
    this.mode = mode;
    this.questions = questions;
    this.symmetry = symmetry;
    this.rests = options.rests ?? new Rests(this.host.compact.words, options.memories);
    const { words, compact } = this.host;
    this.canonical = new Int32Array(words.length);
    if (isExact && compact.words > compactMost) {
      this.collapse = new Collapse(this.host, changingWords(this.host, machine, scope), this.rests);
    }
    const own = isExact ? (this.collapse?.words ?? compact.words) : words.length;
    this.rowWords = own + questions.promiseWords;
    this.keyWords = isExact ? this.rowWords : 2;
    this.leftWords = isExact ? this.rowWords : 2 + questions.promiseWords;
  }

  /** Writes what a step leaves of the state that it led the host to. */
  leave(into: Int32Array, at: number): void {
    const { host, questions, canonical, fingerprint } = this;
    const { promiseWords } = questions;
    this.symmetry?.canonical(host.words, 0, canonical, 0);
    const promisesAt = at + this.leftWords - promiseWords;
    if (this.mode === 'exact') {
      const { collapse, symmetry } = this;
      if (symmetry !== undefined) {
        if (collapse === undefined) host.compact.of(canonical, 0, into, at);
        else collapse.of(canonical, into, at);
      } else if (collapse === undefined) host.compact.write(into, at);
      else collapse.write(into, at);
      if (promiseWords > 0) questions.asked.promises.save(into, promisesAt);
      return;
    }
    if (promiseWords > 0) questions.asked.promises.save(into, promisesAt);
    if (this.symmetry === undefined) host.fingerprint(fingerprint);
    else host.fingerprintOf(canonical, 0, fingerprint);
    addPromises(fingerprint, into, at + 2, promiseWords);
    into[at] = fingerprint[0] as number;
    into[at + 1] = fingerprint[1] as number;
  }

  /** Writes what a step left of a state, from the words by which it is kept. */
  leaveAgain(from: Int32Array, at: number, into: Int32Array): void {
    if (this.mode === 'exact') {
      for (let i = 0; i < this.leftWords; i++) into[i] = from[at + i] as number;
      return;
    }
    const { questions, rowWords } = this;
    this.load(from, at);
    if (questions.promiseWords > 0) {
      questions.asked.promises.restore(from, at + rowWords - questions.promiseWords);
    }
    this.leave(into, 0);
  }

  /** Writes of the words by which a state is kept those that a step to it left. */
  keepLeft(left: Int32Array, leftAt: number, into: Int32Array, at: number): void {
    const { promiseWords } = this.questions;
    const words = this.mode === 'exact' ? this.leftWords : promiseWords;
    const from = leftAt + this.leftWords - words;
    const to = at + this.rowWords - words;
    for (let i = 0; i < words; i++) into[to + i] = left[from + i] as number;
  }

  /** Writes the other words by which the state that the host is in is kept. */
  keep(into: Int32Array, at: number): void {
    if (this.mode === 'exact') return;
    const { host, canonical } = this;
    this.symmetry?.canonical(host.words, 0, canonical, 0);
    const words = this.symmetry === undefined ? host.words : canonical;
    for (let i = 0; i < words.length; i++) into[at + i] = words[i] as number;
  }

  /** Makes the host be in the state that is kept in some words. */
  load(from: Int32Array, at: number): void {
    if (this.mode === 'fingerprint') this.host.load(from, at);
    else if (this.collapse === undefined) this.host.compact.load(from, at);
    else this.collapse.load(from, at);
  }

  /** The promises of the state that is kept in some words. */
  promises(from: Int32Array, at: number): Int32Array {
    const { promiseWords } = this.questions;
    return from.slice(at + this.rowWords - promiseWords, at + this.rowWords);
  }

  /** The canonical form of the state that the host is in; undefined without symmetry. */
  canonicalForm(): Int32Array | undefined {
    this.symmetry?.canonical(this.host.words, 0, this.canonical, 0);
    return this.symmetry && this.canonical.slice();
  }
}
