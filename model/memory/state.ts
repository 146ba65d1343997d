/**
 * The state of memory: what one host keeps about its frames, its swap area and the pages of its VMs,
 * and what each guest keeps about its own memory.
 *
 * Two translations meet here. The guest maps virtual pages to guest pages (`Guest.table`); the VMM
 * maps guest pages to frames (`HostPage.at`). A guest sees only the first: whether one of its pages
 * has a frame, lies in the swap area or was given back through the balloon is hidden from it. That
 * gap is what double paging, ballooning and page sharing live in.
 */
import {
  array,
  bool,
  enumOf,
  ghost,
  history,
  type Infer,
  index,
  int,
  option,
  record,
  ref,
  set,
  type View,
  variant,
} from '../../machine/index.ts';

export const vm = index('vm');
/**
 * Hosts between which VMs may move, with the storage that they share. A scope has one or none: where
 * it has none, what is kept for each cluster takes no room.
 */
export const cluster = index('cluster');
/** Whether VMs may move by post-copy: one where they may, else none. */
export const postcopy = index('postcopy');
/** A guest page: what the guest believes to be a page of physical memory. */
export const page = index('page', { within: vm });
/** A virtual page of a guest: an address space and a page number in it, as one id. */
export const virtual = index('virtual', { within: vm });
/** A page frame of the host's real memory. */
export const frame = index('frame');
/** A place for one page in the host's swap area. */
export const slot = index('slot');
/** A block of a guest's own disk that holds one page. */
export const block = index('block', { within: vm });
/** What a page may hold; 0 is the page of zeros. */
export const content = index('content', { ordered: true });
/** Pages are shared only among VMs of one salt. */
export const salt = index('salt');

/** The numbers that a scope gives this subsystem. Memory is counted in pages. */
export type MemorySizes = {
  readonly vm: number;
  readonly cluster: number;
  readonly postcopy: number;
  readonly page: number;
  readonly virtual: number;
  readonly frame: number;
  readonly slot: number;
  readonly block: number;
  readonly content: number;
  readonly salt: number;
  /** VMs that exist at the start, each of `page` pages. */
  readonly booted: number;
  /** 1: those VMs are backed by huge pages. */
  readonly huge: number;
  /** 1: admission reserves memory and swap (ESX); 0: it hopes (heuristic overcommitment). */
  readonly reserve: number;
  /** Frames that belong to the hypervisor itself. */
  readonly hypervisor: number;
  /** Frames that each VM costs besides its memory. */
  readonly overhead: number;
  /** Free frames that only an exchange may use, so that a swap-in can always be served. */
  readonly emergency: number;
  /** Pages without which a guest cannot run: a balloon leaves at least these. */
  readonly floor: number;
  /** Balloon units (4 KiB) in one guest page. */
  readonly units: number;
  /** Guest pages in one host page of a VM that is backed by huge pages. */
  readonly hostPage: number;
  /** Most pages in one message of the balloon driver. */
  readonly batch: number;
  /** Most pages that the balloon gives up when the guest runs out of memory. */
  readonly oomBatch: number;
  /** Most mappings of one shared frame. */
  readonly maxSharing: number;
  /** Distinct checksums; fewer than contents, so that checksums collide. */
  readonly hashes: number;
  /** 1: equal zero pages map the zero frame instead of sharing an ordinary one. */
  readonly useZero: number;
  /** 1: each VM starts with a salt of its own. */
  readonly salted: number;
  readonly pins: number;
  readonly shares: number;
  /** Most pages in one sample of the activity estimate. */
  readonly sample: number;
};
const allPages = (z: MemorySizes): number => z.vm * z.page;
const allUnits = (z: MemorySizes): number => z.page * z.units;

/** What a frame is used for. MEM-I1: exactly one use at a time. */
export const FrameUse = variant({
  free: { scrubbed: bool },
  private: { vm: ref(vm), page: ref(page) },
  shared: { salt: ref(salt) },
  overhead: { vm: ref(vm) },
  hypervisor: {},
});
export type FrameUse = Infer<typeof FrameUse>;

const Frame = record({
  use: FrameUse,
  content: ref(content),
  /** Mappings of a shared frame: the stored count, and the reverse map it must agree with. */
  references: int(allPages),
  sharers: array(vm, set(page)),
});

/** Where a guest page is, as the VMM sees it (the p2m entry). */
export const Backing = variant({
  unbacked: {},
  mapped: { frame: ref(frame) },
  zero: {},
  swapped: { slot: ref(slot) },
  ballooned: {},
  reported: {},
  special: { frame: ref(frame) },
  /** Still on the host that the VM came from. */
  missing: { by: ref(postcopy) },
});
export type Backing = Infer<typeof Backing>;

const HostPage = record({
  at: Backing,
  /** The VMM's own write permission: off while shared, and while a write must be noticed. */
  writable: bool,
  accessed: bool,
  dirty: bool,
  /** In the dirty log. */
  logged: bool,
  /** Devices (or the VMM) that hold the frame, and the frame that they hold. */
  pins: int('pins'),
  pinned: option(ref(frame)),
  /** The swap slot that a write-out in progress goes to. */
  writeback: option(ref(slot)),
  /** A swap slot that still holds the same bytes as the frame. */
  swapCopy: option(ref(slot)),
  /** The checksum at the last visit of the sharing scanner. */
  checksum: option(int((z: MemorySizes) => z.hashes - 1)),
});

/** Host side of a VM's balloon device. Targets and sizes are in balloon units inside the balloon. */
const BalloonDevice = record({
  target: int(allUnits),
  actual: int(allUnits),
  driver: enumOf('absent', 'ready', 'frozen'),
  mustTell: bool,
  deflateOnOom: bool,
  reporting: bool,
  poison: bool,
  poisonValue: ref(content),
  /** Discarding is inhibited: an assigned device relies on the memory behind every page. */
  inhibited: bool,
  /** Pages that the guest has told, and those of them that the host has taken back. */
  told: set(page),
  reclaimed: set(page),
  /** Who holds the one statistics buffer, and the free pages that it last told. */
  statistics: enumOf('none', 'guest', 'host'),
  reportedFree: int('page'),
});

const HostVm = record({
  state: enumOf('absent', 'running'),
  size: int('page'),
  reservation: int('page'),
  limit: int('page'),
  shares: int('shares'),
  /** What happens when a guest touches a page of its balloon. */
  mode: enumOf('refill', 'pop', 'fault'),
  huge: bool,
  mergeable: bool,
  salt: ref(salt),
  logging: enumOf('off', 'auto', 'manual'),
  /** The guest page that the VM's next instruction waits for. */
  stalled: option(ref(page)),
  /** The guest page in which the guest wants its record of stolen time. */
  record: option(ref(page)),
  /** Pages with a frame behind them, and swap slots in use: stored counts. */
  consumed: int('page'),
  slotsUsed: int('page'),
  sampled: set(page),
  active: int('page'),
  pages: array(page, HostPage),
  balloon: BalloonDevice,
  swapOuts: history(int(999_999)),
  swapIns: history(int(999_999)),
  doublePagings: history(int(999_999)),
});

const SwapSlot = record({
  use: variant({ free: {}, used: { vm: ref(vm), page: ref(page) } }),
  content: ref(content),
});

/** The page sharing scanner (KSM). */
const Sharing = record({
  run: enumOf('stop', 'run', 'unmerge'),
  /** Stored counters: shared frames, and mappings of them beyond the first. */
  shared: int('frame'),
  sharing: int(allPages),
  cursor: variant({ none: {}, page: { vm: ref(vm), page: ref(page) } }),
  /** Candidates of this scan: private pages by salt and by the content they had when inserted. */
  unstable: array(
    salt,
    array(content, variant({ none: {}, page: { vm: ref(vm), page: ref(page) } })),
  ),
  fullScans: history(int(999_999)),
});

export const hostMemory = record({
  frames: array(frame, Frame),
  freeFrames: int('frame'),
  /** The one frame of zeros, of the hypervisor's own memory. */
  zero: record({ content: ref(content), references: int(allPages) }),
  slots: array(slot, SwapSlot),
  freeSlots: int('slot'),
  sharing: Sharing,
  vms: array(vm, HostVm),
  /** VMs that do not run here: about to leave for another host of the cluster, or to arrive. */
  stopped: array(cluster, set(vm)),
});

/** What a guest keeps about its memory. It travels with the guest. */
export const guestMemory = record({
  table: array(
    virtual,
    variant({
      absent: {},
      present: { page: ref(page), writable: bool },
      paged: { block: ref(block) },
    }),
  ),
  /** What the guest uses each of its pages for. BAL-I2: exactly one use at a time. */
  use: array(
    page,
    enumOf('offline', 'free', 'used', 'ballooned', 'deflating', 'isolated', 'reserved', 'hinted'),
  ),
  disk: array(block, option(ref(content))),
  /** The balloon driver: pages in the balloon, and the messages under way to the host. */
  balloonPages: int('page'),
  inflating: set(page),
  deflating: set(page),
  reporting: set(page),
  /** The memory that the guest believes to have (MemTotal). BAL-I8. */
  managed: int('page'),
  /** Where the guest put its record of stolen time. */
  record: ghost(option(ref(page))),
  /** What the guest last wrote to each page, and where that means nothing any more. MEM-I7. */
  expected: ghost(array(page, ref(content))),
  unspecified: ghost(set(page)),
  /** All contents that this guest ever wrote. */
  written: ghost(set(content)),
  /** What each page held at the last harvest of the dirty log. MEM-T3. */
  harvested: ghost(array(page, ref(content))),
});

/** What the rules of this subsystem see: one host's memory, and the guests. */
export const memory = record({ host: hostMemory, guests: array(vm, guestMemory) });

export interface Memory extends Infer<typeof memory> {}
export interface HostMemory extends Infer<typeof hostMemory> {}
export interface GuestMemory extends Infer<typeof guestMemory> {}
export interface HostVm extends Infer<typeof HostVm> {}
export interface HostPage extends Infer<typeof HostPage> {}
export type MemoryView = View<Memory>;
