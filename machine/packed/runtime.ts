/** The text that every program of a packed host begins with. */

/** What the program keeps besides the state. */
export interface Recorded {
  /** Lanes of the fingerprint. */
  readonly lanes: 0 | 1 | 2;
  /** The compact form of the state, apart from the fingerprint. */
  readonly compact: boolean;
  /** What each step reads and writes. */
  readonly footprints: boolean;
}

/** What every program has: the journal, the fingerprint, and tables that are opened when read. */
export function runtimeOf({ lanes, compact, footprints }: Recorded): string {
  // What has to follow when the byte at an offset becomes another.
  const follow = [
    lanes > 0 ? 'low = (low + Math.imul(byte - old, R[offset])) | 0;' : '',
    lanes > 1 ? 'high = (high + Math.imul(byte - old, S[offset])) | 0;' : '',
    compact ? 'P[L[offset]] += (byte - old) << H[offset];' : '',
  ].join(' ');
  return `'use strict';
const { W, V, R, S, K, C, G, N, P, L, H, M, F, words, broken } = E;
let J = new Int32Array(256), journaled = 0;
let low = 0, high = 0, lowLoaded = 0, highLoaded = 0;
let stamp = 0, writing = false;
let reads = 0, writes = 0, adds = 0;
/** History begins again when it rises: a state that is loaded has none, and an undone step left none. */
let era = 0;
const opened = [];
let openedCount = 0;
/** What was found out about a state, and tables as they are in it: forgotten with the stamp. */
const kept = [], leaves = [];
function keep(count) {
  const answers = new Int32Array(count);
  kept.push(answers);
  return answers;
}
/** Arrays that are read anew for each state. */
const loose = new Set();

function put(offset, byte) {
  ${footprints ? 'if (N[offset] === 0) writes |= G[offset]; else adds |= G[offset];' : ''}
  const old = W[offset];
  if (old === byte) return;
  if (journaled === J.length) grow();
  J[journaled++] = (offset << 8) | old;
  W[offset] = byte;
  ${follow}
}
function grow() {
  const longer = new Int32Array(2 * J.length);
  longer.set(J);
  J = longer;
}
function put2(offset, number) {
  put(offset, number & 255);
  put(offset + 1, number >> 8);
}
function putWide(offset, width, number) {
  for (let i = 0; i < width; i++) {
    const rest = Math.floor(number / 256);
    put(offset + i, number - 256 * rest);
    number = rest;
  }
}
function getWide(offset, width) {
  let number = 0;
  for (let i = width - 1; i >= 0; i--) number = 256 * number + W[offset + i];
  return number;
}

/** Makes the words from 'at' on the state. */
function load(from, at) {
  for (let i = 0; i < words; i++) {
    if (V[i] === from[at + i]) continue;
    let word = from[at + i];
    let difference = V[i] ^ word;
    for (let offset = 4 * i; difference !== 0; offset++) {
      if ((difference & 255) !== 0) {
        const byte = word & 255, old = W[offset];
        W[offset] = byte;
        ${follow}
      }
      word >>>= 8;
      difference >>>= 8;
    }
  }
  settle();
}
/** Makes the compact form from 'at' on the state. */
function loadCompact(from, at) {
  ${
    compact
      ? `for (let i = 0; i < P.length; i++) {
    if (P[i] === from[at + i]) continue;
    P[i] = from[at + i];
    unpack(i, P[i]);
  }`
      : `if (low !== from[at]) unpack(0, low = from[at]);
  if (F.length > 2 && high !== from[at + 1]) unpack(1, high = from[at + 1]);`
  }
  settle();
}
function unpack(i, word) {
  for (let offset = F[i]; offset < F[i + 1]; offset++) W[offset] = (word >>> H[offset]) & M[offset];
}
function changes(any) {
  for (let i = 0; i < journaled; i++) if (any[L[J[i] >>> 8]] === 1) return true;
  return false;
}
/** What was changed stays: it is the loaded state from here on. */
function settle() {
  lowLoaded = low;
  highLoaded = high;
  journaled = 0;
  era++;
  if (++stamp < 2 ** 30) return;
  stamp = 1;
  for (const answers of kept) answers.fill(0);
  for (const leaf of leaves) leaf.stamp = -1;
}
function begin() {
  writing = true;
  writes = adds = 0;
}
/** Ends the writing of an effect: opened tables are written back. */
function commit() {
  writing = false;
  for (let i = 0; i < openedCount; i++) opened[i].flush();
}
/** Back to the loaded state. */
function undo() {
  for (let i = openedCount - 1; i >= 0; i--) opened[i].close();
  openedCount = 0;
  for (let i = journaled - 1; i >= 0; i--) {
    ${
      compact
        ? `const offset = J[i] >>> 8, byte = J[i] & 255;
    P[L[offset]] += (byte - W[offset]) << H[offset];
    W[offset] = byte;`
        : 'W[J[i] >>> 8] = J[i] & 255;'
    }
  }
  journaled = 0;
  low = lowLoaded;
  high = highLoaded;
  era++;
}
/** Ends an effect that threw, or a step that is kept; forgets what was opened. */
function discard() {
  writing = false;
  for (let i = openedCount - 1; i >= 0; i--) opened[i].close();
  openedCount = 0;
}
/** What the step read, wrote and added to, as bits of regions of the state. */
function footprint(into, at) {
  into[at] = reads;
  into[at + 1] = writes;
  into[at + 2] = adds;
}
function hashes(into, at) {
  into[at] = low;
  into[at + 1] = high;
}

/** What a lens shows is worked out once, so it must be made of what never moves. */
function part(lens, args) {
  const seen = lens(root, args);
  for (const each of [seen, ...Object.values(seen)]) {
    if (loose.has(each)) broken(0, '', each);
  }
  return seen;
}

/** An array whose 'at' is cheaper than the one that every array has. */
function table(items) {
  Object.defineProperty(items, 'at', { value: at });
  return items;
}
function at(id) {
  return this[id];
}

/** Arrays of tables and lists: their leaves are opened together. */
class Group {
  constructor(leaves, items) {
    this.leaves = leaves;
    this.items = items;
    loose.add(items);
  }
  open() {
    for (let i = 0; i < this.leaves.length; i++) this.leaves[i].open();
    return this.items;
  }
}`;
}
