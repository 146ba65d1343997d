/**
 * Free page hinting: while a VM moves, its balloon driver tells the host of pages that it does not use,
 * so that they need not be sent. Chapter 3.3 of memory, 4.F.
 *
 * A hint is as old as the request that it answers. The host stops hinting before it collects the
 * dirty log, and asks anew after: what is written after a request is in the log, and whatever was
 * hinted before is sent all the same. Until the host says that it is done the driver keeps its pages.
 */
import {
  command,
  guard,
  homeOf,
  memoryAt,
  migrationOf,
  ofPage,
  ofVm,
  phaseIs,
  type VmId,
  viewMemory,
  type World,
  type WorldView,
} from './model.ts';
import type { Hinting } from './state.ts';

const viewHinting = (m: WorldView, vm: VmId) => m.cluster.hinting.at(vm);
/** Anything that a hinting comes to, where there is one. */
function each(m: World, vm: VmId, change: (hinting: Hinting) => void): void {
  for (const hinting of m.cluster.hinting.at(vm)) change(hinting);
}

const notRunning = guard('not-running', ofVm, (m, a) => homeOf(m, a.vm) === null);
const queueFull = guard('queue-full', ofVm, (m, a) =>
  viewHinting(m, a.vm).some(({ queue }) => queue.kind !== 'none'),
);
const notHinted = guard('not-hinted', ofPage, (m, a) => useOf(m, a) !== 'hinted');

function useOf(m: WorldView, a: { readonly vm: VmId; readonly page: number }) {
  const at = homeOf(m, a.vm);
  return at === null ? 'offline' : viewMemory(m, at).guests.at(a.vm).use.at(a.page);
}

export const request = command({
  actor: 'host',
  summary: 'The host asks for hints, under a number of its own (3.3, KVM-I2).',
  args: ofVm,
  requires: [
    phaseIs('copying'),
    [
      'hinting-already',
      ['vm'],
      (m, a) =>
        viewHinting(m, a.vm).every(({ state }) => state === 'requested' || state === 'start'),
    ],
    [
      'requests-spent',
      ['vm'],
      (m, a, c) => viewHinting(m, a.vm).some(({ id }) => id === c.size.requests),
    ],
  ],
  effect(m, a) {
    each(m, a.vm, (hinting) => {
      hinting.state = 'requested';
      hinting.id++;
    });
  },
});

export const echo = command({
  actor: 'guest',
  summary: 'The driver answers a request, and hints follow (3.3).',
  args: ofVm,
  requires: [
    notRunning,
    [
      'not-requested',
      ['vm'],
      (m, a) =>
        viewHinting(m, a.vm).every(
          ({ state, id, echoed }) => state !== 'requested' || echoed === id,
        ),
    ],
    queueFull,
  ],
  effect(m, a) {
    each(m, a.vm, (hinting) => {
      hinting.echoed = hinting.id;
      hinting.queue = { kind: 'echo', id: hinting.id };
    });
  },
});

/** The driver takes the page for itself: nobody else in the guest may use it until it is given back. */
export const send = command({
  actor: 'guest',
  summary: 'The driver takes a free page for itself and tells the host of it (3.3, BAL-I2).',
  args: ofPage,
  requires: [
    notRunning,
    [
      'not-requested',
      ['vm'],
      (m, a) =>
        viewHinting(m, a.vm).every(
          ({ state, id, echoed }) => (state !== 'requested' && state !== 'start') || echoed !== id,
        ),
    ],
    queueFull,
    ['not-free-in-guest', ['vm', 'page'], (m, a) => useOf(m, a) !== 'free'],
  ],
  effect(m, a) {
    const at = homeOf(m, a.vm);
    if (at === null) return;
    const guest = memoryAt(m, at).guests.at(a.vm);
    guest.use[a.page] = 'hinted';
    guest.unspecified[a.page] = true;
    each(m, a.vm, (hinting) => {
      hinting.queue = { kind: 'page', id: hinting.echoed, page: a.page };
    });
  },
});

/** A hint counts only while it answers the request that the host is waiting for. */
export const receive = command({
  actor: 'host',
  summary:
    'The host takes a hint: the page need not be sent, unless it is written (KVM-I2, KVM-I3).',
  args: ofVm,
  requires: [
    [
      'nothing-arrived',
      ['vm'],
      (m, a) => viewHinting(m, a.vm).every(({ queue }) => queue.kind === 'none'),
    ],
  ],
  effect(m, a) {
    const { send: left } = migrationOf(m, a.vm);
    each(m, a.vm, (hinting) => {
      const { queue, state, id } = hinting;
      hinting.queue = { kind: 'none' };
      if (queue.kind === 'none' || queue.id !== id) return;
      if (queue.kind === 'echo' && state === 'requested') hinting.state = 'start';
      if (queue.kind !== 'page' || state !== 'start' || !left.at(queue.page)) return;
      left[queue.page] = false;
      hinting.skipped[queue.page] = true;
    });
  },
});

/** A guest short of memory does not wait for the host. */
export const takeBack = command({
  actor: 'guest',
  summary: 'A guest that needs memory takes a hinted page back before the host is done (3.3).',
  args: ofPage,
  requires: [notRunning, notHinted],
  effect(m, a) {
    const at = homeOf(m, a.vm);
    if (at !== null) memoryAt(m, at).guests.at(a.vm).use[a.page] = 'free';
  },
});

export const giveBack = command({
  actor: 'guest',
  summary: 'The driver gives its pages back when the host is done with hints (KVM-L1).',
  args: ofVm,
  requires: [
    notRunning,
    ['not-done', ['vm'], (m, a) => viewHinting(m, a.vm).every(({ state }) => state !== 'done')],
    [
      'nothing-hinted',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return (
          at !== null &&
          !m.hosts
            .at(at)
            .guests.at(a.vm)
            .use.some((use) => use === 'hinted')
        );
      },
    ],
  ],
  effect(m, a) {
    const at = homeOf(m, a.vm);
    if (at === null) return;
    const { use } = memoryAt(m, at).guests.at(a.vm);
    for (let p = 0; p < use.length; p++) if (use.at(p) === 'hinted') use[p] = 'free';
  },
});

/** Before a harvest: what was hinted so far may have been written. */
export function stopHints(m: World, vm: VmId): void {
  each(m, vm, (hinting) => {
    if (hinting.state !== 'done') hinting.state = 'stop';
  });
}

/** The rounds are over, or the migration is: the guest may have its pages back. */
export function endHints(m: World, vm: VmId): void {
  each(m, vm, (hinting) => {
    hinting.state = 'done';
  });
}

export function isSkipped(m: WorldView, a: { readonly vm: VmId; readonly page: number }): boolean {
  return viewHinting(m, a.vm).some(({ skipped }) => skipped.at(a.page));
}

/** What is to be sent (again) is not skipped any more. */
export function skipNoMore(m: World, vm: VmId, page: number): void {
  each(m, vm, (hinting) => {
    hinting.skipped[page] = false;
  });
}

export function forgetHints(m: World, vm: VmId): void {
  each(m, vm, ({ skipped }) => {
    for (let p = 0; p < skipped.length; p++) skipped[p] = false;
  });
}
