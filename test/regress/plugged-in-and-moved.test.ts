/** A target gave a VM the vCPUs that its guest used: one that was plugged in, and not yet used, was gone. */
import { expect, test } from 'vitest';
import { scopes } from '../../model/index.ts';
import {
  begin,
  copy,
  handOver,
  MigrationStory,
  receive,
  step,
  stop,
} from '../model/migration/story.ts';

const cpu = (name: string, host: number, args: Readonly<Record<string, number>> = {}) => ({
  kind: `cpu.${name}`,
  args: { host, ...args },
});

test('a guest begins to use a vCPU on another host than that on which it was plugged in', () => {
  const story = new MigrationStory(scopes['migration-plugging']);
  story.run(cpu('set-vcpus', 0, { vm: 0, count: 2 }));
  story.run(...begin(), ...stop(), copy(0), receive, ...handOver());
  story.run(cpu('tick', 1), cpu('online-vcpu', 1, { thread: 1 }));
  expect(story.state.hosts.at(1).cpu.vms.at(0).wanted).toBe(2);
});

test('a guest that stayed after all does so too', () => {
  const story = new MigrationStory(scopes['migration-plugging']);
  story.run(cpu('set-vcpus', 0, { vm: 0, count: 2 }), ...begin(), step('freeze'), step('abort'));
  story.run(cpu('tick', 0), cpu('online-vcpu', 0, { thread: 1 }));
  expect(story.where()).toEqual([0]);
});
