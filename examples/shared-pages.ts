/**
 * The reference model `shared-pages`: guests whose pages share host frames, with swapping and
 * ballooning. Small and exact, so that checkers can be compared: every tool that explores the same
 * configuration must report the same counts.
 */
import {
  array,
  choice,
  commandsOf,
  counter,
  ghost,
  guardsOf,
  type Infer,
  index,
  int,
  type Machine,
  propertiesOf,
  record,
  ref,
  type Scope,
  table,
  type View,
  variant,
} from '../machine/index.ts';

const vm = index('vm');
const page = index('page', { within: vm });
const frame = index('frame');
const slot = index('slot');

const Backing = variant({
  unmapped: {},
  mapped: { frame: ref(frame) },
  swapped: { slot: ref(slot) },
  ballooned: {},
});
/** Content 0 is none; a ghost remembers what the guest wrote last. */
const GuestPage = record({ at: Backing, expected: ghost(int('content')) });
const Guest = record({ pages: array(page, GuestPage), balloon: int('balloon') });
const Frame = record({
  content: int('content'),
  references: int((sizes: SharedPagesSizes) => sizes.vm * sizes.page),
});
const sharedPagesShape = record({
  guests: array(vm, Guest),
  frames: array(frame, Frame),
  slots: array(slot, record({ content: int('content') })),
  free: counter(int('frame')),
});
export interface SharedPages extends Infer<typeof sharedPagesShape> {}
type State = View<SharedPages>;

export type SharedPagesSizes = Readonly<
  Record<'vm' | 'page' | 'frame' | 'content' | 'slot' | 'balloon', number>
>;
interface SharedPagesModel {
  readonly state: SharedPages;
  readonly sizes: SharedPagesSizes;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<SharedPagesModel>();
const guard = guardsOf<SharedPagesModel>();

const where = { vm: ref(vm), page: ref(page) };
const content = int('content', 1);

type Where = { readonly vm: number; readonly page: number };
const pageOf = (state: State, { vm, page }: Where) => state.guests.at(vm).pages.at(page);
/** The frame that a page is mapped to, or null. */
const frameOf = (state: State, a: Where) => {
  const at = pageOf(state, a).at;
  return at.kind === 'mapped' ? state.frames.at(at.frame) : null;
};

const notMapped = guard('not-mapped', where, (s, a) => frameOf(s, a) === null);
const shared = guard('shared', where, (s, a) => frameOf(s, a)?.references !== 1);
const sameContent = guard(
  'same-content',
  { ...where, content },
  (s, a) => frameOf(s, a)?.content === a.content,
);
const frameInUse = guard(
  'frame-in-use',
  { frame: ref(frame) },
  (s, a) => s.frames.at(a.frame).references !== 0,
);

/** The first access of a page takes a free frame. */
const touch = command({
  actor: 'guest',
  summary: 'A guest touches an unmapped page and is given a free frame.',
  args: { ...where, frame: choice(ref(frame)), content },
  requires: [
    ['page-in-use', ['vm', 'page'], (s, a) => pageOf(s, a).at.kind !== 'unmapped'],
    frameInUse,
  ],
  effect(d, a) {
    const touched = d.guests.at(a.vm).pages.at(a.page);
    const frame = d.frames.at(a.frame);
    frame.content = a.content;
    frame.references = 1;
    d.free--;
    touched.at = { kind: 'mapped', frame: a.frame };
    touched.expected = a.content;
  },
});

const write = command({
  actor: 'guest',
  summary: 'A guest writes a page that it alone maps.',
  args: { ...where, content },
  requires: [notMapped, shared, sameContent],
  effect(d, a) {
    const written = d.guests.at(a.vm).pages.at(a.page);
    if (written.at.kind !== 'mapped') return;
    d.frames.at(written.at.frame).content = a.content;
    written.expected = a.content;
  },
});

const breakShare = command({
  actor: 'guest',
  summary: 'A guest writes a shared page and is given a copy of its own.',
  args: { ...where, frame: choice(ref(frame)), content },
  requires: [
    notMapped,
    ['not-shared', ['vm', 'page'], (s, a) => (frameOf(s, a)?.references ?? 0) <= 1],
    sameContent,
    frameInUse,
  ],
  effect(d, a) {
    const written = d.guests.at(a.vm).pages.at(a.page);
    if (written.at.kind !== 'mapped') return;
    d.frames.at(written.at.frame).references--;
    const copy = d.frames.at(a.frame);
    copy.content = a.content;
    copy.references = 1;
    d.free--;
    written.at = { kind: 'mapped', frame: a.frame };
    written.expected = a.content;
  },
});

const dedup = command({
  actor: 'daemon',
  summary: 'Two frames of equal content become one.',
  args: { kept: choice(ref(frame)), freed: choice(ref(frame)) },
  requires: [
    ['same-frame', ['kept', 'freed'], (_, a) => a.kept === a.freed],
    ['frame-free', ['kept'], (s, a) => s.frames.at(a.kept).content === 0],
    [
      'content-differs',
      ['kept', 'freed'],
      (s, a) => s.frames.at(a.kept).content !== s.frames.at(a.freed).content,
    ],
  ],
  effect(d, a) {
    for (const guest of d.guests) {
      for (const page of guest.pages) {
        if (page.at.kind === 'mapped' && page.at.frame === a.freed) {
          page.at = { kind: 'mapped', frame: a.kept };
        }
      }
    }
    const freed = d.frames.at(a.freed);
    d.frames.at(a.kept).references += freed.references;
    freed.references = 0;
    freed.content = 0;
    d.free++;
  },
});

const swapOut = command({
  actor: 'host',
  summary: 'A page that one guest maps moves from its frame to a free slot.',
  args: { ...where, slot: choice(ref(slot)) },
  requires: [
    notMapped,
    shared,
    ['slot-in-use', ['slot'], (s, a) => s.slots.at(a.slot).content !== 0],
  ],
  effect(d, a) {
    const out = d.guests.at(a.vm).pages.at(a.page);
    if (out.at.kind !== 'mapped') return;
    const from = d.frames.at(out.at.frame);
    d.slots.at(a.slot).content = from.content;
    from.content = 0;
    from.references = 0;
    d.free++;
    out.at = { kind: 'swapped', slot: a.slot };
  },
});

const swapIn = command({
  actor: 'host',
  summary: 'A swapped page moves from its slot to a free frame.',
  args: { ...where, frame: choice(ref(frame)) },
  requires: [
    ['not-swapped', ['vm', 'page'], (s, a) => pageOf(s, a).at.kind !== 'swapped'],
    frameInUse,
  ],
  effect(d, a) {
    const back = d.guests.at(a.vm).pages.at(a.page);
    if (back.at.kind !== 'swapped') return;
    const from = d.slots.at(back.at.slot);
    const to = d.frames.at(a.frame);
    to.content = from.content;
    to.references = 1;
    from.content = 0;
    d.free--;
    back.at = { kind: 'mapped', frame: a.frame };
  },
});

const inflate = command({
  actor: 'guest',
  summary: 'A guest gives a page to its balloon; what backed the page is dropped.',
  args: where,
  requires: [
    ['ballooned', ['vm', 'page'], (s, a) => pageOf(s, a).at.kind === 'ballooned'],
    ['balloon-full', ['vm'], (s, a, { size }) => s.guests.at(a.vm).balloon >= size.balloon],
  ],
  effect(d, a) {
    const guest = d.guests.at(a.vm);
    const given = guest.pages.at(a.page);
    if (given.at.kind === 'mapped') {
      const frame = d.frames.at(given.at.frame);
      frame.references--;
      if (frame.references === 0) {
        frame.content = 0;
        d.free++;
      }
    }
    if (given.at.kind === 'swapped') d.slots.at(given.at.slot).content = 0;
    given.at = { kind: 'ballooned' };
    given.expected = 0;
    guest.balloon++;
  },
});

const deflate = command({
  actor: 'guest',
  summary: 'A guest takes a page back from its balloon.',
  args: where,
  requires: [['not-ballooned', ['vm', 'page'], (s, a) => pageOf(s, a).at.kind !== 'ballooned']],
  effect(d, a) {
    const guest = d.guests.at(a.vm);
    guest.pages.at(a.page).at = { kind: 'unmapped' };
    guest.balloon--;
  },
});

const commands = { touch, write, breakShare, dedup, swapOut, swapIn, inflate, deflate };

const scope = (name: string, purpose: string, sizes: SharedPagesSizes): Scope => ({
  name,
  purpose,
  sizes,
});
const scopes = {
  small: scope('small', 'Fits a unit test: 5,307 states and 53,560 steps, 7 deep.', {
    vm: 2,
    page: 2,
    frame: 3,
    content: 2,
    slot: 1,
    balloon: 1,
  }),
  medium: scope('medium', 'A second of search: 232,905 states and 2,835,384 steps, 11 deep.', {
    vm: 3,
    page: 2,
    frame: 3,
    content: 2,
    slot: 1,
    balloon: 1,
  }),
  large: scope('large', 'Compares checkers: 2,149,627 states and 37,608,180 steps, 11 deep.', {
    vm: 3,
    page: 2,
    frame: 4,
    content: 2,
    slot: 2,
    balloon: 1,
  }),
};

export const sharedPages: Machine<SharedPages, typeof commands> & {
  readonly scopes: typeof scopes;
} = {
  name: 'shared-pages',
  version: 1,
  shape: sharedPagesShape,
  commands,
  operations: {},
  initial: (sizes: SharedPagesSizes) => ({
    guests: table(sizes, vm, () => ({
      pages: table(sizes, page, () => ({ at: { kind: 'unmapped' }, expected: 0 })),
      balloon: 0,
    })),
    frames: table(sizes, frame, () => ({ content: 0, references: 0 })),
    slots: table(sizes, slot, () => ({ content: 0 })),
    free: sizes.frame,
  }),
  scopes,
};

const { invariant } = propertiesOf<SharedPagesModel>();

/** How many pages map a frame. */
function mappings(state: State, frame: number): number {
  let count = 0;
  for (const guest of state.guests) {
    for (const { at } of guest.pages) if (at.kind === 'mapped' && at.frame === frame) count++;
  }
  return count;
}
/** How many pages are swapped to a slot. */
function swappedTo(state: State, slot: number): number {
  let count = 0;
  for (const guest of state.guests) {
    for (const { at } of guest.pages) if (at.kind === 'swapped' && at.slot === slot) count++;
  }
  return count;
}

export const sharedPagesProperties = [
  invariant({
    id: 'references',
    name: 'a frame counts as many references as pages map it',
    violation(s) {
      for (let frame = 0; frame < s.frames.length; frame++) {
        const { references } = s.frames.at(frame);
        const mapped = mappings(s, frame);
        if (mapped === references) continue;
        return `frame ${frame} counts ${references} references but ${mapped} pages map it`;
      }
      return null;
    },
  }),
  invariant({
    id: 'content',
    name: 'a frame has content exactly when it is referenced',
    violation(s) {
      for (let frame = 0; frame < s.frames.length; frame++) {
        const { content, references } = s.frames.at(frame);
        if ((content !== 0) === (references !== 0)) continue;
        return `frame ${frame} has content ${content} and ${references} references`;
      }
      return null;
    },
  }),
  invariant({
    id: 'free',
    name: 'the free count is the number of unreferenced frames',
    violation(s) {
      let free = 0;
      for (const { references } of s.frames) if (references === 0) free++;
      return free === s.free ? null : `${free} frames are free but the count says ${s.free}`;
    },
  }),
  invariant({
    id: 'balloon',
    name: 'a balloon has the size of its pages and stays within its limit',
    violation(s, size) {
      for (let vm = 0; vm < s.guests.length; vm++) {
        const { balloon, pages } = s.guests.at(vm);
        let inside = 0;
        for (const { at } of pages) if (at.kind === 'ballooned') inside++;
        if (inside === balloon && balloon <= size.balloon) continue;
        return `the balloon of vm ${vm} says ${balloon} of ${size.balloon} but holds ${inside}`;
      }
      return null;
    },
  }),
  invariant({
    id: 'preserved',
    name: 'a mapped page reads what its guest wrote last',
    violation(s) {
      for (let vm = 0; vm < s.guests.length; vm++) {
        const { pages } = s.guests.at(vm);
        for (let page = 0; page < pages.length; page++) {
          const { at, expected } = pages.at(page);
          if (at.kind !== 'mapped') continue;
          const { content } = s.frames.at(at.frame);
          if (content === expected) continue;
          return `page ${page} of vm ${vm} reads ${content} but wrote ${expected}`;
        }
      }
      return null;
    },
  }),
  invariant({
    id: 'slots',
    name: 'a slot is used exactly when one page is swapped to it',
    violation(s) {
      for (let slot = 0; slot < s.slots.length; slot++) {
        const { content } = s.slots.at(slot);
        const swapped = swappedTo(s, slot);
        if (swapped === (content === 0 ? 0 : 1)) continue;
        return `slot ${slot} has content ${content} and ${swapped} pages swapped to it`;
      }
      return null;
    },
  }),
];
