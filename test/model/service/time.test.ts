/** Time of day: 5.11, and EX-14. */
import { expect, test } from 'vitest';
import { cpu, GuestStory, guestsOf, service, ticks } from './story.ts';

const start = (policy: string, mayStepBack = false) => service('start', { policy, mayStepBack });
const boot = (clock: string, ahead = 0) => [
  service('power-off'),
  service('boot', { clock, ahead }),
];
const sync = [service('send-sync'), service('read-time')];
const sample = [service('send-sample'), service('read-time')];

test('EX-14: a clock 7 ticks ahead is right after 28 ticks, and never steps back', () => {
  const story = new GuestStory(guestsOf(1, { slew: 4 }));
  story.run(...boot('pv', 7), start('follows-samples'), ...sample);
  expect(story.guest).toMatchObject({ drift: { kind: 'ahead', by: 7 }, slewing: 1 });
  const shown: number[] = [];
  for (let t = 0; t < 27; t++) {
    story.run(cpu('tick'));
    shown.push(story.guest.monotonic);
  }
  expect(story.guest.drift).toEqual({ kind: 'ahead', by: 1 });
  story.run(cpu('tick'));
  expect(story.guest).toMatchObject({ drift: { kind: 'exact' }, slewing: 0, monotonic: 28 });
  // Strictly increasing: it is the time of day that goes slower.
  expect(shown).toEqual(Array.from({ length: 27 }, (_, t) => t + 1));
  expect(story.events).toEqual(['powered-off false']);
});

test.each([
  ['ignores-samples', { kind: 'behind', by: 600 }],
  ['implicit-sync', { kind: 'exact' }],
])('EX-14: 600 ticks behind with samples only, a guest that %s is %o', (policy, drift) => {
  const story = new GuestStory(guestsOf(1, { implicit: 500 }));
  story.run(...boot('pv'), start(policy), ...sync);
  story.run(cpu('pause-vm', { vm: 0 }), ...ticks(600), cpu('resume-vm', { vm: 0 }), ...ticks(1));
  expect(story.guest.drift).toEqual({ kind: 'behind', by: 600 });
  story.run(...sample);
  expect(story.guest.drift).toEqual(drift);
});

test('499 ticks behind are left alone by a guest that takes 500 for a missing SYNC', () => {
  const story = new GuestStory(guestsOf(1, { implicit: 500 }));
  story.run(cpu('pause-vm', { vm: 0 }), ...ticks(499), cpu('resume-vm', { vm: 0 }), ...ticks(1));
  story.run(...sample);
  expect(story.guest.drift).toEqual({ kind: 'behind', by: 499 });
  // The host remembers in the end.
  story.run(...sync);
  expect(story.guest.drift).toEqual({ kind: 'exact' });
  expect(story.events).toEqual(['clock-set 499']);
});

test('a message that waited for its guest is not late: what passed since is added', () => {
  const story = new GuestStory(guestsOf(1));
  story.run(cpu('pause-vm', { vm: 0 }), ...ticks(3), cpu('resume-vm', { vm: 0 }));
  story.run(service('send-sync'), cpu('pause-vm', { vm: 0 }), ...ticks(4));
  story.run(cpu('resume-vm', { vm: 0 }), ...ticks(1));
  expect(story.guest.message).toEqual({ kind: 'sync', age: 5 });
  story.run(service('read-time'));
  expect(story.guest.drift).toEqual({ kind: 'exact' });
});

test('a clock that counts ticks loses those that find its vCPU waiting, a paravirtual one none', () => {
  for (const [clock, behind] of [
    ['timer', { kind: 'behind', by: 5 }],
    ['pv', { kind: 'exact' }],
    // The last one comes with the tick after it.
    ['timer-with-replay', { kind: 'exact' }],
  ] as const) {
    const story = new GuestStory(guestsOf(2));
    story.run(...boot(clock), ...ticks(11));
    expect([clock, story.guest.drift]).toEqual([clock, behind]);
  }
});

test('ticks that wait are delivered late, so many at a time, and not at all after a SYNC', () => {
  const story = new GuestStory(guestsOf(2, { quantum: 4, replays: 2 }));
  story.run(...boot('timer-with-replay'), ...ticks(8));
  expect(story.guest).toMatchObject({ backlog: 4, monotonic: 4, drift: { kind: 'behind', by: 4 } });
  story.run(...ticks(1));
  expect(story.guest).toMatchObject({ backlog: 2, monotonic: 7, drift: { kind: 'behind', by: 2 } });
  story.run(start('ignores-samples'), ...sync, ...ticks(1));
  expect(story.guest).toMatchObject({ backlog: 0, monotonic: 8, drift: { kind: 'exact' } });
});

test('TIME-T2: without a service nothing is promised, and drift grows with what is missed', () => {
  const story = new GuestStory(guestsOf(2));
  story.run(...boot('timer'), ...ticks(400));
  expect(story.guest.drift).toEqual({ kind: 'behind', by: 200 });
  expect(story.refusal(service('send-sync'))).toBe('no-integration-service');
});

test('a SYNC sets a clock back only when a service starts that allows it', () => {
  const story = new GuestStory(guestsOf(1, { slew: 2 }));
  story.run(...boot('pv', 3), start('ignores-samples', true), ...sync);
  expect(story.guest).toMatchObject({ drift: { kind: 'exact' }, mayStepBack: false });
  expect(story.events.at(-1)).toBe('clock-set -3');
  story.run(...boot('pv', 3), start('ignores-samples'), ...sync);
  expect(story.guest).toMatchObject({ drift: { kind: 'ahead', by: 3 }, slewing: 1 });
});

test('a guest takes for stolen all that it waited, and for its own what is left of its ticks', () => {
  const story = new GuestStory(guestsOf(2, { quantum: 4 }));
  story.run(...ticks(8));
  expect(story.guest).toMatchObject({ accounted: { own: 4, stolen: 0 }, unaccounted: 4 });
  // Four ticks in one: the three that it missed do not come again.
  story.run(...ticks(1));
  expect(story.guest).toMatchObject({ accounted: { own: 4, stolen: 4 }, unaccounted: 0 });
  story.run(...ticks(3));
  expect(story.guest).toMatchObject({ accounted: { own: 7, stolen: 4 } });
});

test('a watchdog fires after a time without a look, but not after a pause', () => {
  const story = new GuestStory(guestsOf(1, { watchdog: 3 }));
  const look = service('check-watchdog');
  story.run(...ticks(2), look, cpu('pause-vm', { vm: 0 }), ...ticks(9));
  story.run(cpu('resume-vm', { vm: 0 }), ...ticks(1), look);
  expect(story.events).toEqual([]);
  // Who asks once is told once.
  story.run(...ticks(3), look);
  expect(story.events).toEqual(['watchdog-fired']);
});
