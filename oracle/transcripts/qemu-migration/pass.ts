/**
 * Conservation of pages (specification 4.C, MIG-S3 in counts): between two dirty syncs, what was
 * sent plus what remains does not change. A poll reads the sent pages first and the remaining ones
 * a little later, so each poll leaves an interval, which the next one closes.
 */
import type { Place } from '../verdict.ts';

/** Sent and remaining pages of one poll, and what their sum may have been. */
export interface Sum {
  readonly low: number;
  readonly high: number;
  readonly remaining: number;
  readonly place: Place;
}

/** A poll that the next one has not closed. */
interface Open {
  readonly sent: number;
  readonly remaining: number;
  readonly place: Place;
  readonly growing: boolean;
}

/** At most so many polls of a pass are compared with each other. */
const SUMS_MAX = 64;

/** One pass of a migration. */
export class Pass {
  readonly number: number;
  /** Pages sent by the time of its first poll. */
  private readonly first: number;
  /** What the sum is for sure, whatever the polls say. */
  private readonly known: { readonly low: number; readonly high: number };
  private readonly sums: Sum[];
  private open: Open | undefined;

  /** A sync only adds pages: the sum is at least that of the pass before. */
  constructor(
    number: number,
    first: number,
    known: { readonly low: number; readonly high: number },
    before?: Sum,
  ) {
    this.number = number;
    this.first = first;
    this.known = known;
    this.sums = before === undefined ? [] : [{ ...before, high: Infinity }];
  }

  /** The poll that shows the largest sum. */
  get largest(): Sum | undefined {
    return this.sums.toSorted((one, other) => other.low - one.low)[0];
  }

  get low(): number {
    return Math.max(this.known.low, ...this.sums.map(({ low }) => low));
  }

  get high(): number {
    return Math.min(this.known.high, ...this.sums.map(({ high }) => high));
  }

  /** A poll; the next one closes it. `synced`: the sync is over, as was told or as it is first. */
  poll(sent: number, remaining: number, place: Place, synced: boolean): void {
    // Until a page of the pass is sent, the sync may still add some.
    this.open = { sent, remaining, place, growing: !synced && sent === this.first };
  }

  /**
   * The next poll found `sent` pages; `slack` more may have left without being counted. Returns the
   * poll that cannot be true. `synced`: a sync came between them; `last`: no other poll of this pass
   * comes.
   */
  close(sent: number, slack: number, synced: boolean, last: boolean): Sum | undefined {
    const { open, known } = this;
    this.open = undefined;
    if (open !== undefined) {
      const { remaining, place } = open;
      const high = open.growing ? Infinity : remaining + sent + slack;
      const sum = { low: remaining + open.sent, high, remaining, place };
      // A poll that a sync came into shows the remaining pages of the next pass.
      const torn = synced && sum.low > this.high;
      if (sum.high < known.low || (sum.low > known.high && !torn)) return sum;
      if (!torn) this.sums.push(sum);
      if (this.sums.length > SUMS_MAX) this.sums.shift();
    }
    return this.contradicted(last);
  }

  /** The poll that contradicts most others; of two that only contradict each other, the later. */
  private contradicted(last: boolean): Sum | undefined {
    let worst: Sum | undefined;
    let most = 0;
    for (const one of this.sums) {
      const against = this.sums.filter(({ low, high }) => low > one.high || one.low > high).length;
      if (against < most || against === 0) continue;
      most = against;
      worst = one;
    }
    return most > 1 || last ? worst : undefined;
  }
}
