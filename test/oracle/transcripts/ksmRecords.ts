/** Records of hand-written KSM logs, and what the reader says of them. */
import { validate } from '../../../oracle/transcripts/index.ts';

interface Counts {
  readonly S?: number;
  readonly H?: number;
  readonly U?: number;
  readonly V?: number;
  readonly full: number;
  readonly Z?: number;
  readonly chains?: number;
  readonly dups?: number;
  /** Pages visited so far, where it is not so many scans of all. */
  readonly scanned?: number;
  readonly label?: string;
}

/** A sample; each scan visits `pages` pages. */
export function sample(counts: Counts, pages = 20): object {
  const { S = 0, H = 0, U = 0, V = 0, full, Z = 0, chains = 0, dups = 0 } = counts;
  const { label = 'pairs', scanned = 1_000 + full * pages } = counts;
  return {
    label,
    ksm: {
      pages_shared: S,
      pages_sharing: H,
      pages_unshared: U,
      pages_volatile: V,
      full_scans: full,
      ksm_zero_pages: Z,
      stable_node_chains: chains,
      stable_node_dups: dups,
      pages_skipped: 0,
      pages_scanned: scanned,
    },
  };
}

export function start(proc: string, seed: number, ...counts: readonly number[]): object[] {
  const pages = counts.reduce((sum, count) => sum + count, 0);
  return [
    { proc, argv: ['ksmproc', seed, ...counts] },
    { proc, out: { ready: true, pages, madvise: 0 } },
  ];
}

export function step(proc: string, question: string, out: object): object[] {
  return [
    { proc, in: question },
    { proc, out },
  ];
}

/** The verdict, or the field that cannot be. */
export function judge(...records: readonly object[]): string {
  const judged = validate(
    'ksm',
    records.map((record) => JSON.stringify(record)),
  );
  return judged.verdict === 'violated' ? (judged.impossible?.field ?? 'nothing') : judged.verdict;
}
