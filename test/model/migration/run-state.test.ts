/** Guests that are paused, shut down or reboot while they move: their run state is carried (4.B, 4.F). */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import {
  begin,
  copy,
  handOver,
  MigrationStory,
  place,
  receive,
  step,
  stop,
  write,
} from './story.ts';

/** Stop-and-copy of a guest of two pages and one vCPU. */
const moves = [...begin(), ...stop(), copy(0), place(0), copy(1), receive, ...handOver()];
const frozen = moves.findIndex(({ kind }) => kind === 'migration.freeze');
const started = moves.length - 3;

const onCpu = (name: string, args: Readonly<Record<string, unknown>>): Call => ({
  kind: `cpu.${name}`,
  args,
});
const pause = (host: number): Call => onCpu('pause-vm', { host, vm: 0 });
const resume = (host: number): Call => onCpu('resume-vm', { host, vm: 0 });
const tick = (host: number): Call => onCpu('tick', { host });
const wake = (host: number): Call => onCpu('wake', { host, thread: 0 });
const shutDown: Call = { kind: 'power.shut-down', args: { vm: 0 } };
const reset: Call = { kind: 'power.reset', args: { vm: 0 } };

const scope: VmmScope = {
  ...scopes['migration-paused'],
  commands: [...scopes['migration-paused'].commands, 'cpu.wake'],
};
const begun = () => new MigrationStory(scope);
const vcpu = ({ state }: MigrationStory, host: number) =>
  state.hosts.at(host).cpu.threads.at(0).state;

test('a guest that is paused at any time before its freeze is paused on the target, and goes on there', () => {
  for (let at = 0; at <= frozen; at++) {
    const story = begun();
    story.run(...moves.slice(0, at), pause(0), ...moves.slice(at));
    expect(vcpu(story, 1)).toEqual({ kind: 'paused', was: 'ready' });
    // The target was the last to have it, although nothing has run there (MIG-A5).
    expect(story.ownership).toEqual({ owner: 1, epoch: 1, lastRan: 1, lock: 1, lost: false });
    story.run(tick(1));
    expect(story.refusal(write(1, 1, { host: 1 }))).toBe('guest-not-running');
    expect(story.refusal(resume(0))).toBe('not-paused');
    story.run(resume(1), tick(1));
    expect(vcpu(story, 1)).toEqual({ kind: 'running', on: 0 });
  }
});

test('one that was paused and goes on before its freeze runs on the target', () => {
  const story = begun();
  story.run(pause(0), ...moves.slice(0, frozen), resume(0), ...moves.slice(frozen));
  expect(vcpu(story, 1)).toEqual({ kind: 'ready' });
});

test('nobody pauses a guest where it is not, or while it is carried over', () => {
  for (let at = 0; at < moves.length; at++) {
    const story = begun();
    story.run(...moves.slice(0, at));
    const [here, there] = at <= frozen ? [0, 1] : [1, 0];
    expect(story.refusal(pause(there))).toBe('guest-not-here');
    if (at > frozen && at <= started) expect(story.refusal(pause(here))).toBe('guest-not-here');
    else story.run(pause(here));
  }
});

test.each([
  ['paused', [pause(0)], { kind: 'paused', was: 'ready' }],
  ['shut down', [tick(0), shutDown], { kind: 'blocked', on: 'off' }],
  ['running', [], { kind: 'ready' }],
] as const)(
  'a migration that is given up gives back a guest that was %s as it was',
  (_, before, as) => {
    for (const ending of ['freeze', 'quiesce', 'send-vcpus']) {
      const story = begun();
      const last = moves.findIndex(({ kind }) => kind === `migration.${ending}`);
      story.run(...before, ...moves.slice(0, last + 1), step('abort'));
      expect(vcpu(story, 0)).toEqual(as);
    }
  },
);

test('a guest that shuts down while it is copied does not start on the target, but for a reset', () => {
  const story = begun();
  story.run(tick(0), ...moves.slice(0, frozen), write(1, 1), shutDown);
  expect(story.refusal(write(1, 0))).toBe('guest-not-running');
  story.run(...stop(), copy(0), place(0), copy(1), place(1), ...handOver());
  expect(story.where()).toEqual([1]);
  story.run(wake(1), tick(1));
  expect(vcpu(story, 1)).toEqual({ kind: 'blocked', on: 'off' });
  // It may be paused as well, and is off when that ends.
  story.run(pause(1));
  expect(story.refusal(reset)).toBe('not-shut-down');
  story.run(resume(1), reset);
  expect(vcpu(story, 1)).toEqual({ kind: 'ready' });
  expect(story.refusal(reset)).toBe('not-shut-down');
});

test('a guest that reboots while it is copied runs on, and its writes are copied', () => {
  const story = new MigrationStory(scopes['migration-pages']);
  const reboot: Call = { kind: 'memory.reset-vm', args: { host: 0, vm: 0 } };
  const map: Call = {
    kind: 'memory.map',
    args: { host: 0, vm: 0, virtual: 1, page: 1, writable: true },
  };
  const copied = [0, 1, 2].flatMap((page) => [copy(page), place(page)]);
  story.run(
    ...begin(),
    reboot,
    map,
    write(1, 2),
    ...stop(),
    ...copied,
    copy(3),
    receive,
    ...handOver(),
  );
  expect(story.pages(1)).toEqual([1, 2, 1, 0]);
  const { table } = story.state.hosts.at(1).guests.at(0);
  expect(table.map(({ kind }) => kind)).toEqual(['absent', 'present', 'absent']);
});
