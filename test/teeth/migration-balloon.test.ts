/** MIG-S8 asks for everything of a balloon: each part, wrong by itself, on a VM that has just arrived. */
import { expect, test } from 'vitest';
import { noNotes } from '../../machine/index.ts';
import type { Vmm } from '../../model/index.ts';
import { receive } from '../model/migration/story.ts';
import { after, properties, scope, started, steps } from './migration-bench.ts';

const balloon = (v: Vmm) => v.hosts.at(1).memory.vms.at(0).balloon;
const guest = (v: Vmm) => v.hosts.at(1).guests.at(0);

test.each<[string, (v: Vmm) => void]>([
  [
    'the balloon driver was absent, and is ready',
    (v) => {
      balloon(v).driver = 'ready';
    },
  ],
  [
    'the balloon’s target was 0, and is 1',
    (v) => {
      balloon(v).target = 1;
    },
  ],
  [
    'the balloon held 0, and holds 1',
    (v) => {
      balloon(v).actual = 1;
    },
  ],
  [
    'the statistics were with none, and are with host',
    (v) => {
      balloon(v).statistics = 'host';
    },
  ],
  [
    'the statistics were with none, and are with none',
    (v) => {
      balloon(v).reportedFree = 1;
    },
  ],
  [
    'the balloon has other features',
    (v) => {
      balloon(v).mustTell = true;
    },
  ],
  [
    'the balloon has other features',
    (v) => {
      balloon(v).deflateOnOom = true;
    },
  ],
  [
    'the balloon has other features',
    (v) => {
      balloon(v).reporting = true;
    },
  ],
  [
    'the balloon has other features',
    (v) => {
      balloon(v).poison = true;
    },
  ],
  [
    'the balloon has other features',
    (v) => {
      balloon(v).poisonValue = 1;
    },
  ],
  [
    'the host forgot that page 1 is in the balloon',
    (v) => {
      balloon(v).told[1] = true;
    },
  ],
  [
    'the host forgot that page 2 is in the balloon',
    (v) => {
      balloon(v).reclaimed[2] = true;
    },
  ],
  [
    'the balloon had 0 pages, and has 1',
    (v) => {
      guest(v).balloonPages = 1;
    },
  ],
  [
    'the balloon had 0 pages, and has 0',
    (v) => {
      guest(v).managed = 2;
    },
  ],
  [
    'a message of the driver about page 0 was lost',
    (v) => {
      guest(v).inflating[0] = true;
    },
  ],
  [
    'a message of the driver about page 1 was lost',
    (v) => {
      guest(v).deflating[1] = true;
    },
  ],
  [
    'a message of the driver about page 2 was lost',
    (v) => {
      guest(v).reporting[2] = true;
    },
  ],
  [
    'page 1 was ballooned, and is mapped',
    (v) => {
      v.hosts.at(0).memory.vms.at(0).pages.at(1).at = { kind: 'ballooned' };
    },
  ],
])('%s', (message, spoil) => {
  const [before, state] = [after(...steps(...started)), after(...steps(...started, receive))];
  spoil(state);
  const property = properties.find(({ id }) => id === 'MIG-S8');
  if (property?.kind !== 'transition') throw new Error('there is no MIG-S8');
  const change = { before, call: receive, after: state, events: [], size: scope.sizes };
  expect(property.violation({ ...change, notes: noNotes() } as never)).toContain(message);
});
