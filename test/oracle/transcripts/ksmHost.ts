/**
 * A page-by-page simulation of the kernel's same-page merging, written from mm/ksm.c as the
 * specification describes it (4.B), not from the abstraction: it makes true logs of any size.
 */

/** Random numbers in [0, 1), from a seed. */
export type Random = () => number;

/** A small generator (mulberry32), so that a log is found again by its seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

interface Node {
  readonly frame: number;
  readonly content: string;
  readonly items: Set<Page>;
}

interface Page {
  content: string;
  frame: number;
  mergeable: boolean;
  gone: boolean;
  /** The scanner's item: what it remembers of the page. */
  item: 'none' | 'plain' | 'unstable' | 'stable' | 'zero';
  node: Node | undefined;
  hash: string | undefined;
  age: number;
  skips: number;
  /** Mapped to a shared frame (or the zero page) right now. */
  shared: boolean;
}

const ZERO = 'zero';
const ZERO_FRAME = 1;

/** One host with its merging daemon. */
export class KsmHost {
  limit = 256;
  useZero = false;
  smart = true;
  full = 0;
  scanned = 0;
  skipped = 0;
  private nextFrame = 100;
  private pages: Page[] = [];
  private cursor = 0;
  private nodes = new Map<string, Node[]>();
  private unstable = new Map<string, Page>();
  private chained = new Set<string>();

  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    this.scanned = Math.floor(random() * 5000);
    this.skipped = Math.floor(random() * 5000);
  }

  add(contents: readonly string[]): Page[] {
    const added = contents.map(
      (content): Page => ({
        content,
        frame: this.nextFrame++,
        mergeable: true,
        gone: false,
        item: 'none',
        node: undefined,
        hash: undefined,
        age: 0,
        skips: 0,
        shared: false,
      }),
    );
    this.pages.push(...added);
    return added;
  }

  /** A store; true when the page got another frame. */
  write(page: Page, content: string): boolean {
    const copied = page.shared;
    if (copied) page.frame = this.nextFrame++;
    if (page.item === 'zero' && copied) page.item = 'none';
    page.shared = false;
    page.content = content;
    return copied;
  }

  end(pages: readonly Page[], gone: boolean): void {
    for (const page of pages) {
      if (page.shared) page.frame = this.nextFrame++;
      if (page.item === 'zero') page.item = 'none';
      page.shared = false;
      page.mergeable = false;
      page.gone = gone;
    }
  }

  /** `run=2`. */
  unmergeAll(): void {
    for (const page of this.pages) {
      if (page.shared) page.frame = this.nextFrame++;
      Object.assign(page, { shared: false, item: 'none', node: undefined, hash: undefined });
      Object.assign(page, { age: 0, skips: 0 });
    }
    this.pages = this.pages.filter((page) => page.mergeable);
    this.nodes.clear();
    this.chained.clear();
    this.unstable.clear();
    this.cursor = 0;
    this.full = 0;
  }

  /** Scans so many pages. */
  scan(count: number): void {
    for (let left = count; left > 0; left -= 1) {
      if (this.pages.length === 0) return;
      const page = this.pages[this.cursor];
      if (page === undefined) {
        this.cursor = 0;
        this.full += 1;
        this.unstable.clear();
        return;
      }
      if (!page.mergeable) {
        this.drop(page);
        this.pages.splice(this.cursor, 1);
        continue;
      }
      this.cursor += 1;
      this.visit(page);
    }
  }

  private visit(page: Page): void {
    if (page.item === 'zero') return;
    if (page.shared && page.node !== undefined) {
      this.scanned += 1;
      return;
    }
    if (this.smart && this.skip(page)) return;
    this.scanned += 1;
    this.drop(page);
    page.item = 'plain';
    if (page.hash !== page.content) {
      page.hash = page.content;
      return;
    }
    if (this.useZero && page.content === ZERO) {
      Object.assign(page, { item: 'zero', shared: true, frame: ZERO_FRAME });
      return;
    }
    const node = this.nodes.get(page.content)?.find(({ items }) => items.size < this.limit);
    if (node !== undefined) this.attach(page, node);
    else this.pair(page);
  }

  private pair(page: Page): void {
    const twin = this.unstable.get(page.content);
    if (twin === undefined || twin === page || twin.content !== page.content || twin.shared) {
      this.unstable.set(page.content, page);
      page.item = 'unstable';
      return;
    }
    this.unstable.delete(page.content);
    const node: Node = { frame: twin.frame, content: page.content, items: new Set() };
    const same = this.nodes.get(page.content) ?? [];
    same.push(node);
    this.nodes.set(page.content, same);
    if (same.length >= 2) this.chained.add(page.content);
    this.attach(twin, node);
    this.attach(page, node);
  }

  private attach(page: Page, node: Node): void {
    node.items.add(page);
    Object.assign(page, { item: 'stable', node, shared: true, frame: node.frame });
  }

  private skip(page: Page): boolean {
    const age = page.age++;
    if (age < 3) return false;
    if (page.skips === 0) {
      page.skips = age <= 3 ? 1 : age <= 5 ? 2 : age <= 8 ? 4 : 8;
      return false;
    }
    page.skips -= 1;
    this.skipped += 1;
    this.drop(page);
    if (page.item === 'none') page.item = 'plain';
    return true;
  }

  /** Takes the page's item out of the trees. */
  private drop(page: Page): void {
    const { node } = page;
    if (node !== undefined) {
      node.items.delete(page);
      page.node = undefined;
      const same = this.nodes.get(node.content) ?? [];
      if (node.items.size === 0) {
        same.splice(same.indexOf(node), 1);
        if (same.length === 0) {
          this.nodes.delete(node.content);
          this.chained.delete(node.content);
        }
      }
    }
    if (this.unstable.get(page.content) === page) this.unstable.delete(page.content);
    for (const [content, held] of this.unstable) {
      if (held === page) this.unstable.delete(content);
    }
    if (page.item === 'stable' || page.item === 'unstable') page.item = 'plain';
  }

  /** Reads the counters one after another; the daemon may run between two reads. */
  read(busy: boolean): Record<string, number> {
    const between = (): void => {
      if (busy && this.random() < 0.15) this.scan(Math.floor(this.random() * 8));
    };
    const counters: Record<string, number> = {};
    const put = (name: string, value: () => number): void => {
      counters[name] = value();
      between();
    };
    put('pages_shared', () => this.shared());
    put('pages_sharing', () => this.merged() - this.shared());
    put('pages_unshared', () => this.count('unstable'));
    put('pages_volatile', () => this.known() - this.merged() - this.count('unstable'));
    put('full_scans', () => this.full);
    put('ksm_zero_pages', () => this.count('zero'));
    put('stable_node_chains', () => this.chained.size);
    put('stable_node_dups', () => this.dups());
    put('pages_skipped', () => this.skipped);
    put('pages_scanned', () => this.scanned);
    return counters;
  }

  private shared(): number {
    return [...this.nodes.values()].reduce((sum, same) => sum + same.length, 0);
  }

  private merged(): number {
    return this.pages.filter((page) => page.node !== undefined).length;
  }

  private known(): number {
    return this.pages.filter((page) => page.item !== 'none' && page.item !== 'zero').length;
  }

  private dups(): number {
    return [...this.chained].reduce((sum, each) => sum + (this.nodes.get(each)?.length ?? 0), 0);
  }

  private count(item: Page['item']): number {
    return this.pages.filter((page) => page.item === item).length;
  }

  /** What `ksm_stat` of a process with these pages says. */
  stat(pages: readonly Page[]): string {
    const items = pages.filter((page) => page.item !== 'none' && page.item !== 'zero').length;
    const zeros = pages.filter((page) => page.item === 'zero').length;
    const merging = pages.filter((page) => page.node !== undefined).length;
    const profit = (merging + zeros) * 4096 - items * 64;
    const yes = pages.some((page) => page.mergeable) ? 'yes' : 'no';
    return (
      `ksm_rmap_items ${items};ksm_zero_pages ${zeros};ksm_merging_pages ${merging};` +
      `ksm_process_profit ${profit};ksm_merge_any: no;ksm_mergeable: ${yes};`
    );
  }
}
