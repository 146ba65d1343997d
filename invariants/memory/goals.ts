/**
 * What random runs must come to see: every place of a page, every use of a frame, every event, every
 * refusal, and the interactions of chapter 6. Nothing holds only because nothing happens.
 */
import { match } from 'ts-pattern';
import type { Sometimes } from '../../machine/index.ts';
import { type CheckedMemory, type MemoryCall, memoryCommands } from '../../model/index.ts';
import { goalsOf } from '../goals.ts';
import { isShared, kinds, type MemoryChange, property, type Reading } from './reading.ts';

type Goal = Sometimes<CheckedMemory>;
const { states, events, refusals } = goalsOf(property);

/** Whether any page of any VM is so. */
function somePage(m: Reading, is: (m: Reading, vm: number, page: number) => boolean): boolean {
  for (let v = 0; v < m.host.vms.length; v++) {
    for (let p = 0; p < m.host.vms.at(v).size; p++) if (is(m, v, p)) return true;
  }
  return false;
}

/** Where pages come to be, and a command that may bring them there. */
const placesBy = {
  unbacked: kinds('memory.create-vm'),
  mapped: kinds('memory.populate'),
  zero: kinds('memory.scan-page'),
  swapped: kinds('memory.swap-out-end'),
  ballooned: kinds('memory.acknowledge-inflate'),
  reported: kinds('memory.acknowledge-report'),
  special: kinds('memory.map-special'),
};
const places = states('place', 'a page is', placesBy, (after, kind) =>
  somePage(after, (m, v, p) => m.host.vms.at(v).pages.at(p).at.kind === kind),
);

const frameUsesBy = {
  free: kinds('memory.create-vm'),
  private: kinds('memory.populate'),
  shared: kinds('memory.merge-page', 'memory.scan-page'),
  overhead: kinds('memory.create-vm'),
  hypervisor: kinds('memory.create-vm'),
};
const frameUses = states('frame', 'a frame is', frameUsesBy, ({ host }, kind) =>
  host.frames.some(({ use }) => use.kind === kind),
);

const guestUsesBy = {
  free: kinds('memory.create-vm'),
  used: kinds('memory.map'),
  ballooned: kinds('memory.inflate-balloon'),
  deflating: kinds('memory.deflate-balloon', 'memory.out-of-memory'),
  isolated: kinds('memory.report-free-pages'),
  reserved: kinds('memory.map-special'),
};
const guestUses = states('guest', 'a guest has a page that is', guestUsesBy, ({ guests }, kind) =>
  guests.some(({ use }) => use.some((each) => each === kind)),
);

const access = kinds('memory.read', 'memory.write', 'memory.page-out');
const told = events({
  read: kinds('memory.read'),
  written: kinds('memory.write'),
  stalled: access,
  'guest-fault': access,
  'balloon-popped': kinds('memory.populate'),
  'iommu-fault': kinds('memory.dma'),
  'double-paging': kinds('memory.page-out'),
  'swap-out-aborted': kinds('memory.swap-out-end'),
  harvested: kinds('memory.harvest-log'),
  activity: kinds('memory.sample-active'),
  'guest-oom-kill': kinds('memory.out-of-memory'),
  'balloon-gave': kinds('memory.out-of-memory'),
  'host-oom-kill': kinds('memory.oom-kill'),
  scanned: kinds('memory.scan-page'),
});

const scans = (['already-shared', 'volatile', 'merged', 'merged-zero', 'inserted'] as const).map(
  (result): Goal =>
    property.sometimes({
      id: `GOAL-scan-${result}`,
      name: `a visit of the scanner ends as '${result}'`,
      commands: kinds('memory.scan-page'),
      reached: ({ events: told }) =>
        told.some((event) => event.type === 'scanned' && event.result === result),
    }),
);

/** A page as the columns of chapter 6 tell them apart. */
type Column =
  | 'unbacked'
  | 'private'
  | 'pinned'
  | 'shared'
  | 'swapped'
  | 'ballooned'
  | 'reported'
  | 'special'
  | 'missing';
function columnOf(m: Reading, vm: number, page: number): Column {
  const { at, pins } = m.host.vms.at(vm).pages.at(page);
  if (isShared(m.host, at)) return 'shared';
  if (at.kind === 'mapped') return pins > 0 ? 'pinned' : 'private';
  return match(at)
    .returnType<Column>()
    .with({ kind: 'zero' }, () => 'shared')
    .otherwise(({ kind }) => kind);
}

/** Whether an accepted command is about a page of this column, as it found it. */
function meets({ call, before }: MemoryChange, column: Column): boolean {
  const { args } = call;
  if (!('vm' in args)) return false;
  const { vm } = args;
  const guest = before.guests.at(vm);
  const is = (page: number): boolean => columnOf(before, vm, page) === column;
  switch (call.kind) {
    case 'memory.read':
    case 'memory.write':
    case 'memory.page-out': {
      const entry = guest.table.at(call.args.virtual);
      return entry.kind === 'present' && is(entry.page);
    }
    case 'memory.acknowledge-inflate':
      return guest.inflating.some((told, page) => told && is(page));
    case 'memory.acknowledge-deflate':
      return guest.deflating.some((told, page) => told && is(page));
    case 'memory.acknowledge-report':
      return guest.reporting.some((told, page) => told && is(page));
    case 'memory.reset-vm':
    case 'memory.destroy-vm': {
      const { pages, size } = before.host.vms.at(vm);
      return pages.some((_, page) => page < size && is(page));
    }
    default:
      return 'page' in args && is(args.page);
  }
}

/** The cells of chapter 6 that are accepted; refused ones are among the refusals. */
const cells: Readonly<Partial<Record<MemoryCall['kind'], readonly Column[]>>> = {
  'memory.read': ['unbacked', 'private', 'pinned', 'shared', 'swapped', 'ballooned', 'reported'],
  'memory.write': ['unbacked', 'private', 'pinned', 'shared', 'swapped', 'ballooned', 'reported'],
  'memory.page-out': ['unbacked', 'private', 'pinned', 'shared', 'swapped', 'reported'],
  'memory.populate': ['unbacked', 'ballooned', 'reported'],
  'memory.swap-out-begin': ['private'],
  'memory.merge-page': ['private'],
  'memory.scan-page': ['private', 'shared'],
  'memory.acknowledge-inflate': ['unbacked', 'private', 'pinned', 'shared', 'swapped', 'reported'],
  'memory.acknowledge-deflate': ['ballooned'],
  'memory.acknowledge-report': ['unbacked', 'private', 'pinned', 'shared', 'swapped', 'reported'],
  'memory.pin': ['private', 'pinned'],
  'memory.reset-vm': [
    'unbacked',
    'private',
    'pinned',
    'shared',
    'swapped',
    'ballooned',
    'reported',
    'special',
  ],
  'memory.destroy-vm': [
    'unbacked',
    'private',
    'shared',
    'swapped',
    'ballooned',
    'reported',
    'special',
  ],
};

const interactions = Object.entries(cells).flatMap(([kind, columns]) =>
  columns.map(
    (column): Goal =>
      property.sometimes({
        id: `GOAL-${kind.slice('memory.'.length)}-${column}`,
        name: `${kind} meets a page that is ${column}`,
        commands: [kind],
        reached: (change) => meets(change, column),
      }),
  ),
);

export const memoryGoals: readonly Goal[] = [
  ...places,
  ...frameUses,
  ...guestUses,
  ...told,
  ...scans,
  ...interactions,
  ...refusals(memoryCommands, (kind) => kind.slice('memory.'.length)),
];
