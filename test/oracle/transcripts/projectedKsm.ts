/**
 * The memory model driven as Linux drives same-page merging: the daemon goes round, page by page.
 * What can be read of it is what Linux would show, except that no counter lags.
 */
import type { AnyEvent, Machine } from '../../../machine/index.ts';
import { contentOf, type Vmm } from '../../../model/index.ts';
import type { Counters } from '../../../oracle/transcripts/ksm/state.ts';
import { type At, ProjectedProcesses, type Setting } from './projectedProcesses.ts';

/** What the scanner remembers of a page besides its shared frame: an rmap item, and its tree. */
type Item = 'none' | 'unstable' | 'plain';

/** One host with its daemon. */
export class ProjectedKsm extends ProjectedProcesses {
  private readonly items = new Map<string, Item>();
  private round: At[] = [];
  private begun = false;
  /** A scan that only learns is still to be made up for. */
  private forgot = false;
  private scans = 0;
  private visits = 0;

  constructor(machine: Machine<Vmm>, setting: Setting) {
    super(machine, setting);
  }

  /** `MADV_MERGEABLE`. */
  advise(vm: number): void {
    this.does('set-mergeable', { vm, mergeable: true });
    const { pages } = this.memory.host.vms.at(vm);
    this.forgot ||= this.scans === 0 && pages.some(({ checksum }) => checksum !== null);
    if (this.run === 'run') this.learn();
  }

  /** `MADV_UNMERGEABLE`: the kernel breaks what is shared before it answers. */
  unadvise(vm: number): void {
    this.unshareAll(vm);
    this.does('set-mergeable', { vm, mergeable: false });
  }

  override exit(vm: number): void {
    this.forget(vm);
    super.exit(vm);
  }

  private unshareAll(vm: number): void {
    for (const at of this.pagesOf(vm)) this.unshare(at);
    this.forget(vm);
  }

  private forget(vm: number): void {
    for (const at of this.pagesOf(vm)) this.items.delete(key(at));
    this.round = this.round.filter((at) => at.vm !== vm);
  }

  /**
   * Stores a first word; true when the page had a shared frame. Linux always copies it then; the
   * model leaves a frame without other mappings to the page.
   */
  write(at: At, word: number): boolean {
    const shared = this.isMerged(at);
    const zero = this.isZero(at);
    this.store(at, word);
    if (shared) this.items.set(key(at), 'plain');
    if (zero) this.items.delete(key(at));
    return shared || zero;
  }

  /** Lets the daemon visit so many pages. */
  scan(count: number): void {
    if (this.run !== 'run') return;
    for (let left = count; left > 0; left -= 1) {
      const at = this.round.shift();
      if (at !== undefined) this.visit(at);
      else if (!this.nextRound()) return;
    }
  }

  /** Lets the daemon end so many scans. */
  endScans(count: number): void {
    const until = this.scans + count;
    while (this.scans < until) {
      this.scan(this.round.length + 1);
      if (this.round.length === 0 || this.run !== 'run') return;
    }
  }

  /** Pages that come later are visited in the next round, as in Linux. */
  private nextRound(): boolean {
    const pages = this.pages.filter(({ vm }) => this.isMergeable(vm));
    if (pages.length === 0) return false;
    if (this.begun) {
      this.does('end-scan', {});
      this.scans += 1;
    }
    this.begun = true;
    this.round = pages;
    return true;
  }

  private visit(at: At): void {
    this.visits += 1;
    if (this.setting.direct && this.merge(at)) {
      this.items.set(key(at), 'plain');
      return;
    }
    const event = this.scanPage(at).find(({ type }) => type === 'scanned');
    if (this.isZero(at)) this.items.delete(key(at));
    else this.items.set(key(at), event?.result === 'inserted' ? 'unstable' : 'plain');
  }

  /** All frames, in an order that varies from visit to visit. */
  private frames(): number[] {
    const { length } = this.memory.host.frames;
    return [...Array(length).keys()].map((frame) => (frame + this.visits) % length);
  }

  private scanPage(at: At): readonly AnyEvent[] {
    for (const into of [null, ...this.frames()]) {
      const found = this.attempt('scan-page', { ...at, into });
      if (typeof found !== 'string') return found;
      if (found !== 'no-candidate') throw new Error(`scan-page is refused: ${found}`);
    }
    throw new Error('scan-page: no choice is possible');
  }

  /** Maps a page that did not change since its last visit to a shared frame. */
  private merge(at: At): boolean {
    const zero = this.setting.useZero && contentOf(this.memory, at) === 0;
    if (!this.isUnchanged(at) || zero) return false;
    const { frames } = this.memory.host;
    return this.frames()
      .filter((frame) => frames.at(frame).use.kind === 'shared')
      .some((frame) => typeof this.attempt('merge-page', { ...at, frame }) !== 'string');
  }

  get run(): 'stop' | 'run' | 'unmerge' {
    return this.memory.host.sharing.run;
  }

  /**
   * Writes `run`. With `unmerge` Linux breaks every share before it answers, forgets every page and
   * counts from zero.
   */
  setRun(run: 'stop' | 'run' | 'unmerge'): void {
    this.does('set-sharing', { run });
    if (run === 'run') this.learn();
    if (run !== 'unmerge') return;
    for (const vm of this.layouts.keys()) this.unshareAll(vm);
    this.round = [];
    this.begun = false;
    this.scans = 0;
    this.forgot = true;
  }

  /**
   * The model keeps checksums where Linux forgets pages, so it may merge in the first scan after
   * that: as if a scan that learns them had been done at once.
   */
  private learn(): void {
    const pages = this.pages.filter(({ vm }) => this.isMergeable(vm));
    if (!this.forgot || pages.length === 0) return;
    this.forgot = false;
    for (const at of pages) this.items.set(key(at), 'plain');
    this.visits += pages.length;
    this.scans += 1;
  }

  /** `/proc/PID/ksm_stat`. */
  stat(vm: number) {
    const pages = this.pagesOf(vm);
    const items = pages.filter((at) => this.itemOf(at) !== 'none').length;
    const zeros = pages.filter((at) => this.isZero(at)).length;
    const merging = pages.filter((at) => this.isMerged(at)).length;
    return { items, zeros, merging, profit: (merging + zeros) * 4096 - items * 64 };
  }

  private itemOf(at: At): Item {
    return this.isMerged(at) ? 'plain' : (this.items.get(key(at)) ?? 'none');
  }

  /** `/sys/kernel/mm/ksm`: volatile is what the scanner knows and no other counter counts. */
  counters(): Counters {
    const { sharing, zero, frames } = this.memory.host;
    const known = this.pages.filter((at) => this.itemOf(at) !== 'none');
    const unshared = known.filter((at) => this.itemOf(at) === 'unstable').length;
    const nodes = new Map<number, number>();
    for (const { use, content } of frames) {
      if (use.kind === 'shared') nodes.set(content, (nodes.get(content) ?? 0) + 1);
    }
    const chains = [...nodes.values()].filter((count) => count >= 2);
    const counted = sharing.shared + sharing.sharing + unshared;
    return {
      pages_shared: sharing.shared,
      pages_sharing: sharing.sharing,
      pages_unshared: unshared,
      pages_volatile: Math.max(0, known.length - counted),
      full_scans: this.scans,
      ksm_zero_pages: zero.references,
      stable_node_chains: chains.length,
      stable_node_dups: chains.reduce((sum, count) => sum + count, 0),
      pages_skipped: 0,
      pages_scanned: this.visits,
    };
  }
}

function key({ vm, page }: At): string {
  return `${vm} ${page}`;
}
