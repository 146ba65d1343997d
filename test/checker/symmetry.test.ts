import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Symmetry, selfTest, symmetryOf } from '../../checker/index.ts';
import {
  type SharedPages,
  sharedPages,
  sharedPagesProperties,
} from '../../examples/shared-pages.ts';
import { vmmProperties } from '../../invariants/index.ts';
import {
  array,
  bool,
  type Call,
  changeCommand,
  index,
  initialState,
  type Machine,
  option,
  type Property,
  packed,
  type RecordShape,
  record,
  ref,
  type Scope,
  type Sizes,
  type View,
  variant,
} from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import { permutations, permute } from './permute.ts';
import { randomSymmetries, stateOf } from './random-symmetry.ts';

const { small, large } = sharedPages.scopes;
// Cast: the machine of a model, as the tools see any machine.
const anyPages = sharedPages as unknown as Machine;
const layoutOf = (machine: Machine, scope: Scope) => packed(machine, scope).layout;

type Canonical = Symmetry['canonical'];

/** Counts the canonical forms that a search meets, and its steps. */
function explore(machine: Machine, scope: Scope, canonical: Canonical) {
  const host = packed(machine, scope);
  const found = new Map<string, Int32Array>();
  const add = (): void => {
    const form = host.words.slice();
    canonical(host.words, 0, form, 0);
    const key = form.join();
    if (!found.has(key)) found.set(key, form);
  };
  host.write(initialState(machine, scope.sizes));
  add();
  let generated = 0;
  for (const form of found.values()) {
    host.load(form, 0);
    host.steps(() => {
      generated++;
      add();
      return false;
    });
  }
  return { distinct: found.size, generated };
}

test('the reference model has the counts of other checkers under symmetry', () => {
  const count = (scope: Scope) =>
    explore(anyPages, scope, symmetryOf(anyPages, scope, layoutOf(anyPages, scope)).canonical);
  expect(count(small)).toEqual({ distinct: 201, generated: 2214 });
  expect(count(large)).toEqual({ distinct: 2792, generated: 53_905 });
});

/**
 * What is wrong with a canonical form on the orbit of a state, found by trying every permutation: it
 * must be one of the orbit, and the same for all of it.
 */
function faultOf(
  machine: Machine,
  scope: Scope,
  sets: Symmetry['sets'],
  canonical: Canonical,
  state: unknown,
): string | null {
  const host = packed(machine, scope);
  const forms = new Set<string>();
  const orbit = new Set<string>();
  for (const permutation of permutations(sets)) {
    host.write(permute(machine.shape, scope.sizes, state, permutation));
    orbit.add(host.words.join());
    const form = new Int32Array(host.words.length + 2);
    const from = Int32Array.of(7, ...host.words);
    canonical(from, 1, form, 1);
    expect([form[0], form.at(-1)]).toEqual([0, 0]);
    forms.add(form.slice(1, -1).join());
  }
  const [form] = forms;
  if (forms.size > 1) return `${forms.size} forms in an orbit of ${orbit.size}`;
  return orbit.has(form as string) ? null : 'the form is not in the orbit';
}

type Guest = SharedPages['guests'][0];
type Page = Guest['pages'][0];
/** In the order of a text; equal ones stay as they are. */
const by =
  <X>(text: (x: X) => string) =>
  (a: X, b: X): number =>
    text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0;

const scopeOf = (sizes: Sizes): Scope => ({ name: 'random', purpose: 'A test.', sizes });
const varieties = fc.tuple(fc.integer({ min: 2, max: 4 }), fc.nat());

test('a canonical form is one of the orbit, and the same for all of it', {
  timeout: 300_000,
}, () => {
  let permuted = 0;
  fc.assert(
    fc.property(
      randomSymmetries,
      fc.array(varieties, { minLength: 4, maxLength: 4 }),
      (made, seeds) => {
        const { machine, sizes } = made;
        const scope = scopeOf(sizes);
        const { sets, left, canonical } = symmetryOf(machine, scope, layoutOf(machine, scope));
        permuted += sets.length;
        for (const [name, reason] of left) {
          expect([name, reason]).toEqual([
            name,
            name === 'day' ? 'is ordered' : 'has no two members',
          ]);
        }
        for (const [variety, seed] of seeds) {
          const state = stateOf(machine.shape, sizes, variety, seed);
          expect(faultOf(machine, scope, sets, canonical, state)).toBe(null);
        }
      },
    ),
    { numRuns: 80 },
  );
  expect(permuted).toBeGreaterThan(60);
});

/** Three houses of two rooms; a room may have a door to another one. */
const house = index('house');
const room = index('room', { within: house });
const doors = record({
  houses: array(
    house,
    record({
      rooms: array(room, variant({ closed: {}, door: { house: ref(house), room: ref(room) } })),
    }),
  ),
});
const houses = scopeOf({ house: 3, room: 2 });
const still = (shape: RecordShape): Machine => ({
  name: 'still',
  version: 1,
  shape,
  commands: {},
  operations: {},
  initial: () => ({}),
  scopes: {},
});

test('members that are alike, but not exchanged one at a time, are one form', () => {
  const machine = still(doors);
  const { sets, canonical } = symmetryOf(machine, houses, layoutOf(machine, houses));
  /** From the first room of each house, a door to the first room of another. */
  const ring = (...to: readonly number[]) => ({
    houses: to.map((next) => ({
      rooms: [{ kind: 'door', house: next, room: 0 }, { kind: 'closed' }],
    })),
  });
  for (const state of [ring(1, 2, 0), ring(1, 0, 2), ring(0, 0, 0)]) {
    expect(faultOf(machine, houses, sets, canonical, state)).toBe(null);
  }
});

/** A state of the small reference model after some calls. */
function pagesAfter(...calls: readonly Call[]): SharedPages {
  const host = packed(sharedPages, small);
  host.write(initialState(sharedPages, small.sizes));
  for (const call of calls) expect(host.step(call).ok).toBe(true);
  return host.read();
}
/** A form made of plain states. */
function plainForm(form: (state: SharedPages) => SharedPages): Canonical {
  const host = packed(sharedPages, small);
  return (from, at, into, intoAt) => {
    host.load(from, at);
    host.write(form(host.read()));
    into.set(host.words, intoAt);
  };
}
const touch = (vm: number, page: number, frame: number): Call => ({
  kind: 'touch',
  args: { vm, page, frame, content: 1 },
});

test('forms that are broken in the usual ways are found by trying every permutation', () => {
  const { sets, canonical } = symmetryOf(anyPages, small, layoutOf(anyPages, small));
  // Both VMs map one frame; VM 0 has a second page of the same content in a frame of its own.
  const dedup = { kind: 'dedup', args: { kept: 0, freed: 2 } };
  const state = pagesAfter(touch(0, 0, 0), touch(0, 1, 1), touch(1, 0, 2), dedup);
  const judge = (form: Canonical) => faultOf(anyPages, small, sets, form, state);
  expect(judge(canonical)).toBe(null);
  expect(judge(plainForm((s) => s))).toBe('48 forms in an orbit of 48');

  const framesMovedAlone = plainForm((s) => {
    const [first, ...rest] = s.frames;
    return { ...s, frames: [...rest, first] as SharedPages['frames'] };
  });
  const thenMoved: Canonical = (from, at, into, intoAt) => {
    canonical(from, at, into, intoAt);
    framesMovedAlone(into, intoAt, into, intoAt);
  };
  expect(judge(thenMoved)).toBe('the form is not in the orbit');

  /** Pages by what they hold, not by who shares it; frames by first appearance. */
  const tiesLeft = plainForm((s) => {
    const frames: number[] = [];
    const kindOf = (page: Page): string => page.at.kind;
    const kindsOf = ({ pages }: { pages: Page[] }): string => pages.map(kindOf).join();
    const guests = [...s.guests]
      .map((guest) => ({ ...guest, pages: [...guest.pages].sort(by(kindOf)) }))
      .sort(by(kindsOf));
    for (const { at } of guests.flatMap(({ pages }) => pages)) {
      if (at.kind !== 'mapped') continue;
      if (!frames.includes(at.frame)) frames.push(at.frame);
      Object.assign(at, { frame: frames.indexOf(at.frame) });
    }
    const rest = s.frames.filter((_, id) => !frames.includes(id));
    // Cast: lists of fresh objects, where rules see tables.
    const all = { ...s, guests, frames: [...frames.map((id) => s.frames.at(id)), ...rest] };
    return all as unknown as SharedPages;
  });
  expect(judge(tiesLeft)).toBe('2 forms in an orbit of 48');
});

test('the reference model treats all members alike', () => {
  const layout = layoutOf(anyPages, small);
  const options = { seed: 1, samples: 100, properties: sharedPagesProperties };
  const { trusted, refused, symmetry } = selfTest(sharedPages, small, layout, options);
  expect({ trusted, refused }).toEqual({ trusted: ['vm', 'page', 'frame'], refused: [] });
  expect(symmetry.sets).toEqual([
    { name: 'vm', size: 2, copies: 1 },
    { name: 'page', size: 2, copies: 2 },
    { name: 'frame', size: 3, copies: 1 },
  ]);
  expect([...symmetry.left]).toEqual([['slot', 'has no two members']]);
});

test('a set whose ids a command compares by order is refused, and the others stay', () => {
  const first = changeCommand(sharedPages, 'touch', (command) => ({
    ...command,
    requires: [
      ...command.requires,
      [
        'not-first',
        ['frame'],
        (s: View<SharedPages>, { frame }: { frame: number }) =>
          s.frames.findIndex(({ references }) => references === 0) !== frame,
      ],
    ],
  }));
  const { trusted, refused, symmetry } = selfTest(first, small, layoutOf(anyPages, small), {
    seed: 1,
    samples: 20,
  });
  expect(trusted).toEqual(['vm', 'page']);
  expect(refused.map(({ set, problem }) => ({ set, problem }))).toEqual([
    {
      set: 'frame',
      problem:
        'with frame 2 and frame 0 exchanged, ' +
        'touch {"vm":0,"page":0,"frame":0,"content":1} is allowed, ' +
        'before not touch {"vm":0,"page":0,"frame":2,"content":1}',
    },
  ]);
  const host = packed(first, small);
  host.write(initialState(sharedPages, small.sizes));
  for (const call of refused[0]?.trace ?? []) expect(host.step(call).ok).toBe(true);
  expect(symmetry.sets.map(({ name }) => name)).toEqual(['vm', 'page']);
  expect(symmetry.left.get('frame')).toBe(refused[0]?.problem);
});

test('a set that an invariant tells the members of apart is refused', () => {
  const partial: Property<never> = {
    kind: 'invariant',
    id: 'first',
    name: 'VM 0 has no balloon',
    violation: (s: SharedPages) => (s.guests.at(0).balloon === 0 ? null : 'it has'),
  };
  const { trusted, refused } = selfTest(sharedPages, small, layoutOf(anyPages, small), {
    seed: 1,
    samples: 50,
    properties: [partial],
  });
  expect(trusted).toEqual(['page', 'frame']);
  expect(refused.map(({ set, problem }) => ({ set, problem }))).toEqual([
    { set: 'vm', problem: 'with vm 1 and vm 0 exchanged, property first holds' },
  ]);
});

test('the VMM treats frames, VMs, slots and virtual pages alike, and not pages and salts', () => {
  const { tiny } = scopes;
  const layout = packed(vmmMachine, tiny).layout;
  const { trusted, refused, symmetry } = selfTest(vmmMachine, tiny, layout, {
    seed: 1,
    samples: 20,
    properties: vmmProperties,
  });
  expect(trusted).toEqual(['frame', 'vm', 'slot', 'virtual']);
  // A VM of one page has page 0, and a new VM has salt 0.
  expect(refused.map(({ set, call }) => [set, call?.kind])).toEqual([
    ['page', 'memory.create-vm'],
    ['salt', 'memory.create-vm'],
  ]);
  expect(symmetry.left.get('content')).toBe('is ordered');
});

test('a reference that does not say whose member it means leaves its set as it is', () => {
  const lost = record({ houses: array(house, bool), found: option(ref(room)) });
  const { sets, left } = symmetryOf(still(lost), houses, layoutOf(still(lost), houses));
  expect(sets.map(({ name }) => name)).toEqual(['house']);
  expect([...left]).toEqual([['room', 'found does not say of which house']]);
  const asked: Machine = {
    ...still(doors),
    commands: {
      knock: {
        actor: 'guest',
        summary: 'Someone knocks.',
        args: { room: ref(room) },
        requires: [],
        effect: () => {},
      },
    },
  };
  const { left: leftBy } = symmetryOf(asked, houses, layoutOf(asked, houses));
  expect([...leftBy]).toEqual([['room', 'room of knock does not say of which house']]);
});
