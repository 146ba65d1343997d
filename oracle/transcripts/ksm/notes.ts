/** What notes repeat of the samples and answers before them. */
import { canonical } from '../log.ts';
import { differs } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import type { NoteRecord, Out } from './records.ts';
import type { Counters } from './state.ts';

/** A sample of the counters and its place. */
export interface Sample {
  readonly counters: Counters;
  readonly place: Place;
}

/** What the test processes said last. */
export interface Said {
  readonly answers: Map<string, Out>;
  /** The last two frame numbers. */
  frames: readonly string[];
  wrote: Out | undefined;
}

const REPEATED = [
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'ksm_zero_pages',
] as const;

/** Remembers an answer for the notes that copy it. */
export function remember(said: Said, name: string, out: Out): void {
  said.answers.set(name, out);
  if (out.write !== undefined || out.writes !== undefined) said.wrote = out;
  if (out.pfn !== undefined) said.frames = [...said.frames.slice(-1), out.pfn];
}

/** A settled note repeats the last sample: samples are written on every change. */
export function repeats(own: Counters, sample: Sample | undefined): Contradiction | undefined {
  if (sample === undefined) return undefined;
  for (const field of REPEATED) {
    const wrong = differs(field, own[field], sample.counters[field], sample.place);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Copies of answers, and whether the last two frames are one. */
export function derived({ equal, w, a, b }: NoteRecord, said: Said): Contradiction | undefined {
  if (equal !== undefined) {
    const wrong = differs('equal', equal, said.frames[0] === said.frames[1]);
    if (wrong !== undefined) return wrong;
  }
  const copies = [
    ['w', w, said.wrote],
    ['a', a, said.answers.get('A')],
    ['b', b, said.answers.get('B')],
  ] as const;
  const all = [...said.answers.values()];
  for (const [field, copy, original] of copies) {
    if (copy === undefined || copy === null) continue;
    const text = canonical(copy);
    // Processes may have other names than the notes use.
    const possible = original === undefined ? all : [original];
    if (possible.some((answer) => canonical(answer) === text)) continue;
    return differs(field, text, canonical(original ?? 'an answer'));
  }
  return undefined;
}

/** The counters at the top of a note; undefined when one is missing. */
export function countersOf(record: NoteRecord): Counters | undefined {
  const { pages_shared, pages_sharing, pages_unshared, pages_volatile, full_scans } = record;
  const { ksm_zero_pages, stable_node_chains, stable_node_dups } = record;
  const { pages_skipped, pages_scanned } = record;
  if (
    pages_shared === undefined ||
    pages_sharing === undefined ||
    pages_unshared === undefined ||
    pages_volatile === undefined ||
    full_scans === undefined ||
    ksm_zero_pages === undefined ||
    stable_node_chains === undefined ||
    stable_node_dups === undefined ||
    pages_skipped === undefined ||
    pages_scanned === undefined
  ) {
    return undefined;
  }
  return {
    pages_shared,
    pages_sharing,
    pages_unshared,
    pages_volatile,
    full_scans,
    ksm_zero_pages,
    stable_node_chains,
    stable_node_dups,
    pages_skipped,
    pages_scanned,
  };
}
