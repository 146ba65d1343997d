/** Places in tables: numbers any of whose bits may choose one. */

/** From the two lanes of a fingerprint. */
export function placed(low: number, high: number): number {
  return mixed(low ^ Math.imul(high, 0x9e3779b1));
}

/** From all of some words. */
export function hashOf(words: Int32Array, at: number, count: number): number {
  let h = 0;
  for (let i = 0; i < count; i++) {
    h = Math.imul(h ^ (words[at + i] as number), 0x9e3779b1);
    h ^= h >>> 15;
  }
  return mixed(h);
}

/** MurmurHash3's finaliser. */
function mixed(h: number): number {
  let m = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  m = Math.imul(m ^ (m >>> 13), 0xc2b2ae35);
  return m ^ (m >>> 16);
}
