/** A host of the memory model whose VMs stand for processes that Linux may merge pages of. */
import type { AnyEvent, Call, InPlace, Machine } from '../../../machine/index.ts';
import { contentOf, scopes, sharedFrame, type Vmm, type VmmSizes } from '../../../model/index.ts';
import { type Layout, originalKey, pageCount } from '../../../oracle/transcripts/ksm/population.ts';
import { compiledHost } from './compiledHosts.ts';

export const PROCESSES = 3;
export const PAGES = 5;
const SEEDS = 3;
/** First words: as the process began, two that it is told to write, those of a mass rewrite. */
export const WORDS = { own: 0, told: [1, 2], alike: 3, apart: 4 } as const;
const WORD_COUNT: number = WORDS.apart + PROCESSES;
/** Zero, two common ones, identical ones by process, unique ones by seed and process. */
const ORIGINALS: number = 3 + PROCESSES + SEEDS * PROCESSES;

/** What a run is about. */
export interface Setting {
  readonly limit: number;
  readonly useZero: boolean;
  /** Identical pages of different processes are equal; so are unique pages of one seed. */
  readonly alike: boolean;
  /** The daemon maps to a frame of equal content itself, where a visit would. */
  readonly direct: boolean;
  /** Contents may share a checksum. */
  readonly collide: boolean;
}

function sizesOf({ limit, useZero, collide }: Setting): VmmSizes {
  const content = ORIGINALS * WORD_COUNT;
  return {
    ...scopes.tiny.sizes,
    vm: PROCESSES,
    page: PAGES,
    virtual: PAGES,
    frame: PROCESSES * PAGES + 2,
    content,
    hashes: collide ? 2 : content,
    salt: 1,
    reserve: 0,
    emergency: 0,
    maxSharing: limit,
    useZero: useZero ? 1 : 0,
  };
}

/** A page of a process. */
export interface At {
  readonly vm: number;
  readonly page: number;
}

/** Processes by number; one of a number lives or not. */
export class ProjectedProcesses {
  readonly layouts: Map<number, Layout> = new Map();
  readonly setting: Setting;
  private readonly state: Vmm;
  private readonly host: InPlace<Vmm>;

  constructor(machine: Machine<Vmm>, setting: Setting) {
    this.setting = setting;
    const purpose = 'processes that merge pages';
    this.host = compiledHost(machine, { name: 'ksm', purpose, sizes: sizesOf(setting) });
    this.state = this.host.initial();
  }

  get memory() {
    const { memory, guests } = this.state.hosts.at(0);
    return { host: memory, guests };
  }

  /** Gives a command to the model; its events, or the code of its refusal. */
  attempt(kind: string, args: Call['args']): readonly AnyEvent[] | string {
    const step = this.host.step(this.state, { kind: `memory.${kind}`, args: { host: 0, ...args } });
    return step.ok ? step.events : step.rejection.code;
  }

  does(kind: string, args: Call['args']): readonly AnyEvent[] {
    const found = this.attempt(kind, args);
    if (typeof found === 'string') throw new Error(`${kind} is refused: ${found}`);
    return found;
  }

  private freeFrame(): number {
    const { frames } = this.memory.host;
    const frame = frames.findIndex(({ use }) => use.kind === 'free');
    this.attempt('scrub', { frame });
    return frame;
  }

  /** A process that fills its pages; it has not asked for merging yet. */
  start(vm: number, layout: Layout): void {
    const size = pageCount(layout);
    const made = { size, reservation: 1, mode: 'refill', huge: false, overhead: [] };
    this.does('create-vm', { vm, ...made });
    this.does('set-mergeable', { vm, mergeable: false });
    this.layouts.set(vm, layout);
    for (let page = 0; page < size; page += 1) {
      this.does('map', { vm, virtual: page, page, writable: true });
      this.store({ vm, page }, WORDS.own);
    }
  }

  exit(vm: number): void {
    this.does('destroy-vm', { vm });
    this.layouts.delete(vm);
  }

  isMergeable(vm: number): boolean {
    return this.memory.host.vms.at(vm).mergeable;
  }

  /** The pages of a process. */
  pagesOf(vm: number): At[] {
    const layout = this.layouts.get(vm);
    if (layout === undefined) return [];
    return [...Array(pageCount(layout)).keys()].map((page) => ({ vm, page }));
  }

  get pages(): At[] {
    return [...this.layouts.keys()].flatMap((vm) => this.pagesOf(vm));
  }

  /** Gives a page a frame of its own, if it has a shared one. */
  unshare(at: At): void {
    const last = this.attempt('break-last', { ...at });
    if (last !== 'not-shared' && last !== 'not-last-reference') return;
    this.attempt('break-share', { ...at, frame: this.freeFrame() });
  }

  /** Stores a first word. */
  store(at: At, word: number): void {
    const content = this.original(at) * WORD_COUNT + word;
    for (;;) {
      const [event] = this.does('write', { vm: at.vm, virtual: at.page, content });
      if (event?.type !== 'stalled') return;
      const need = event.wait === 'populate' ? 'populate' : 'break-share';
      this.does(need, { ...at, frame: this.freeFrame() });
    }
  }

  private original({ vm, page }: At): number {
    const layout = this.layouts.get(vm);
    if (layout === undefined) throw new Error(`no process ${vm}`);
    const [kind, first] = originalKey(layout, page).split(' ');
    const apart = this.setting.alike ? 0 : vm;
    if (kind === 'zero') return 0;
    if (kind === 'common') return 1 + Number(first);
    if (kind === 'identical') return 3 + apart;
    return 3 + PROCESSES + (layout.seed - 1) * PROCESSES + apart;
  }

  backing({ vm, page }: At) {
    return this.memory.host.vms.at(vm).pages.at(page).at;
  }

  isMerged(at: At): boolean {
    return sharedFrame(this.memory, at) !== null;
  }

  isZero(at: At): boolean {
    return this.backing(at).kind === 'zero';
  }

  /** The page is as its process began. */
  isOriginal(at: At): boolean {
    return contentOf(this.memory, at) % WORD_COUNT === WORDS.own;
  }

  /** The first word of a page, 16 hexadecimal digits. Words that are written are equal everywhere. */
  word(at: At): string {
    const content = contentOf(this.memory, at);
    const word = content % WORD_COUNT;
    const own = content === 0 ? 0 : 1_000 + content;
    return (word === WORDS.own ? own : word).toString(16).padStart(16, '0');
  }

  frame(at: At): string {
    const backing = this.backing(at);
    return backing.kind === 'mapped' ? `${backing.frame}` : 'zero';
  }

  /** The page holds what it held when the scanner saw it last. */
  isUnchanged(at: At): boolean {
    const { hashes } = sizesOf(this.setting);
    const { checksum } = this.memory.host.vms.at(at.vm).pages.at(at.page);
    return checksum === contentOf(this.memory, at) % hashes;
  }
}
