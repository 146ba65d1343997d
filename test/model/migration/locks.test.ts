/** Locks of guests that move: who holds one and who waits for it arrive so. 4.C.2, 5.9. */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import {
  begin,
  coldBoot,
  copy,
  crash,
  handOver,
  MigrationStory,
  receive,
  step,
  stop,
} from './story.ts';

/** A guest of one page, of zeros, and two vCPUs on one CPU, which take turns. */
const scope: VmmScope = {
  ...scopes['migration-locks'],
  sizes: { ...scopes['migration-locks'].sizes, crashes: 1 },
  commands: [...scopes['migration-locks'].commands, 'crash.*', 'power.*'],
};
const onCpu = (name: string, args: Readonly<Record<string, unknown>>): Call => ({
  kind: `cpu.${name}`,
  args,
});
const tick = (host = 0): Call => onCpu('tick', { host });
const lock = (thread: number): Call => onCpu('lock', { host: 0, thread });
const unlock = (thread: number, host: number): Call => onCpu('unlock', { host, thread });
const lockOn = ({ state }: MigrationStory, host: number) => state.hosts.at(host).cpu.vms.at(0).lock;

/** vCPU 0 has lost its CPU while it holds the lock that vCPU 1 wants. */
const held = [lock(0), tick(), lock(1)];
const free = { holder: null, waiting: [] };

test('a lock is held and waited for on the target as on the source, and goes on to who waits', () => {
  const story = new MigrationStory(scope);
  story.run(...held, ...begin(), ...stop(0, 2));
  // Nobody can let go of it while the guest is carried.
  expect([lockOn(story, 0), lockOn(story, 1)]).toEqual([free, free]);
  story.run(copy(0), receive, ...handOver());
  expect(lockOn(story, 1)).toEqual({ holder: 0, waiting: [1] });
  story.run(tick(1), unlock(0, 1));
  expect(lockOn(story, 1)).toEqual({ holder: 1, waiting: [] });
  story.run(tick(1), unlock(1, 1));
  expect(lockOn(story, 1)).toEqual(free);
});

test('a migration that is given up gives the lock back', () => {
  const story = new MigrationStory(scope);
  story.run(...held, ...begin(), ...stop(0, 2), step('abort'));
  expect(lockOn(story, 0)).toEqual({ holder: 0, waiting: [1] });
});

test('a guest that boots or is reset knows of no lock', () => {
  const story = new MigrationStory(scope);
  story.run(...held, { kind: 'power.shut-down', args: { vm: 0 } });
  expect(lockOn(story, 0)).toEqual({ holder: 0, waiting: [1] });
  story.run({ kind: 'power.reset', args: { vm: 0 } });
  expect(lockOn(story, 0)).toEqual(free);
  story.run(tick(), lock(0), crash(0), coldBoot(1));
  expect([lockOn(story, 0), lockOn(story, 1)]).toEqual([free, free]);
});
