/** Properties of clocks took a vCPU for running in a tick in which it had to wait for a page. */
import { expect, test } from 'vitest';
import { scopes } from '../../model/index.ts';
import { cpu, GuestStory, service } from '../model/service/story.ts';

const memory = (name: string, args: Readonly<Record<string, unknown>>) => ({
  kind: `memory.${name}`,
  args: { host: 0, vm: 0, ...args },
});
/** The guest reads a page that has no memory yet. */
const stalls = [
  memory('map', { virtual: 0, page: 0, writable: false }),
  memory('read', { virtual: 0 }),
];
const boot = (clock: string) => [service('power-off'), service('boot', { clock, ahead: 0 })];

test('a guest gets no tick of its timer while it waits for a page, and accounts for none', () => {
  const story = new GuestStory(scopes['mixed-clocks']);
  story.run(...boot('timer'), ...stalls, cpu('tick'));
  expect(story.guest).toMatchObject({ monotonic: 0, accounted: { own: 0 } });
  // The page is there, which the next tick hears; the one after it is the first that comes to it.
  story.run(memory('populate', { page: 0, frame: 0 }), cpu('tick'));
  expect(story.guest.monotonic).toBe(0);
  story.run(cpu('tick'));
  expect(story.guest).toMatchObject({ monotonic: 1, accounted: { own: 1 } });
});

test('where ticks are delivered late, those in which it waited are', () => {
  const story = new GuestStory(scopes['mixed-clocks']);
  story.run(...boot('timer-with-replay'), ...stalls, cpu('tick'));
  expect(story.guest).toMatchObject({ monotonic: 0, backlog: 1 });
  story.run(memory('populate', { page: 0, frame: 0 }), cpu('tick'), cpu('tick'));
  expect(story.guest).toMatchObject({ monotonic: 2, backlog: 0 });
});

test('a clock that is read goes on, and its timer fires, while the guest waits', () => {
  const story = new GuestStory(scopes['mixed-clocks']);
  story.run(service('set-timer', { ticks: 1 }), ...stalls, cpu('tick'));
  expect(story.guest).toMatchObject({ monotonic: 1, timer: 0 });
  expect(story.events).toContain('timer-fired');
});

test('a guest that does not answer starves if one vCPU waits for its page and the other for a CPU', () => {
  const { sizes, ...scope } = scopes['mixed-clocks'];
  const two = { vcpus: 2, online: 2, thread: 3, heartbeat: 1 };
  const commands = ['memory.*', 'cpu.*', 'service.*'];
  const story = new GuestStory({ ...scope, commands, sizes: { ...sizes, ...two } });
  story.run(service('send-heartbeat'), ...stalls, cpu('tick'));
  expect(story.guest.silence).toBe('starved');
});
