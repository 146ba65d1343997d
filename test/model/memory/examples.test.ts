/** The worked examples of the memory chapters, with the values that the specification gives. */
import { expect, test } from 'vitest';
import {
  breakShare,
  create,
  deflate,
  endScan,
  hostOf,
  inflate,
  loadDriver,
  map,
  mergeInto,
  overwrite,
  pageOut,
  populate,
  requestBalloon,
  Story,
  scan,
  setTarget,
  swapIn,
  swapOut,
  unmap,
  write,
} from './story.ts';

test('EX-8: the balloon target is what the requested guest size leaves of the memory', () => {
  // 98 pages at most, so that a request of 99 is one that can be made.
  const story = new Story(hostOf('requests', { vm: 1, page: 98, frame: 18 }));
  story.run(create(0, 16));
  const targetAfter = (request: number): number => {
    story.run(requestBalloon(0, request));
    return story.vm(0).balloon.target;
  };
  expect(targetAfter(12)).toBe(4);
  expect(targetAfter(0)).toBe(4);
  expect(targetAfter(99)).toBe(0);
});

test('EX-8: four inflated pages, one shared and one swapped, gain two frames and one slot', () => {
  const story = new Story(
    hostOf('inflate', { vm: 1, page: 16, virtual: 16, frame: 18, slot: 2, batch: 4 }),
  );
  story.run(create(0, 16, { reservation: 14 }), loadDriver(0));
  for (const page of [0, 1, 2, 3, 4]) story.firstWrite(0, page, page === 4 ? 2 : 1);
  // Page 1 becomes the second mapping of the frame of page 0; page 4 goes to the swap area.
  const { at } = story.vm(0).pages.at(0);
  story.run(mergeInto(0, 1, at.kind === 'mapped' ? at.frame : -1), ...swapOut(0, 4, 0));
  story.run(...[1, 2, 3, 4].map((page) => unmap(0, page)), requestBalloon(0, 12));

  const { freeFrames, freeSlots } = story.memory;
  story.run(...inflate(0, 1, 2, 3, 4));
  expect(story.vm(0).balloon.actual).toBe(4);
  expect(story.memory.freeFrames - freeFrames).toBe(2);
  expect(story.memory.freeSlots - freeSlots).toBe(1);
});

test('EX-9: pages with colliding checksums are shared only when they are equal', () => {
  const [p, q, r] = [0, 1, 2];
  const scope = { vm: 1, page: 3, virtual: 3, frame: 5, slot: 0, content: 4, hashes: 2 };
  const story = new Story(hostOf('colliding', scope));
  story.run(create(0, 3));
  for (const [page, content] of [
    [p, 1],
    [q, 1],
    [r, 3],
  ] as const) {
    story.firstWrite(0, page, content);
  }
  const scanned = (page: number, result: string) => ({ type: 'scanned', vm: 0, page, result });
  const { sharing } = story.memory;

  // Scan 1 stores the checksums, which collide.
  expect(story.run(scan(0, p), scan(0, q), scan(0, r), endScan)).toEqual(
    [p, q, r].map((page) => scanned(page, 'volatile')),
  );
  expect([p, q, r].map((page) => story.vm(0).pages.at(page).checksum)).toEqual([1, 1, 1]);

  // Scan 2 shares equal pages, and keeps the other as a candidate of its own.
  expect(story.run(scan(0, p))).toEqual([scanned(p, 'inserted')]);
  expect(sharing.unstable.at(0).at(1)).toEqual({ kind: 'page', vm: 0, page: p });
  expect(story.run(scan(0, q), scan(0, r))).toEqual([scanned(q, 'merged'), scanned(r, 'inserted')]);
  expect(sharing.unstable.at(0)).toEqual([
    ...[{ kind: 'none' }, { kind: 'none' }, { kind: 'none' }],
    { kind: 'page', vm: 0, page: r },
  ]);
  expect(sharing).toMatchObject({ shared: 1, sharing: 1 });

  // A write to q waits for a copy, which costs a frame.
  const before = story.memory.freeFrames;
  expect(story.run(write(0, q, 2))).toEqual([
    { type: 'stalled', vm: 0, page: q, wait: 'break-share', cost: 'slow' },
  ]);
  expect(story.run(breakShare(0, q, story.frame()), write(0, q, 2))).toEqual([
    { type: 'written', vm: 0, page: q, cost: 'fast' },
  ]);
  expect(story.memory.freeFrames).toBe(before - 1);
  expect(sharing).toMatchObject({ shared: 1, sharing: 0 });

  // A write to p, the last mapping, happens in place.
  const { at } = story.vm(0).pages.at(p);
  expect(story.run(write(0, p, 3))).toEqual([{ type: 'written', vm: 0, page: p, cost: 'fast' }]);
  expect(story.vm(0).pages.at(p).at).toEqual(at);
  expect(story.memory.freeFrames).toBe(before - 1);
  expect(sharing).toMatchObject({ shared: 0, sharing: 0 });
});

const paging = { vm: 1, page: 2, virtual: 2, frame: 4, slot: 1, block: 1, content: 4 };

test('EX-10: a page that the host had paged out is read only for the guest to page it out', () => {
  const story = new Story(hostOf('double paging', paging));
  story.run(create(0, 2, { reservation: 1 }));
  story.firstWrite(0, 0, 3);
  story.run(...swapOut(0, 0, 0));

  expect(story.run(pageOut(0, 0, 0))).toEqual([
    { type: 'double-paging', vm: 0, page: 0 },
    { type: 'stalled', vm: 0, page: 0, wait: 'swap-in', cost: 'slow' },
  ]);
  expect(story.guest(0).disk.at(0)).toBeNull();
  story.run(swapIn(0, 0, story.frame()), pageOut(0, 0, 0));
  expect(story.vm(0)).toMatchObject({ swapIns: 1, doublePagings: 1 });
  expect(story.guest(0).disk.at(0)).toBe(3);
  expect(story.guest(0).use.at(0)).toBe('free');

  // The dead page goes to the swap area once more; its new owner replaces it without a read.
  story.run(...swapOut(0, 0, 0), map(0, 0), overwrite(0, 0, 2, story.frame()));
  expect(story.vm(0)).toMatchObject({ swapOuts: 2, swapIns: 1, doublePagings: 1 });
  expect(story.memory.freeSlots).toBe(1);
});

test('EX-10: with a balloon in place of the swap area no page is paged twice', () => {
  const story = new Story(hostOf('ballooning', paging));
  story.run(create(0, 2, { reservation: 1 }), loadDriver(0));
  story.firstWrite(0, 0, 3);
  const { freeFrames } = story.memory;

  // Told to give a page, the guest pages out the same page, of its own choice and while it is there.
  story.run(setTarget(0, 1), pageOut(0, 0, 0), ...inflate(0, 0));
  expect(story.guest(0).disk.at(0)).toBe(3);
  expect(story.memory.freeFrames).toBe(freeFrames + 1);
  story.run(setTarget(0, 0), ...deflate(0, 0));
  story.firstWrite(0, 0, 2);
  expect(story.vm(0)).toMatchObject({ swapOuts: 0, swapIns: 0, doublePagings: 0 });
});

test('SC-1: balloons take from three idle VMs what a fourth needs, and nothing is swapped', () => {
  const needy = 3;
  const idle = [0, 1, 2];
  const all = [...idle, needy];
  const pages = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  // 24 frames for guests, besides the hypervisor's, one for emergencies and an overhead for each VM.
  const frames = { frame: 30, hypervisor: 1, emergency: 1, overhead: 1 };
  // Admission promises swap for all that is not reserved: 3 times 8 - 4, and 12 - 4.
  const sizes = { vm: 4, page: 12, virtual: 12, slot: 20, batch: 4, content: 2, ...frames };
  const story = new Story(hostOf('one needs 12', sizes));
  for (const vm of idle) {
    story.run(create(vm, 8, { reservation: 4, overhead: [1 + vm] }), loadDriver(vm));
  }
  // A balloon only returns configured pages: the needy VM has 12, of which 4 are in the balloon.
  story.run(create(needy, 12, { reservation: 4, overhead: [4] }), loadDriver(needy));
  story.run(setTarget(needy, 4), ...inflate(needy, 8, 9, 10, 11));
  expect(story.guest(needy).managed).toBe(8);

  // Every VM has used 6 pages; the three need 4 of them now, and the fourth more than there is.
  for (const vm of all) for (const page of pages(0, 6)) story.firstWrite(vm, page, 1);
  for (const vm of idle) story.run(unmap(vm, 4), unmap(vm, 5));
  story.run(map(needy, 6), write(needy, 6, 1));
  expect(story.refusal(populate(needy, 6, story.frame()))).toBe('no-free-frame');

  for (const vm of idle) story.run(setTarget(vm, 4), ...inflate(vm, 4, 5, 6, 7));
  story.run(populate(needy, 6, story.frame()), write(needy, 6, 1));
  story.run(setTarget(needy, 0), ...deflate(needy, 8, 9, 10, 11));
  for (const page of pages(7, 12)) story.firstWrite(needy, page, 1);

  expect(all.map((vm) => story.vm(vm).balloon.actual)).toEqual([4, 4, 4, 0]);
  expect(all.map((vm) => story.vm(vm).consumed)).toEqual([4, 4, 4, 12]);
  expect(all.map((vm) => story.guest(vm).managed)).toEqual([4, 4, 4, 12]);
  expect(all.map((vm) => story.vm(vm).swapOuts)).toEqual([0, 0, 0, 0]);
  expect(story.memory.freeSlots).toBe(20);
});
