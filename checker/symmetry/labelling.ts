/**
 * Canonical forms by individualisation and refinement, as graph isomorphism tools do it (McKay and
 * Piperno, Practical Graph Isomorphism II, 2014).
 *
 * Every member of a permuted index set has a colour: a hash of what the state says about it. Members
 * are linked where a value is about several of them, and *refinement* gives each a new colour from
 * the colours that it is linked to, until no two members of one colour are told apart any more. Ids
 * are given in the order of colours. Where members of a copy still share a colour, and it matters
 * which comes first, each of them in turn is given a colour of its own, and the least bytes win.
 *
 * A colour never depends on ids, so what is found is always the state under some permutation. Colours
 * have 32 bits: that two members of different standing share one may cost a merging of two states,
 * once in billions, but never a state.
 */
import { type Environment, mix, type Program } from './source.ts';

/** The members of a structure, numbered set by set, those that others are within first. */
export interface Members {
  readonly count: number;
  /** Of each member: the first of its set, and the first of its copy. */
  readonly set: Int32Array;
  readonly copy: Int32Array;
  /** Of each member: how many its copy has. */
  readonly size: Int32Array;
  /** Of each member: the one that it is within, or -1. */
  readonly parent: Int32Array;
  /** Of each member: a hash of what is said about it in every state. */
  readonly seed: Int32Array;
}

export interface Labelling {
  /** Chooses the ids in `D` and writes the canonical form of `W` to `O`. */
  run(): void;
}

export function labelling(
  { count, set, copy, size, parent, seed }: Members,
  environment: Environment,
  program: Program,
): Labelling {
  const { B: said, L: links, D: ids } = environment;
  const output = new Int32Array(environment.O.buffer);
  /** Factors of the members of a link, by position. */
  const roles = Int32Array.from({ length: links.length }, (_, i) => mix(i + 1) | 1);
  let linksEnd = 0;
  /** Members that are within others, and those others. */
  const inner = Int32Array.from([...parent.keys()].filter((a) => (parent[a] as number) >= 0));
  const outer = inner.map((a) => parent[a] as number);
  const parents = Uint8Array.from(parent, (_, a) => (outer.includes(a) ? 1 : 0));
  /** All pairs of members of a copy, and those of a set that are of different copies. */
  const near = pairsOf(set, (a, b) => copy[a] === copy[b]);
  const far = pairsOf(set, (a, b) => copy[a] !== copy[b]);

  /** Numbers of 31 bits, so that the difference of two is one of 32. */
  const colours = new Int32Array(count);
  const next = new Int32Array(count);
  /** Of each member: whether it is in a link, or others are within it. */
  const linked = new Uint8Array(count);
  /** Pairs of a copy that share a colour. Members that nothing links are alike for good: not those. */
  let ties = 0;

  const noteLinked = (): void => {
    for (let a = 0; a < count; a++) linked[a] = parents[a] as number;
    for (let at = 0; at < linksEnd; ) {
      const end = at + 2 + (links[at + 1] as number);
      for (at += 2; at < end; at++) linked[links[at] as number] = 1;
    }
  };
  /** Counts the ties; returns, unless there is none, how many pairs share a colour in all. */
  const countPairs = (): number => {
    let equal = 0;
    ties = 0;
    for (let i = 0; i < near.length; i += 2) {
      const a = near[i] as number;
      const b = near[i + 1] as number;
      if (colours[a] !== colours[b]) continue;
      equal++;
      ties += (linked[a] as number) | (linked[b] as number);
    }
    if (ties === 0) return 0;
    for (let i = 0; i < far.length; i += 2) {
      if (colours[far[i] as number] === colours[far[i + 1] as number]) equal++;
    }
    return equal;
  };
  /** Colours anew from the colours that each member is linked to. */
  const recolour = (): void => {
    for (let a = 0; a < count; a++) next[a] = Math.imul(colours[a] as number, 0x9e3779b1);
    for (let i = 0; i < inner.length; i++) {
      const a = inner[i] as number;
      const b = outer[i] as number;
      next[a] = ((next[a] as number) + Math.imul(colours[b] as number, 0x85ebca6b)) | 0;
      next[b] = ((next[b] as number) + Math.imul(colours[a] as number, 0xc2b2ae35)) | 0;
    }
    for (let at = 0; at < linksEnd; ) {
      let sum = links[at] as number;
      const start = at + 2;
      const end = start + (links[at + 1] as number);
      for (at = start; at < end; at++) {
        const colour = colours[links[at] as number] as number;
        sum = (sum + Math.imul(colour, roles[at - start] as number)) | 0;
      }
      sum = mix(sum);
      for (at = start; at < end; at++) {
        const a = links[at] as number;
        next[a] = ((next[a] as number) + Math.imul(sum, roles[at - start] as number)) | 0;
      }
    }
    for (let a = 0; a < count; a++) colours[a] = mix(next[a] as number) >>> 1;
  };
  const refine = (): void => {
    for (let before = -1; ; ) {
      recolour();
      const now = countPairs();
      if (ties === 0 || now === before) return;
      before = now;
    }
  };

  /** Members that are linked to another one that has not a place of its own. */
  const open = new Uint8Array(count);
  const placed = new Uint8Array(count);
  const tied = new Uint8Array(count);
  /**
   * Members that a permutation may still tell apart: those of the first set with any, and of the
   * least colour there. The others of one colour are linked to nothing but members that have their
   * places: then it makes no difference which comes first.
   */
  const choose = (cell: Int32Array): number => {
    if (ties === 0) return 0;
    tied.fill(0);
    open.fill(0);
    for (let i = 0; i < near.length; i += 2) {
      const a = near[i] as number;
      const b = near[i + 1] as number;
      if (colours[a] !== colours[b] || (linked[a] === 0 && linked[b] === 0)) continue;
      tied[a] = 1;
      tied[b] = 1;
    }
    for (let a = 0; a < count; a++) {
      const within = parent[a] as number;
      placed[a] = tied[a] === 0 && (within < 0 || placed[within] === 1) ? 1 : 0;
    }
    for (let at = 0; at < linksEnd; ) {
      const end = at + 2 + (links[at + 1] as number);
      let free = 0;
      for (let i = at + 2; i < end; i++) free += 1 - (placed[links[i] as number] as number);
      if (free > 1) for (let i = at + 2; i < end; i++) open[links[i] as number] = 1;
      at = end;
    }
    for (let i = inner.length - 1; i >= 0; i--) {
      if (open[inner[i] as number] === 1) open[outer[i] as number] = 1;
    }
    let least = -1;
    for (let a = 0; a < count; a++) {
      if (tied[a] === 0 || open[a] === 0) continue;
      if (least >= 0 && set[a] !== set[least]) break;
      if (least < 0 || (colours[a] as number) < (colours[least] as number)) least = a;
    }
    if (least < 0) return 0;
    let length = 0;
    for (let a = set[least] as number; a < count && set[a] === set[least]; a++) {
      if (colours[a] === colours[least]) cell[length++] = a;
    }
    return length;
  };

  /** Of each depth: the colours there, the members to choose from, the chosen one. */
  const depths = Array.from({ length: count + 1 }, () => ({
    colours: new Int32Array(count),
    cell: new Int32Array(count),
  }));
  const path = new Int32Array(count + 1);
  const best = new Int32Array(output.length);
  const bestIds = new Int32Array(count);
  const bestPath = new Int32Array(count + 1);
  let hasBest = false;

  /**
   * Tries the members that are to be told apart at a depth, in refined colours. Returns the depth at which to go on: less
   * than the one above where the rest of the branch is the image of one that was tried.
   */
  const explore = (depth: number): number => {
    const { colours: saved, cell } = depths[depth] as (typeof depths)[number];
    const choices = choose(cell);
    if (choices === 0) return judge(depth);
    saved.set(colours);
    for (let i = 0; i < choices; i++) {
      if (i > 0) colours.set(saved);
      const chosen = cell[i] as number;
      path[depth] = chosen;
      colours[chosen] = mix((colours[chosen] as number) + 1) >>> 1;
      refine();
      const goOn = explore(depth + 1);
      if (goOn < depth) return goOn;
    }
    return depth - 1;
  };
  /**
   * Keeps the least form. Two equal ones mean a permutation that changes nothing and takes one path
   * to the other: below the depth where they part, there is nothing new.
   */
  const judge = (depth: number): number => {
    number();
    program.move();
    if (depth === 0) return -1;
    const order = hasBest ? compare(output, best) : -1;
    if (order === 0) {
      let parting = 0;
      while (path[parting] === bestPath[parting]) parting++;
      return parting;
    }
    if (order < 0) {
      hasBest = true;
      best.set(output);
      bestIds.set(ids);
      bestPath.set(path);
    }
    return depth - 1;
  };
  /** Gives ids in the order of colours. */
  const number = (): void => {
    for (let a = 0; a < count; a++) {
      const colour = colours[a] as number;
      const start = copy[a] as number;
      const end = start + (size[a] as number);
      let id = a - start;
      // Without branches, which nobody could predict: one less for each greater one before it.
      for (let b = start; b < a; b++) id -= (colour - (colours[b] as number)) >>> 31;
      for (let b = a + 1; b < end; b++) id += ((colours[b] as number) - colour) >>> 31;
      ids[a] = id;
    }
  };

  return {
    run() {
      said.set(seed);
      linksEnd = program.scan();
      for (let a = 0; a < count; a++) colours[a] = mix(said[a] as number) >>> 1;
      noteLinked();
      hasBest = false;
      refine();
      explore(0);
      if (!hasBest) return;
      output.set(best);
      ids.set(bestIds);
    },
  };
}

/** The pairs of members of one set that pass a test, one after the other. */
function pairsOf(set: Int32Array, test: (a: number, b: number) => boolean): Int32Array {
  const found: number[] = [];
  for (let a = 0; a < set.length; a++) {
    for (let b = set[a] as number; b < a; b++) if (test(a, b)) found.push(a, b);
  }
  return Int32Array.from(found);
}

function compare(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number) ? -1 : 1;
  }
  return 0;
}
