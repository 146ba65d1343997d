/**
 * Migrations of the model itself, of guests that dirty pages at a steady rate, held against the
 * formulas of rounds (4.E) as a simulation of them is: page by page, tick by tick.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { inPlace } from '../../../machine/index.ts';
import {
  type Load,
  pagesSentIn,
  policyNumber,
  rounds,
  roundsUntil,
  scopes,
  type VmmScope,
  vmmMachine,
} from '../../../model/index.ts';
import { begin, copy, copyReadOnly, place, receive, step, stop, write } from './story.ts';

const tick = { kind: 'cpu.tick', args: { host: 0 } };

function scopeOf({ memory, bandwidth }: Load, downtime: number): VmmScope {
  const { commands: _, ...scope } = scopes['migration-policy'];
  const pages = { page: memory, virtual: memory, frame: memory };
  const channel = { policy: policyNumber('qemu'), bandwidth, downtime, place: 2, rounds: 30 };
  return { ...scope, sizes: { ...scope.sizes, ...pages, ...channel, content: 3 } };
}

/** Runs rounds until the policy ends them, or so many have; the first page is read-only. */
class Run {
  readonly rounds: number[] = [];
  stopped = false;
  private readonly load: Load;
  private readonly state;
  private readonly host;
  private writes = 0;
  private sent = 0;

  constructor(load: Load, downtime: number) {
    this.load = load;
    this.host = inPlace(vmmMachine, scopeOf(load, downtime));
    this.state = this.host.initial();
    for (const each of begin()) this.take(each);
    while (!this.stopped && this.rounds.length < 30) this.tick();
  }

  /** Ticks for which the guest has stood still. */
  get downtime(): number {
    return this.state.clusters.at(0).migrations.at(0).statistics.downtime;
  }

  private tick(): void {
    const { dirtied, workingSet } = this.load;
    for (let i = 0; i < dirtied; i++) {
      // Page 0 is read-only: those after it are written, one after the other.
      this.take(write(1 + (this.writes % workingSet), 1 + (this.writes % 2)));
      this.writes++;
    }
    this.send();
    this.take(tick);
    // A round lasts whole ticks.
    if (this.roundIsOver()) this.endRound();
  }

  private endRound(): void {
    this.rounds.push(this.sent);
    this.sent = 0;
    this.stopped = this.take(step('freeze'));
    if (!this.stopped) this.take(step('harvest'));
    else this.finish();
  }

  /** The rest goes while the guest stands still. */
  private finish(): void {
    for (const each of stop().slice(1)) this.take(each);
    while (!this.roundIsOver()) {
      this.send();
      if (!this.roundIsOver()) this.take(tick);
    }
  }

  private roundIsOver(): boolean {
    const { round, send } = this.state.clusters.at(0).migrations.at(0);
    return round > 0 && send.every((left) => !left);
  }

  private send(): void {
    const { send } = this.state.clusters.at(0).migrations.at(0);
    for (let page = 0; page < send.length; page++) {
      if (!send.at(page)) continue;
      const { round } = this.state.clusters.at(0).migrations.at(0);
      if (round === 0 && page > 0) this.take(step('harvest'));
      const isSent = this.take(page === 0 && round === 0 ? copyReadOnly(0) : copy(page));
      if (!isSent) return;
      // Its own frame, and none where it has one or holds nothing.
      if (!this.take(place(page))) this.take(receive);
      this.sent++;
    }
  }

  private take(call: Parameters<typeof this.host.step>[1]): boolean {
    return this.host.step(this.state, call).ok;
  }
}

const loads = fc
  .record({
    memory: fc.integer({ min: 3, max: 12 }),
    bandwidth: fc.integer({ min: 1, max: 4 }),
    dirtied: fc.integer({ min: 0, max: 4 }),
    part: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ part, ...load }): Load => {
    return { ...load, workingSet: Math.max(1, Math.floor(((load.memory - 1) * part) / 100)) };
  });

test('the model sends no more in its rounds, nor needs more of them, than the formulas say', () => {
  let converged = 0;
  const property = fc.property(loads, fc.nat(3), (load, downtime) => {
    const { rounds: sent, stopped, downtime: stood } = new Run(load, downtime);
    let i = 0;
    for (const { pages } of rounds(load)) {
      const is = sent[i++];
      if (is === undefined) break;
      expect(is).toBeLessThanOrEqual(pages);
    }
    const most = roundsUntil(load, load.bandwidth * downtime);
    if (most !== null) {
      expect(stopped).toBe(true);
      expect(sent.length).toBeLessThanOrEqual(most);
      converged++;
    }
    if (stopped) expect(stood).toBeLessThanOrEqual(downtime);
    if (load.dirtied < load.bandwidth) {
      const total = sent.reduce((sum, each) => sum + each, 0);
      expect(total).toBeLessThanOrEqual(pagesSentIn(load, sent.length) + 1e-6);
    }
  });
  fc.assert(property, { seed: 1, numRuns: 60 });
  expect(converged).toBeGreaterThan(20);
});

test('the model goes on for ever where QEMU does: as much is dirtied as is sent', () => {
  const { stopped, rounds: sent } = new Run(
    { memory: 6, bandwidth: 2, dirtied: 2, workingSet: 5 },
    1,
  );
  expect([stopped, sent.length]).toEqual([false, 30]);
  expect(sent.slice(0, 4)).toEqual([6, 4, 4, 4]);
});
