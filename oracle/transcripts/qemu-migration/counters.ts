/**
 * Bounds on the counters of a migration (specification 5.A). A poll reads one after the other while
 * pages are sent: what is read later may be ahead, so a counter is held against the same poll in
 * one direction and against the poll before or after it in the other.
 */
import { outside } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { Pass, type Sum } from './pass.ts';
import type { Ram } from './records.ts';

export const PAGE_BYTES = 4096;
/** A page costs at least its header; at most that, a block's name, and its part of a packet. */
const HEADER_BYTES = 8;
const OVERHEAD_BYTES: number = HEADER_BYTES + 256 + 66;
/** The most that a page costs. */
const COST_BYTES: number = PAGE_BYTES + OVERHEAD_BYTES;
/** Marks, packets of synchronisation, sections. */
const MARKS_BYTES: number = 1024 * 1024;
/** Firmware, video memory and the like migrate with the guest's memory. */
const BLOCKS_BYTES: number = 2 ** 36;

/** Counters that never fall during a migration. */
const TOTALS = [
  ...(['transferred', 'duplicate', 'normal', 'dirty-sync-count', 'postcopy-requests'] as const),
  ...(['precopy-bytes', 'downtime-bytes', 'postcopy-bytes'] as const),
] as const;
/** Those that stand still once it is over. */
const SETTLED = ['duplicate', 'normal', 'dirty-sync-count', 'postcopy-requests'] as const;

/** What is known of a migration besides its counters. */
export interface Setting {
  /** Bytes of the guest's memory, and its processors. */
  readonly ram: number;
  readonly cpus: number;
  /** Pages leave only as they are, so that sent and remaining ones add up. */
  readonly whole: boolean;
  /** Page contents may be compressed on the wire. */
  readonly compressed: boolean;
  /** One thread sends and counts, and syncs in between. */
  readonly ordered: boolean;
  /** Bytes are told apart by phase, all of them. */
  readonly split: boolean;
  /** Pages that may be under way uncounted. */
  readonly slack: number;
}

/** The circumstances of one poll. */
export interface Poll {
  readonly ram: Ram;
  readonly completed: boolean;
  readonly postcopy: boolean;
  /** Something may have broken the stream and repaired it. */
  readonly recovered: boolean;
  /** The guest stood still at some time of the migration. */
  readonly still: boolean;
  /** Dirty syncs that were told: before the last reply, and so far; undefined when none are. */
  readonly passes: { readonly before: number; readonly now: number } | undefined;
  readonly passPlace: Place | undefined;
  readonly place: Place;
  /** Where the counters lie in the record. */
  readonly path: string;
}

type Found = Contradiction | undefined;

/** The counters of one migration. */
export class Counters {
  private readonly setting: Setting;
  private last: Poll | undefined;
  private pass: Pass | undefined;
  /** Pages sent by a time after the last sync began; perhaps some of them after it. */
  private sentBefore = Infinity;

  constructor(setting: Setting) {
    this.setting = setting;
  }

  /** A poll; what is impossible about it, or about the one before. */
  poll(poll: Poll): Found {
    const found =
      this.sizes(poll) ??
      this.order(poll) ??
      this.syncs(poll) ??
      this.bytes(poll) ??
      this.phases(poll) ??
      this.conservation(poll);
    this.last = poll;
    return found;
  }

  /** Sizes are whole pages; what remains is part of all; nothing remains at the end. */
  private sizes({ ram, completed, path }: Poll): Found {
    const { total, remaining } = ram;
    const { ram: size } = this.setting;
    const pages = total / PAGE_BYTES;
    const most = completed ? 0 : total;
    const rate = ram['dirty-pages-rate'];
    const mostSent = pages * (ram['dirty-sync-count'] + 2);
    const mostDirtied = completed ? 0 : pages * (ram['dirty-sync-count'] + 1);
    return (
      whole(`${path}.total`, total) ??
      outside(`${path}.total`, total, { low: size, high: size + BLOCKS_BYTES }) ??
      // Each pass sends each page at most once; post-copy begins one more, a sync may be under way.
      outside(`${path}.normal`, ram.normal, { low: 0, high: mostSent }) ??
      outside(`${path}.duplicate`, ram.duplicate, { low: 0, high: mostSent }) ??
      outside(`${path}.precopy-bytes`, partsOf(ram), {
        low: 0,
        high: mostSent * COST_BYTES + MARKS_BYTES,
      }) ??
      whole(`${path}.remaining`, remaining) ??
      outside(`${path}.remaining`, remaining, { low: 0, high: most }) ??
      optional(`${path}.page-size`, ram['page-size'], PAGE_BYTES, PAGE_BYTES) ??
      optional(`${path}.normal-bytes`, ram['normal-bytes'], ...twice(ram.normal * PAGE_BYTES)) ??
      optional(`${path}.dirty-pages-rate`, rate, 0, mostDirtied)
    );
  }

  /** Counters never fall. */
  private order({ ram, completed, path }: Poll): Found {
    const { last } = this;
    if (last === undefined) return undefined;
    for (const key of TOTALS) {
      const before = last.ram[key];
      const wrong = optional(`${path}.${key}`, ram[key], before ?? 0, Infinity, last.place);
      if (wrong !== undefined) return wrong;
    }
    if (!completed || !last.completed) return undefined;
    for (const key of SETTLED) {
      const wrong = optional(`${path}.${key}`, ram[key], ...twice(last.ram[key] ?? 0), last.place);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  /** A sync is counted first and told when it is done. */
  private syncs({ ram, passes, passPlace, completed, path }: Poll): Found {
    if (passes === undefined) return undefined;
    const syncs = ram['dirty-sync-count'];
    // A sync is told before the first page of its pass is sent. What a poll says was sent may have
    // been sent before the sync that it counts; what the next one says includes all of that.
    if (this.last?.ram['dirty-sync-count'] !== syncs) this.sentBefore = Infinity;
    else this.sentBefore = Math.min(this.sentBefore, sentOf(ram));
    const sentIn = this.setting.ordered && sentOf(ram) > this.sentBefore;
    const most = completed || sentIn ? passes.now : passes.now + 1;
    const least = completed ? passes.now : passes.before;
    return outside(
      `${path}.dirty-sync-count`,
      syncs,
      { low: least, high: most },
      { because: passPlace },
    );
  }

  /** Bytes on the wire: whole pages and their headers, zero pages as headers alone. */
  private bytes({ ram, completed, path }: Poll): Found {
    const { slack, compressed } = this.setting;
    const { transferred, normal, duplicate } = ram;
    const most = (normal + slack) * COST_BYTES + (duplicate + slack) * OVERHEAD_BYTES + MARKS_BYTES;
    const field = `${path}.transferred`;
    const { last } = this;
    // Pages that are sent as differences are counted elsewhere.
    const above = this.setting.whole
      ? outside(field, transferred, { low: 0, high: most })
      : undefined;
    if (above !== undefined || compressed) return above;
    const before = last === undefined ? 0 : this.leastBytes(last.ram);
    return (
      outside(field, transferred, { low: before, high: Infinity }, { because: last?.place }) ??
      (completed
        ? outside(field, transferred, { low: this.leastBytes(ram), high: Infinity })
        : undefined)
    );
  }

  private leastBytes({ normal, duplicate }: Ram): number {
    const { slack } = this.setting;
    const counted = (pages: number, bytes: number) => Math.max(0, pages - slack) * bytes;
    return counted(normal, PAGE_BYTES + HEADER_BYTES) + counted(duplicate, HEADER_BYTES);
  }

  /** Bytes and requests by phase. */
  private phases(poll: Poll): Found {
    const { ram, completed, postcopy, still, path } = poll;
    const { cpus, split } = this.setting;
    const pages = ram.total / PAGE_BYTES;
    const requests = postcopy ? pages * (cpus + 1) : 0;
    const none = (key: string, allowed: boolean): Found =>
      optional(`${path}.${key}`, Number(ram[key] ?? 0), 0, allowed ? Infinity : 0);
    const wrong =
      (poll.recovered
        ? undefined
        : optional(`${path}.postcopy-requests`, ram['postcopy-requests'], 0, requests)) ??
      none('postcopy-bytes', postcopy) ??
      none('downtime-bytes', still);
    if (wrong !== undefined || ram['precopy-bytes'] === undefined) return wrong;
    const { last } = this;
    const parts = partsOf(ram);
    const field = `${path}.precopy-bytes`;
    if (last !== undefined) {
      // The parts are counted before the whole and read after it.
      const least = partsOf(last.ram) - this.setting.slack * COST_BYTES;
      const { transferred } = ram;
      const late = outside(
        `${path}.transferred`,
        transferred,
        { low: least, high: Infinity },
        { because: last.place },
      );
      if (late !== undefined) return late;
    }
    if (!split)
      return completed ? outside(field, parts, { low: 0, high: ram.transferred }) : undefined;
    return outside(field, parts, {
      low: ram.transferred,
      high: completed ? ram.transferred : Infinity,
    });
  }

  /** Sent and remaining pages add up, from sync to sync; in the end every page was sent. */
  private conservation({ ram, completed, postcopy, recovered, passes, path, place }: Poll): Found {
    const { whole: adds, slack } = this.setting;
    const pages = ram.total / PAGE_BYTES;
    const sent = sentOf(ram);
    // Before the first sync nothing is known to remain.
    if (!adds || recovered || ram['dirty-sync-count'] === 0) return undefined;
    const number = 2 * ram['dirty-sync-count'] + (postcopy ? 1 : 0);
    const synced = this.pass !== undefined && this.pass.number !== number;
    const wrong = this.pass?.close(sent, slack, synced, synced || completed);
    if (wrong !== undefined) return notConserved(wrong, `${path}.remaining`);
    if (this.pass?.number !== number) {
      // The first pass is about all pages.
      const high = number === 2 ? pages : Infinity;
      this.pass = new Pass(number, sent, { low: pages, high }, this.pass?.largest);
    }
    const { pass } = this;
    // The first sync adds nothing: all pages remain before it.
    const over = number === 2 || (passes !== undefined && passes.before >= number / 2);
    if (!completed) pass.poll(sent, ram.remaining / PAGE_BYTES, place, over);
    else if (this.last?.completed !== true) {
      // Which of the two counters is wrong cannot be told.
      return outside(
        `${path}.normal`,
        sent,
        { low: pass.low, high: pass.high },
        { because: pass.largest?.place },
      );
    }
    return undefined;
  }
}

function notConserved({ remaining, low, high, place }: Sum, field: string): Contradiction {
  return {
    field,
    observed: `${remaining} pages in line ${place.line}: ${low} to ${high} with those sent`,
    allowed: 'sent and remaining pages add up to the same until the next dirty sync',
    difference: 'another sum',
    because: place,
  };
}

function sentOf({ normal, duplicate }: Ram): number {
  return normal + duplicate;
}

function partsOf(ram: Ram): number {
  const { 'precopy-bytes': before = 0, 'downtime-bytes': stopped = 0 } = ram;
  return before + stopped + (ram['postcopy-bytes'] ?? 0);
}

function twice(value: number): [number, number] {
  return [value, value];
}

function whole(field: string, bytes: number): Found {
  const rest = bytes % PAGE_BYTES;
  if (rest === 0) return undefined;
  const allowed = `a multiple of ${PAGE_BYTES}`;
  return { field, observed: `${bytes}`, allowed, difference: `${rest} too many` };
}

function optional(
  field: string,
  value: number | undefined,
  low: number,
  high: number,
  because?: Place,
): Found {
  return value === undefined ? undefined : outside(field, value, { low, high }, { because });
}
