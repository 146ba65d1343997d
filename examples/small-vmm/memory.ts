/**
 * The memory manager of a small VMM: a system under test, written without the model.
 *
 * Frames and swap blocks come from free lists; every frame knows who maps it (its reverse map), and
 * a guest page that was never touched has no entry at all. Nothing here is checked twice or kept for
 * the sake of a check: that is the model's business.
 */

export interface SmallVmmConfig {
  readonly frames: number;
  readonly blocks: number;
  /** Frames that the hypervisor keeps for itself, and that each VM costs. */
  readonly hypervisor: number;
  readonly overhead: number;
  /** Free frames that ordinary allocations leave alone. */
  readonly emergency: number;
  readonly maxSharers: number;
}

/** Bugs that can be switched on, to see what finds them. */
export const smallVmmBugs = [
  /** The end of a write-out does not look whether the page was written meanwhile. */
  'lost-write',
  /** A copy on write leaves the copied page in the reverse map of the shared frame. */
  'stale-reverse-map',
  /** A frame goes to its next owner as the last one left it. */
  'not-cleared',
] as const;
export type SmallVmmBug = (typeof smallVmmBugs)[number];

/** Why an operation was refused. */
export class Refusal extends Error {}

interface Frame {
  readonly address: number;
  value: number;
  /** The entries that map it. Sharing makes it read-only. */
  readonly mappers: Set<Entry>;
  shared: boolean;
}
interface Block {
  readonly number: number;
  value: number;
}
/** A guest page that something is behind. */
interface Entry {
  frame: Frame | null;
  block: Block | null;
  /** Where a write-out in progress goes, and whether the page was written since it began. */
  target: Block | null;
  written: boolean;
}
interface Vm {
  readonly size: number;
  readonly huge: boolean;
  readonly overhead: readonly Frame[];
  readonly entries: Map<number, Entry>;
  /** The guest's own page table. */
  readonly table: Map<number, { readonly page: number; readonly writable: boolean }>;
  waitsFor: number | null;
}

/** What an access came to. */
export type Access =
  | { readonly done: number; readonly page: number }
  | { readonly waits: 'populate' | 'swap-in' | 'break-share'; readonly page: number }
  | { readonly fault: true };

const pageBytes = 4096;

export class SmallVmm {
  private readonly config: SmallVmmConfig;
  private readonly bugs: ReadonlySet<SmallVmmBug>;
  private readonly clean: Frame[];
  private readonly dirty: Frame[] = [];
  private readonly blocks: Block[];
  private readonly vms = new Map<string, Vm>();

  constructor(config: SmallVmmConfig, bugs: readonly SmallVmmBug[] = []) {
    this.config = config;
    this.bugs = new Set(bugs);
    this.clean = Array.from({ length: config.frames - config.hypervisor }, (_, i) => ({
      address: (i + config.hypervisor) * pageBytes,
      value: 0,
      mappers: new Set(),
      shared: false,
    }));
    this.blocks = Array.from({ length: config.blocks }, (_, number) => ({ number, value: 0 }));
  }

  get freeFrames(): number {
    return this.clean.length + this.dirty.length;
  }
  get freeBlocks(): number {
    return this.blocks.length;
  }
  get names(): readonly string[] {
    return [...this.vms.keys()];
  }

  /** Admits a VM when its reservation fits in memory and the rest of it in swap. */
  create(name: string, size: number, reservation: number, huge: boolean): readonly number[] {
    if (this.vms.has(name)) throw new Refusal('vm-exists');
    if (reservation > size) throw new Refusal('reservation-above-size');
    const { frames, hypervisor, emergency, overhead, blocks } = this.config;
    const promised = [...this.reserved.values()];
    const memory = promised.reduce((sum, each) => sum + each.reservation + overhead, 0);
    if (hypervisor + emergency + memory + reservation + overhead > frames) {
      throw new Refusal('admission-memory');
    }
    const swap = promised.reduce((sum, each) => sum + each.swap, 0);
    if (swap + size - reservation > blocks) throw new Refusal('admission-swap');
    if (this.freeFrames - overhead < emergency) throw new Refusal('no-free-frame');
    const own = Array.from({ length: overhead }, () => this.anyFrame());
    this.reserved.set(name, { reservation, swap: size - reservation });
    const vm = { size, huge, overhead: own, entries: new Map(), table: new Map(), waitsFor: null };
    this.vms.set(name, vm);
    return own.map(({ address }) => address);
  }
  private readonly reserved = new Map<string, { reservation: number; swap: number }>();

  destroy(name: string): void {
    const vm = this.vm(name);
    for (const entry of vm.entries.values()) {
      if (entry.frame !== null) this.unmapFrame(entry);
      for (const block of [entry.block, entry.target]) if (block !== null) this.blocks.push(block);
    }
    this.dirty.push(...vm.overhead);
    this.vms.delete(name);
    this.reserved.delete(name);
  }

  map(name: string, at: number, page: number, writable: boolean): void {
    const vm = this.running(name);
    this.inRange(vm, page);
    if (vm.table.has(at)) throw new Refusal('already-mapped');
    vm.table.set(at, { page, writable });
  }

  unmap(name: string, at: number): void {
    const vm = this.running(name);
    if (!vm.table.delete(at)) throw new Refusal('not-mapped-by-guest');
  }

  read(name: string, at: number): Access {
    const vm = this.running(name);
    const translation = vm.table.get(at);
    if (translation === undefined) return { fault: true };
    const { page } = translation;
    const entry = vm.entries.get(page);
    if (entry === undefined) return this.wait(vm, page, 'populate');
    if (entry.frame === null) return this.wait(vm, page, 'swap-in');
    return { done: entry.frame.value, page };
  }

  write(name: string, at: number, value: number): Access {
    const vm = this.running(name);
    const translation = vm.table.get(at);
    if (translation === undefined || !translation.writable) return { fault: true };
    const { page } = translation;
    const entry = vm.entries.get(page);
    if (entry === undefined) return this.wait(vm, page, 'populate');
    if (entry.frame === null) return this.wait(vm, page, 'swap-in');
    if (entry.frame.mappers.size > 1) return this.wait(vm, page, 'break-share');
    entry.frame.shared = false;
    entry.frame.value = value;
    entry.written = true;
    return { done: value, page };
  }

  /** The VMM writes into guest memory itself. */
  poke(name: string, page: number, value: number): void {
    const vm = this.vm(name);
    this.inRange(vm, page);
    const frame = vm.entries.get(page)?.frame ?? null;
    if (frame === null) throw new Refusal('not-mapped');
    if (frame.shared) throw new Refusal('shared-page');
    frame.value = value;
    (vm.entries.get(page) as Entry).written = true;
  }

  /** Gives a page that was never touched a frame; returns its address. */
  populate(name: string, page: number): number {
    const vm = this.vm(name);
    this.inRange(vm, page);
    if (vm.entries.has(page)) throw new Refusal('page-in-use');
    const frame = this.cleanFrame();
    vm.entries.set(page, { frame, block: null, target: null, written: false });
    frame.mappers.add(vm.entries.get(page) as Entry);
    this.wake(vm, page);
    return frame.address;
  }

  /** Clears one free frame; returns its address. */
  scrub(): number {
    const frame = this.dirty.shift();
    if (frame === undefined) throw new Refusal('already-scrubbed');
    if (!this.bugs.has('not-cleared')) frame.value = 0;
    this.clean.push(frame);
    return frame.address;
  }

  /** Begins to write a page out; returns the block that it goes to. */
  beginWriteOut(name: string, page: number): number {
    const vm = this.vm(name);
    this.inRange(vm, page);
    const entry = vm.entries.get(page);
    if (entry === undefined || entry.frame === null) throw new Refusal('not-mapped');
    if (entry.frame.shared) throw new Refusal('shared-page');
    if (entry.target !== null) throw new Refusal('page-busy');
    if (this.blocks.length === 0) throw new Refusal('swap-full');
    const used = [...vm.entries.values()].filter((e) => e.block !== null || e.target !== null);
    if (used.length >= (this.reserved.get(name)?.swap ?? 0)) throw new Refusal('swap-quota');
    const block = this.blocks.shift() as Block;
    block.value = entry.frame.value;
    entry.target = block;
    entry.written = false;
    return block.number;
  }

  /** Ends a write-out; true when the page stays, because it was written meanwhile. */
  endWriteOut(name: string, page: number): boolean {
    const vm = this.vm(name);
    this.inRange(vm, page);
    const entry = vm.entries.get(page);
    if (entry === undefined || entry.target === null) throw new Refusal('not-in-writeback');
    const { target } = entry;
    entry.target = null;
    if (entry.written && !this.bugs.has('lost-write')) {
      this.blocks.push(target);
      return true;
    }
    this.unmapFrame(entry);
    entry.block = target;
    return false;
  }

  /** Reads a page back; returns the address of its frame. */
  swapIn(name: string, page: number): number {
    const vm = this.vm(name);
    this.inRange(vm, page);
    const entry = vm.entries.get(page);
    if (entry === undefined || entry.block === null) throw new Refusal('not-swapped');
    const frame = this.cleanFrame();
    frame.value = entry.block.value;
    this.blocks.push(entry.block);
    entry.block = null;
    this.mapFrame(entry, frame);
    entry.written = false;
    this.wake(vm, page);
    return frame.address;
  }

  /** Maps a page to the frame of another page that holds the same; returns that frame's address. */
  merge(name: string, page: number): number {
    const vm = this.vm(name);
    this.inRange(vm, page);
    if (vm.huge) throw new Refusal('not-sharable');
    const entry = vm.entries.get(page);
    if (entry === undefined || entry.frame === null || entry.frame.shared) {
      throw new Refusal('not-mapped');
    }
    if (entry.target !== null) throw new Refusal('page-busy');
    const twin = this.twinOf(entry, entry.frame.value);
    this.unmapFrame(entry);
    twin.shared = true;
    this.mapFrame(entry, twin);
    return twin.address;
  }

  private twinOf(entry: Entry, value: number): Frame {
    let reason = 'no-candidate';
    for (const vm of this.vms.values()) {
      for (const other of vm.huge ? [] : vm.entries.values()) {
        const { frame, target } = other;
        if (other === entry || frame === null || target !== null) continue;
        if (frame.mappers.size >= this.config.maxSharers) reason = 'share-full';
        else if (frame.value === value) return frame;
        else reason = 'content-differs';
      }
    }
    throw new Refusal(reason);
  }

  /** Gives a page that shares a frame one of its own; returns its address. */
  breakShare(name: string, page: number): number {
    const vm = this.vm(name);
    const entry = this.sharing(vm, page);
    if (entry.frame.mappers.size === 1) throw new Refusal('last-reference');
    const copy = this.cleanFrame();
    const { frame } = entry;
    copy.value = frame.value;
    if (!this.bugs.has('stale-reverse-map')) frame.mappers.delete(entry);
    this.mapFrame(entry, copy);
    entry.written = false;
    this.wake(vm, page);
    return copy.address;
  }

  /** The last page that maps a shared frame owns it again. */
  ownAgain(name: string, page: number): void {
    const vm = this.vm(name);
    const entry = this.sharing(vm, page);
    if (entry.frame.mappers.size > 1) throw new Refusal('not-last-reference');
    entry.frame.shared = false;
    this.wake(vm, page);
  }

  /** What a page is, for whoever watches: its frame's address, its block, or nothing behind it. */
  look(name: string, page: number): { readonly frame: number } | { readonly block: number } | null {
    const entry = this.vm(name).entries.get(page);
    if (entry === undefined) return null;
    if (entry.frame !== null) return { frame: entry.frame.address };
    return { block: entry.block?.number ?? -1 };
  }
  sizeOf(name: string): number {
    return this.vm(name).size;
  }

  private vm(name: string): Vm {
    const vm = this.vms.get(name);
    if (vm === undefined) throw new Refusal('no-such-vm');
    return vm;
  }
  private running(name: string): Vm {
    const vm = this.vm(name);
    if (vm.waitsFor !== null) throw new Refusal('vm-stalled');
    return vm;
  }
  private inRange(vm: Vm, page: number): void {
    if (page >= vm.size) throw new Refusal('out-of-range');
  }
  private sharing(vm: Vm, page: number): Entry & { frame: Frame } {
    this.inRange(vm, page);
    const entry = vm.entries.get(page);
    if (entry === undefined || entry.frame === null || !entry.frame.shared) {
      throw new Refusal('not-shared');
    }
    return entry as Entry & { frame: Frame };
  }
  private wait(vm: Vm, page: number, waits: 'populate' | 'swap-in' | 'break-share'): Access {
    vm.waitsFor = page;
    return { waits, page };
  }
  private wake(vm: Vm, page: number): void {
    if (vm.waitsFor === page) vm.waitsFor = null;
  }
  private mapFrame(entry: Entry, frame: Frame): void {
    entry.frame = frame;
    frame.mappers.add(entry);
  }
  /** The entry leaves its frame, which is free when nothing maps it any more. */
  private unmapFrame(entry: Entry): void {
    const { frame } = entry;
    entry.frame = null;
    if (frame === null) return;
    frame.mappers.delete(entry);
    if (frame.mappers.size > 0) return;
    frame.shared = false;
    this.dirty.push(frame);
  }
  private cleanFrame(): Frame {
    if (this.freeFrames <= this.config.emergency) throw new Refusal('no-free-frame');
    const frame = this.clean.shift();
    if (frame === undefined) throw new Refusal('frame-not-scrubbed');
    return frame;
  }
  /** Memory that no guest sees need not be clean. */
  private anyFrame(): Frame {
    const frame = this.dirty.shift() ?? this.clean.shift();
    if (frame === undefined) throw new Refusal('no-free-frame');
    return frame;
  }
}
