/** The balloon driver comes and goes: loading, suspending, and a restart of its guest. Chapter 3.0. */
import { bool, type Context, ref } from '../../machine/index.ts';
import {
  command,
  givenUp,
  guard,
  guestOf,
  hostVm,
  type MemoryModel,
  noSuchVm,
  ofVm,
  pageOf,
  type VmId,
  viewVm,
  vmStalled,
  vmStopped,
} from './model.ts';
import { content, type Memory } from './state.ts';

type C = Context<MemoryModel>;

export const driverAbsent = guard(
  'driver-absent',
  ofVm,
  (m, a) => viewVm(m, a.vm).balloon.driver !== 'ready',
);

/** The guest loads the driver, which negotiates features and starts with an empty balloon. */
export const loadDriver = command({
  actor: 'guest',
  summary: 'The guest loads the balloon driver and negotiates its features (3.0, KVM-I1).',
  args: {
    ...ofVm,
    mustTell: bool,
    deflateOnOom: bool,
    reporting: bool,
    poison: bool,
    poisonValue: ref(content),
  },
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['driver-present', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver !== 'absent'],
    // Where touching a ballooned page is an error, the guest must not use one before it is back.
    [
      'must-tell-host',
      ['vm', 'mustTell'],
      (m, a) => viewVm(m, a.vm).mode === 'fault' && !a.mustTell,
    ],
    ['not-negotiated', ['poison', 'poisonValue'], (_m, a) => !a.poison && a.poisonValue !== 0],
  ],
  effect(m, a, c) {
    const { balloon } = hostVm(m, a.vm);
    balloon.driver = 'ready';
    balloon.mustTell = a.mustTell;
    balloon.deflateOnOom = a.deflateOnOom;
    balloon.reporting = a.reporting;
    balloon.poison = a.poison;
    balloon.poisonValue = a.poisonValue;
    balloon.statistics = 'host';
    c.operation.publishActual(m, a.vm, 0);
  },
});

/** Gives every page of the balloon back, as unloading, freezing and a reset do. */
export function emptyBalloon(m: Memory, id: VmId, c: C): void {
  const machine = hostVm(m, id);
  const guest = guestOf(m, id);
  for (let p = 0; p < machine.size; p++) {
    if (givenUp(m, { vm: id, page: p })) guest.use[p] = 'free';
    if (machine.pages.at(p).at.kind === 'ballooned') {
      machine.pages.at(p).at = { kind: 'unbacked' };
      c.operation.logWrite(m, id, p);
    }
    machine.balloon.told[p] = false;
    machine.balloon.reclaimed[p] = false;
    guest.inflating[p] = false;
    guest.deflating[p] = false;
    guest.reporting[p] = false;
  }
  guest.balloonPages = 0;
  guest.managed = machine.size;
}

function retire(m: Memory, id: VmId, as: 'absent' | 'frozen', c: C): void {
  emptyBalloon(m, id, c);
  const { balloon } = hostVm(m, id);
  balloon.driver = as;
  balloon.statistics = 'none';
  // The target stays: a driver that comes back inflates again.
  c.operation.publishActual(m, id, 0);
}

export const unloadDriver = command({
  actor: 'guest',
  summary: 'The guest unloads the driver, which deflates everything; the target stays (BAL-I5).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['driver-absent', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver === 'absent'],
  ],
  effect(m, a, c) {
    retire(m, a.vm, 'absent', c);
  },
});

export const freezeDriver = command({
  actor: 'guest',
  summary: 'The guest is about to be suspended: the driver deflates everything (BAL-I5).',
  args: ofVm,
  requires: [noSuchVm, vmStopped, vmStalled, driverAbsent],
  effect(m, a, c) {
    retire(m, a.vm, 'frozen', c);
  },
});

export const restoreDriver = command({
  actor: 'guest',
  summary: 'The guest is resumed: the driver starts again with an empty balloon (BAL-I5).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['not-frozen', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver !== 'frozen'],
  ],
  effect(m, a) {
    const { balloon } = hostVm(m, a.vm);
    balloon.driver = 'ready';
    balloon.statistics = 'host';
  },
});

/** The guest restarts: its driver is gone, and every page is its own again. 3.0 VmReset. */
export const resetVm = command({
  actor: 'hardware',
  summary:
    'The guest restarts without a word to the host: the balloon ends, the target stays (BAL-I5).',
  args: ofVm,
  requires: [noSuchVm, vmStopped],
  effect(m, a, c) {
    const machine = hostVm(m, a.vm);
    const guest = guestOf(m, a.vm);
    emptyBalloon(m, a.vm, c);
    machine.stalled = null;
    machine.record = null;
    guest.record = null;
    machine.balloon.driver = 'absent';
    machine.balloon.statistics = 'none';
    machine.balloon.poison = false;
    machine.balloon.poisonValue = 0;
    for (let p = 0; p < machine.size; p++) {
      const entry = pageOf(m, { vm: a.vm, page: p });
      if (entry.at.kind === 'reported') {
        entry.at = { kind: 'unbacked' };
        c.operation.logWrite(m, a.vm, p);
      }
      entry.pins = 0;
      entry.pinned = null;
      if (guest.use.at(p) === 'used') guest.use[p] = 'free';
    }
    for (let v = 0; v < guest.table.length; v++) guest.table[v] = { kind: 'absent' };
  },
});
