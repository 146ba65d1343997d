/** What a VM is made of while it moves, and what its host may still change. MIG-A9. */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import { setTarget } from '../memory/story.ts';
import {
  begin,
  copy,
  handOver,
  MigrationStory,
  place,
  receive,
  start,
  step,
  stop,
  stopAndCopy,
} from './story.ts';

/** Guests of two vCPUs, with services, which may move at any time. */
const sizes: VmmScope['sizes'] = {
  ...scopes['migration-timed'].sizes,
  policy: 0,
  bandwidth: 0,
  managed: 0,
};
const { commands: _, ...timed } = scopes['migration-timed'];
const scope: VmmScope = { ...timed, sizes };

const setVcpus = (host: number, count: number): Call => ({
  kind: 'cpu.set-vcpus',
  args: { host, vm: 0, count },
});
const snapshot = (host: number): Call => ({ kind: 'service.take-snapshot', args: { host, vm: 0 } });

test('while a VM moves nobody changes its vCPUs, takes a snapshot of its disk or moves it elsewhere', () => {
  const story = new MigrationStory(scope);
  story.run(setVcpus(0, 1), snapshot(0));
  for (const call of stopAndCopy(1, 0, 2)) {
    story.run(call);
    if (story.migration.phase === 'idle') break;
    for (const host of [0, 1]) {
      expect(story.refusal(setVcpus(host, 2))).toBe('migration-in-progress');
      expect(story.refusal(snapshot(host))).toBe('migration-in-progress');
    }
    const isOver = story.migration.phase === 'acknowledged';
    expect(story.refusal(start(2))).toBe(isOver ? 'left-behind' : 'already-migrating');
  }
  expect(story.where()).toEqual([1]);
  // It is to have as many as before, and only its new host changes that.
  expect([0, 1, 2].map((at) => story.state.hosts.at(at).cpu.vms.at(0).wanted)).toEqual([0, 1, 0]);
  expect(story.refusal(setVcpus(0, 2))).toBe('guest-not-here');
  story.run(setVcpus(1, 2), snapshot(1));
});

test('a migration that was given up is over once its target has thrown away what it had', () => {
  const story = new MigrationStory(scope);
  story.run(...begin(), step('freeze'), step('abort'));
  expect(story.refusal(setVcpus(0, 1))).toBe('migration-in-progress');
  story.run(step('discard'), setVcpus(0, 1));
  expect([0, 1].map((at) => story.state.hosts.at(at).cpu.vms.at(0).wanted)).toEqual([1, 0]);
});

/** Stop-and-copy of a guest of four pages, the last of which it does not use. */
const fourPages = [
  ...[...begin(), ...stop(), ...[0, 1, 2].flatMap((page) => [copy(page), place(page)])],
  ...[copy(3), receive, ...handOver()],
];
const frozen = fourPages.findIndex(({ kind }) => kind === 'migration.freeze') + 1;

test('a balloon’s target may change until its guest stands still, and comes with the guest (4.F)', () => {
  for (let at = 0; at < frozen; at++) {
    const story = new MigrationStory(scopes['migration-pages']);
    story.run(...fourPages.slice(0, at), setTarget(0, 1), ...fourPages.slice(at));
    expect(story.state.hosts.at(1).memory.vms.at(0).balloon.target).toBe(1);
  }
  const story = new MigrationStory(scopes['migration-pages']);
  story.run(...fourPages.slice(0, frozen));
  expect(story.refusal(setTarget(0, 1))).toBe('vm-stopped');
});
