/**
 * Stop-and-copy, pre-copy and post-copy of one guest: it ends up the same, and stands still for more or
 * less of the time (4.B.1). That a guest sees the same in every such run is asked of pairs of them, in
 * scope `migration-kinds`.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyNumber, scopes, type VmmScope } from '../../../model/index.ts';
import {
  begin,
  beginAdvised,
  completeWrite,
  copy,
  copyReadOnly,
  createTarget,
  handOver,
  MigrationStory,
  place,
  receive,
  start,
  step,
  stop,
  submit,
  switchOver,
  write,
} from './story.ts';

const { commands: _, ...all } = scopes.migration;
const scope: VmmScope = {
  ...all,
  sizes: { ...all.sizes, postcopy: 1, thread: 2, vcpus: 2, online: 2, content: 6, rounds: 9 },
};
const vcpus = 2;

/** What the guest does, or its device. */
type Act =
  | { readonly by: 'guest'; readonly page: number; readonly content: number }
  | { readonly by: 'device'; readonly page: number; readonly content: number };
const written = { page: fc.constantFrom(1, 2), content: fc.integer({ min: 1, max: 5 }) };
const acts: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ by: fc.constant('guest' as const), ...written }),
  fc.record({ by: fc.constant('device' as const), ...written }),
);

/** A migration of the guest, during which it does what is left to do, an act at a time. */
class Move extends MigrationStory {
  readonly left: Act[];

  constructor(script: readonly Act[], of = scope) {
    super(of);
    this.left = [...script];
  }

  /** The guest acts, where it is: it may have to wait for a page, and then for all. */
  act(count = 1): void {
    for (const act of this.left.splice(0, count)) {
      const [host = 0] = this.where();
      if (act.by === 'device') {
        this.run(submit(act.page, act.content), completeWrite);
        continue;
      }
      const call = write(act.page, act.content, { host });
      if (this.run(call).some(({ type }) => type === 'stalled')) {
        this.sendLeft();
        this.run(call);
      }
    }
  }

  /** Sends what is to be sent, and the target puts it where it has to. */
  sendLeft(afterEach: () => void = () => {}): number {
    const pages = this.toSend;
    for (const page of pages) {
      this.run(copy(page));
      this.placeNext();
      afterEach();
    }
    return pages.length;
  }

  /** The next page comes into a frame of its own, where it needs one. */
  placeNext(): void {
    const { memory } = this.state.hosts.at(1);
    const message = this.migration.toTarget.at(0);
    if (message.kind !== 'page' && message.kind !== 'zero') throw new Error(message.kind);
    const { at } = memory.vms.at(0).pages.at(message.page);
    const needs = at.kind === 'missing' || (message.kind === 'page' && at.kind !== 'mapped');
    const free = memory.frames.findIndex(({ use }) => use.kind === 'free');
    this.run(needs ? place(free) : receive);
  }

  /** All that a guest can see of itself, on the host to which it came. */
  seen() {
    const { guests, cpu } = this.state.hosts.at(1);
    const { table, use, expected } = guests.at(0);
    return {
      ...{ where: this.where(), pages: this.pages(1), table, use, expected },
      device: this.state.clusters.at(0).hosts.at(1).devices.at(0),
      vcpus: [
        cpu.vms.at(0).wanted,
        cpu.threads.map(({ state, wakePending }) => [state.kind, wakePending]),
      ],
    };
  }
}

/** It does everything before it is stopped; then each page is sent once. */
function stopAndCopy(script: readonly Act[]): Move {
  const move = new Move(script);
  move.run(start());
  move.act();
  move.run(step('connect'), createTarget());
  move.act(script.length);
  move.run({ kind: 'stopcopy.freeze', args: { vm: 0 } }, ...stop(0, vcpus).slice(1));
  expect(move.sendLeft()).toBe(3);
  move.run(...handOver());
  return move;
}

/** It does a thing after each page that is sent, until nothing is left to do. */
function preCopy(script: readonly Act[]): Move {
  const move = new Move(script);
  move.run(...begin(), copyReadOnly(0), place(0));
  while (move.left.length > 0) {
    move.act();
    move.run(step('harvest'));
    move.sendLeft(() => move.act());
  }
  move.run(...stop(0, vcpus));
  move.sendLeft();
  move.run(...handOver());
  return move;
}

/** It does a half before it is stopped, and the rest where it is then, where all pages are missing. */
function postCopy(script: readonly Act[]): Move {
  const move = new Move(script);
  move.run(...beginAdvised);
  move.act(Math.ceil(script.length / 2));
  move.run(...stop(0, vcpus), ...switchOver);
  // A device does not wait for a page.
  while (move.left[0]?.by === 'guest') move.act();
  move.sendLeft();
  move.act(script.length);
  move.run({ kind: 'postcopy.finish', args: { vm: 0 } }, step('receive-reply'), step('clean-up'));
  return move;
}

test('a guest is the same in the end, whether all, the rest or nothing of it was sent while it stood still', () => {
  const script = fc.array(acts, { maxLength: 8 });
  const property = fc.property(script, (script) => {
    const last = (page: number, first: number): number =>
      script.findLast((act) => act.page === page)?.content ?? first;
    const stopped = stopAndCopy(script).seen();
    expect(stopped).toMatchObject({ where: [1], pages: [1, last(1, 1), last(2, 0)] });
    expect(preCopy(script).seen()).toEqual(stopped);
    expect(postCopy(script).seen()).toEqual(stopped);
  });
  fc.assert(property, { seed: 1, numRuns: 25 });
});

const tick = { kind: 'cpu.tick', args: { host: 0 } };
/** A channel that carries so many pages in a tick; a guest is stopped when fewer than `few` are dirty. */
function timed(pages: number, bandwidth: number, few: number): VmmScope {
  const { commands: __, ...policy } = scopes['migration-policy'];
  const memory = { page: pages, virtual: pages, frame: pages, content: 6 };
  const limits = { policy: policyNumber('xen'), few, rounds: 9, downtime: 20, timeout: 40 };
  return { ...policy, sizes: { ...policy.sizes, ...memory, ...limits, bandwidth, place: 2 } };
}

/** Sends pages as fast as the channel is, and lets the last tick pass. */
function sendInTicks(move: Move, bandwidth: number, inTick: number): void {
  let carried = inTick;
  move.sendLeft(() => {
    carried = (carried + 1) % bandwidth;
    if (carried === 0) move.run(tick);
  });
  if (carried > 0) move.run(tick);
}

test('stop-and-copy stands still for all of its time, pre-copy for as long as its working set takes', () => {
  const sizes = fc.record({
    memory: fc.integer({ min: 3, max: 9 }),
    bandwidth: fc.integer({ min: 1, max: 4 }),
    part: fc.integer({ min: 1, max: 8 }),
  });
  const property = fc.property(sizes, ({ memory, bandwidth, part }) => {
    const workingSet = Math.min(part, memory - 1);
    const all = Math.ceil(memory / bandwidth);
    const rest = Math.ceil(workingSet / bandwidth);
    const scope = timed(memory, bandwidth, workingSet + 1);

    const stopped = new Move([], scope);
    stopped.run(start(), step('connect'), createTarget());
    stopped.run({ kind: 'stopcopy.freeze', args: { vm: 0 } }, ...stop().slice(1));
    sendInTicks(stopped, bandwidth, 0);
    expect(stopped.migration.statistics).toMatchObject({ downtime: all, elapsed: all });
    stopped.run(...handOver());

    const copied = new Move([], scope);
    copied.run(...begin(), copyReadOnly(0), place(0), ...(bandwidth === 1 ? [tick] : []));
    copied.run(step('harvest'));
    sendInTicks(copied, bandwidth, 1 % bandwidth);
    for (let page = 1; page <= workingSet; page++) copied.run(write(page, 2));
    copied.run(...stop());
    sendInTicks(copied, bandwidth, 0);
    expect(copied.migration.statistics).toMatchObject({ downtime: rest, elapsed: all + rest });
    copied.run(...handOver());
  });
  fc.assert(property, { seed: 1, numRuns: 25 });
});
