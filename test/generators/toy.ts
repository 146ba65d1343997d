/** A small machine made for shrinking: entities, choices of the host, numbers, and undo. */
import {
  array,
  bool,
  type Call,
  choice,
  commandsOf,
  enumOf,
  type Infer,
  index,
  inPlace,
  int,
  type Machine,
  type Model,
  option,
  record,
  ref,
  type Scope,
  set,
  subset,
  table,
} from '../../machine/index.ts';

const vm = index('vm');
const page = index('page', { within: vm });
const frame = index('frame');

const shape = record({
  vms: array(
    vm,
    record({ live: bool, mapped: set(page), unmapped: set(page), given: int('most') }),
  ),
  owners: array(frame, option(ref(vm))),
  masked: bool,
  mode: enumOf('slow', 'fast', 'fastest'),
});
export interface Toy extends Infer<typeof shape> {}
type Sizes = Readonly<Record<'vm' | 'page' | 'frame' | 'amount' | 'most', number>>;
interface ToyModel extends Model {
  readonly state: Toy;
  readonly sizes: Sizes;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<ToyModel>();
const ofVm = { vm: ref(vm) };
const ofPage = { vm: ref(vm), page: ref(page) };

const commands = {
  create: command({
    actor: 'host',
    summary: 'A VM comes to life.',
    args: ofVm,
    requires: [['exists', ['vm'], (s, a) => s.vms.at(a.vm).live]],
    effect(d, a) {
      d.vms.at(a.vm).live = true;
    },
  }),
  destroy: command({
    actor: 'host',
    summary: 'A VM goes away, and its pages with it.',
    args: ofVm,
    requires: [['absent', ['vm'], (s, a) => !s.vms.at(a.vm).live]],
    effect(d, a) {
      const gone = d.vms.at(a.vm);
      gone.live = false;
      gone.given = 0;
      for (let p = 0; p < gone.mapped.length; p++) {
        if (gone.mapped.at(p)) gone.unmapped[p] = true;
        gone.mapped[p] = false;
      }
      for (let f = 0; f < d.owners.length; f++) if (d.owners.at(f) === a.vm) d.owners[f] = null;
    },
  }),
  map: command({
    actor: 'guest',
    summary: 'A page is mapped to a free frame.',
    args: { ...ofPage, frame: choice(ref(frame)) },
    requires: [
      ['absent', ['vm'], (s, a) => !s.vms.at(a.vm).live],
      ['mapped', ['vm', 'page'], (s, a) => s.vms.at(a.vm).mapped.at(a.page)],
      ['frame-in-use', ['frame'], (s, a) => s.owners.at(a.frame) !== null],
    ],
    effect(d, a) {
      d.vms.at(a.vm).mapped[a.page] = true;
      d.owners[a.frame] = a.vm;
    },
  }),
  unmap: command({
    actor: 'guest',
    summary: 'A page is unmapped; frames are forgotten, not freed.',
    args: ofPage,
    requires: [['not-mapped', ['vm', 'page'], (s, a) => !s.vms.at(a.vm).mapped.at(a.page)]],
    effect(d, a) {
      const guest = d.vms.at(a.vm);
      guest.mapped[a.page] = false;
      guest.unmapped[a.page] = true;
    },
  }),
  give: command({
    actor: 'guest',
    summary: 'A VM gives an amount.',
    args: { ...ofVm, amount: int('amount') },
    requires: [
      ['absent', ['vm'], (s, a) => !s.vms.at(a.vm).live],
      ['too-much', ['vm', 'amount'], (s, a, c) => s.vms.at(a.vm).given + a.amount > c.size.most],
    ],
    effect(d, a) {
      d.vms.at(a.vm).given += a.amount;
    },
  }),
  toggle: command({
    actor: 'host',
    summary: 'The mask is turned on or off.',
    args: {},
    requires: [],
    effect(d) {
      d.masked = !d.masked;
    },
  }),
  tune: command({
    actor: 'host',
    summary: 'A mode and some frames are chosen.',
    args: {
      mode: enumOf('slow', 'fast', 'fastest'),
      frames: subset(frame, 2, 0),
      hint: option(ref(vm)),
    },
    requires: [],
    effect(d, a) {
      d.mode = a.mode;
    },
  }),
};

const scope: Scope = {
  name: 'toy',
  purpose: 'three VMs of four pages',
  sizes: { vm: 3, page: 4, frame: 6, amount: 31, most: 1000 },
};
export const toy: Machine<Toy, typeof commands> & { readonly scopes: { readonly toy: Scope } } = {
  name: 'toy',
  version: 1,
  shape,
  commands,
  operations: {},
  initial: (sizes: Sizes) => ({
    vms: table(sizes, vm, () => ({
      live: false,
      mapped: table(sizes, page, () => false),
      unmapped: table(sizes, page, () => false),
      given: 0,
    })),
    owners: table(sizes, frame, () => null),
    masked: false,
    mode: 'slow',
  }),
  scopes: { toy: scope },
};

const host = inPlace(toy, scope);

/** Whether a test is true after some command of a trace. */
export function reaches(trace: readonly Call[], test: (state: Toy) => boolean): boolean {
  const state = host.initial();
  return trace.some((call) => {
    host.step(state, call);
    return test(state);
  });
}

/** The commands of a trace that are accepted, and those that are refused. */
export function accepted(trace: readonly Call[], wanted = true): readonly Call[] {
  const state = host.initial();
  return trace.filter((call) => host.step(state, call).ok === wanted);
}

// Calls as they are written in a test.
export const create = (vm: number): Call => ({ kind: 'create', args: { vm } });
export const destroy = (vm: number): Call => ({ kind: 'destroy', args: { vm } });
export const map = (vm: number, page: number, frame: number): Call => ({
  kind: 'map',
  args: { vm, page, frame },
});
export const unmap = (vm: number, page: number): Call => ({ kind: 'unmap', args: { vm, page } });
export const give = (vm: number, amount: number): Call => ({ kind: 'give', args: { vm, amount } });
export const toggle: Call = { kind: 'toggle', args: {} };
export const tune = (mode: string, frames: readonly number[], hint: number | null): Call => ({
  kind: 'tune',
  args: { mode, frames, hint },
});
