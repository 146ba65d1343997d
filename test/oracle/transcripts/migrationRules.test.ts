/** Rules about logs of migrations, each with a log that it accepts and one that it does not. */
import { describe, expect, test } from 'vitest';
import { validate } from '../../../oracle/transcripts/index.ts';

const PAGES = 256;
const TOTAL = PAGES * 4096;

type Log = readonly object[];

let id = 0;
function qmp(vm: string, execute: string, args: object = {}, reply: object = {}): object[] {
  id += 1;
  const answer = 'return' in reply || 'error' in reply ? reply : { return: reply };
  return [
    { vm, dir: '>', msg: { execute, arguments: args, id } },
    { vm, dir: '<', msg: { ...answer, id } },
  ];
}

const event = (vm: string, name: string, data: object = {}): object => ({
  vm,
  dir: '<',
  msg: { timestamp: { seconds: 1 }, event: name, data },
});
const status = (vm: string, to: string): object => event(vm, 'MIGRATION', { status: to });
const pass = (number: number): object => event('src', 'MIGRATION_PASS', { pass: number });
const error = (desc: string): object => ({ error: { class: 'GenericError', desc } });
const asks = (vm: string, state: string): object[] =>
  qmp(vm, 'query-status', {}, { return: { status: state, running: state === 'running' } });
const poll = (to: string, ram: object | undefined, rest: object = {}): object => ({
  vm: 'src',
  sample: { status: to, ...(ram === undefined ? {} : { ram }), ...rest },
});

/** Counters of a poll: so many zero and other pages sent, so many that remain. */
const counters = (zeros: number, others: number, remaining: number, syncs: number): object => ({
  total: TOTAL,
  transferred: others * 4104 + zeros * 9,
  remaining: remaining * 4096,
  duplicate: zeros,
  normal: others,
  'dirty-sync-count': syncs,
});

function machines(capabilities: readonly string[] = [], paused = true, version = 7): Log {
  const on = ['events', ...capabilities].map((capability) => ({ capability, state: true }));
  const start = (vm: string, more: readonly string[]): object[] => [
    { vm, argv: ['qemu', '-m', '1M', ...more] },
    { vm, dir: '<', msg: { QMP: { version: { qemu: { major: version } } } } },
    ...qmp(vm, 'qmp_capabilities'),
    ...qmp(vm, 'migrate-set-capabilities', { capabilities: on }),
  ];
  const waits = ['-incoming', 'unix:/m', ...(paused ? ['-S'] : [])];
  return [...start('src', []), ...start('dst', waits)];
}

/** `migrate` and all until the status is active. */
function begun(): Log {
  const [ask = {}, answer = {}] = qmp('src', 'migrate', { uri: 'unix:/m' });
  return [
    ...[ask, status('src', 'setup'), answer],
    ...[status('dst', 'active'), pass(1), status('src', 'active')],
  ];
}

/** The guest is stopped and everything is sent. */
const ends: Log = [
  ...[event('src', 'STOP'), pass(2), status('src', 'completed'), status('dst', 'completed')],
];

function read(vm: string, registers = 'RAX=1'): object[] {
  return [
    ...qmp(vm, 'pmemsave', { val: 0, size: TOTAL, filename: 'f' }),
    ...qmp(
      vm,
      'human-monitor-command',
      { 'command-line': 'info registers' },
      { return: registers },
    ),
  ];
}

function comparison(differing: number, registersEqual = true): object {
  return {
    note: 'state compare',
    sha256: { src: 'a0', dst: differing === 0 ? 'a0' : 'b0' },
    pagesA: PAGES,
    pagesB: PAGES,
    differing,
    first: Array.from({ length: Math.min(12, differing) }, (_, index) => 7 * index),
    registersEqual,
    registerLinesDiffering: registersEqual ? [] : ['RAX'],
  };
}

/** What is said of a log: `holds`, the broken properties, or the field that cannot be. */
function judge(log: Log): string {
  const judged = validate(
    'qemu-migration',
    log.map((record) => JSON.stringify(record)),
  );
  if (judged.verdict === 'bad-input') return `line ${judged.problems[0]?.line}`;
  if (judged.verdict === 'holds') return 'holds';
  return judged.impossible?.field ?? judged.violations.map(({ name }) => name).join();
}

const EQUIVALENCE = 'migration state equivalence';
const ONE = 'exactly one running guest';
const start = [...machines(), ...begun()];
const moved = [...start, ...ends];
const compared = (...between: Log): Log => [...moved, ...between, ...read('src'), ...read('dst')];
const resume = (vm: string): object[] => {
  const [ask = {}, answer = {}] = qmp(vm, 'cont');
  return [ask, event(vm, 'RESUME'), answer];
};
const cancel = (): object[] => {
  const [ask = {}, answer = {}] = qmp('src', 'migrate_cancel');
  return [ask, status('src', 'cancelling'), answer, status('src', 'cancelled')];
};

interface Rule {
  readonly rule: string;
  readonly good: Log;
  /** A log, and what is said of it. */
  readonly bad: readonly [Log, string];
}

const rules: readonly Rule[] = [
  {
    rule: 'equal after a migration, as long as neither side has run since (MIG-S8)',
    good: [...compared(), comparison(0)],
    bad: [[...compared(), comparison(3)], EQUIVALENCE],
  },
  {
    rule: 'a target that has run, or a source that was resumed, may differ',
    good: [...compared(...resume('dst')), comparison(3)],
    bad: [[...compared(), ...resume('dst'), comparison(3)], EQUIVALENCE],
  },
  {
    rule: 'a migration that failed copies nothing for certain',
    good: [...start, status('src', 'failed'), ...read('src'), ...read('dst'), comparison(3)],
    bad: [[...compared(), comparison(3)], EQUIVALENCE],
  },
  {
    rule: 'a note says of the registers what their texts say',
    good: [...compared(), comparison(0)],
    bad: [[...compared(), comparison(0, false)], 'registersEqual'],
  },
  {
    rule: 'ballooned pages are not compared (4.C.2)',
    good: [
      ...machines(),
      ...qmp('src', 'balloon', { value: TOTAL - 3 * 4096 }),
      ...[...begun(), ...ends, ...read('src'), ...read('dst'), comparison(3)],
    ],
    bad: [
      [
        ...machines(),
        ...qmp('src', 'balloon', { value: TOTAL - 3 * 4096 }),
        ...[...begun(), ...ends, ...read('src'), ...read('dst'), comparison(4)],
      ],
      EQUIVALENCE,
    ],
  },
  {
    rule: 'registers are compared too',
    good: [...moved, ...read('src', 'RAX=1'), ...read('dst', 'RAX=1'), comparison(0)],
    bad: [
      [...moved, ...read('src', 'RAX=1'), ...read('dst', 'RAX=2'), comparison(0, false)],
      EQUIVALENCE,
    ],
  },
  {
    rule: 'the guest’s count of its writes never falls, wherever it runs',
    good: [
      { vm: 'src', agent: '>', msg: 'count' },
      { vm: 'src', agent: '<', msg: { count: 9, t: 1 } },
      ...[...begun(), ...ends, ...resume('dst')],
      { vm: 'dst', agent: '>', msg: 'count' },
      { vm: 'dst', agent: '<', msg: { count: 9, t: 1 } },
    ].toSpliced(0, 0, ...machines()),
    bad: [
      [
        ...machines(),
        { vm: 'src', agent: '>', msg: 'count' },
        { vm: 'src', agent: '<', msg: { count: 9, t: 1 } },
        ...[...begun(), ...ends, ...resume('dst')],
        { vm: 'dst', agent: '>', msg: 'count' },
        { vm: 'dst', agent: '<', msg: { count: 8, t: 1 } },
      ],
      EQUIVALENCE,
    ],
  },
  {
    rule: 'a source left behind may be resumed, but not beside its target (MIG-S1, MIG-S11)',
    good: [...moved, ...resume('src'), ...asks('src', 'running')],
    bad: [[...moved, ...resume('src'), ...resume('dst')], ONE],
  },
  {
    rule: 'a target that runs tells that the source has stopped, whichever line is first',
    good: [
      ...[...machines([], false), ...begun(), event('dst', 'RESUME'), event('src', 'STOP')],
      ...[pass(2), status('src', 'completed'), status('dst', 'completed')],
    ],
    bad: [
      [...[...machines([], false), ...begun(), event('dst', 'RESUME')], ...asks('src', 'running')],
      ONE,
    ],
  },
  {
    rule: 'a guest is stopped, and the dirty log read once more, before a migration is completed',
    good: moved,
    bad: [[...start, pass(2), event('src', 'STOP'), status('src', 'completed')], 'msg.data.status'],
  },
  {
    rule: 'that the guest was stopped is told, also where its target ran first',
    good: moved,
    bad: [
      [
        ...[...machines([], false), ...begun(), event('dst', 'RESUME'), pass(2)],
        status('src', 'completed'),
      ],
      'msg.data.status',
    ],
  },
  {
    rule: 'the last poll of a wait has the last status that the wait saw',
    good: [
      ...[...start, ...cancel(), poll('cancelled', undefined)],
      { note: 'end', sequence: ['cancelled'], last: { status: 'cancelled' } },
    ],
    bad: [
      [
        ...[...start, ...cancel(), poll('cancelled', undefined)],
        { note: 'end', sequence: ['cancelled'], last: { status: 'active' } },
      ],
      'last.status',
    ],
  },
  {
    rule: 'a poll that only a note has is judged as one',
    good: [...start, { note: 'once', q: { status: 'active', ram: counters(1, 1, 254, 1) } }],
    bad: [
      [...start, { note: 'once', q: { status: 'active', ram: counters(1, 1, 257, 1) } }],
      'q.ram.remaining',
    ],
  },
  {
    rule: 'nothing is cancelled that nobody cancels',
    good: [...start, ...cancel(), status('dst', 'failed'), { vm: 'dst', exit: 1, signal: null }],
    bad: [[...start, status('src', 'cancelling')], 'msg.data.status'],
  },
  {
    rule: 'a target that cannot load its stream ends with status 1',
    good: [...start, ...cancel(), status('dst', 'failed'), { vm: 'dst', exit: 1, signal: null }],
    bad: [
      [...start, ...cancel(), status('dst', 'failed'), { vm: 'dst', exit: 0, signal: null }],
      'exit',
    ],
  },
  {
    rule: 'post-copy begins when it is asked for',
    good: [
      ...[...machines(['postcopy-ram']), ...begun()],
      ...[...qmp('src', 'migrate-start-postcopy'), status('src', 'postcopy-active')],
    ],
    bad: [
      [...machines(['postcopy-ram']), ...begun(), status('src', 'postcopy-active')],
      'msg.data.status',
    ],
  },
  {
    rule: 'newer releases have statuses that older ones do not (erase rule, failing)',
    good: [
      ...[...machines([], true, 10), ...begun(), event('src', 'STOP'), status('src', 'device')],
      ...[pass(2), status('src', 'failing'), status('src', 'failed'), event('src', 'RESUME')],
    ],
    bad: [[...start, status('src', 'failing')], 'msg.data.status'],
  },
  {
    rule: 'a `migrate` that cannot connect at once is refused after it has begun and failed',
    good: [
      ...machines(),
      { vm: 'src', dir: '>', msg: { execute: 'migrate', arguments: { uri: 'x' }, id: 'm' } },
      ...[status('src', 'setup'), status('src', 'failed')],
      { vm: 'src', dir: '<', msg: { id: 'm', ...error("Parameter 'uri' expects a valid one") } },
    ],
    bad: [
      [
        ...start,
        ...qmp('src', 'migrate', { uri: 'x' }, error('Guest is waiting for an incoming migration')),
      ],
      'msg.error.desc',
    ],
  },
  {
    rule: 'a guest left behind is not migrated again before it is resumed',
    good: [
      ...[...moved, ...asks('src', 'postmigrate')],
      ...qmp(
        'src',
        'migrate',
        { uri: 'unix:/m' },
        error("Can't migrate the vm that was paused due to previous migration"),
      ),
    ],
    bad: [
      [...moved, ...asks('src', 'postmigrate'), ...qmp('src', 'migrate', { uri: 'unix:/m' })],
      'msg.return',
    ],
  },
  {
    rule: 'a target that was started with -S waits for cont',
    good: [...moved, ...asks('dst', 'paused')],
    bad: [[...start, event('dst', 'RESUME')], 'msg.event'],
  },
  {
    rule: 'what is sent and what remains add up until the next sync',
    good: [
      ...[...start, poll('active', counters(10, 10, 236, 1)), pass(2)],
      ...[poll('active', counters(100, 156, 30, 2)), poll('active', counters(100, 166, 20, 2))],
      poll('active', counters(100, 176, 10, 2)),
    ],
    bad: [
      [
        ...[...start, poll('active', counters(10, 10, 236, 1))],
        ...[poll('active', counters(10, 20, 236, 1)), poll('active', counters(20, 20, 216, 1))],
      ],
      'sample.ram.remaining',
    ],
  },
  {
    rule: 'with xbzrle, pages that are sent as differences are counted elsewhere',
    good: [
      ...[...machines(['xbzrle']), ...begun(), poll('active', counters(10, 10, 236, 1))],
      ...[poll('active', counters(10, 20, 200, 1)), poll('active', counters(10, 20, 100, 1))],
    ],
    bad: [
      [
        ...[...machines(['xbzrle']), ...begun(), poll('active', counters(10, 20, 236, 1))],
        poll('active', counters(10, 10, 200, 1)),
      ],
      'sample.ram.transferred',
    ],
  },
  {
    rule: 'a whole query-migrate reply is judged as a poll',
    good: [
      ...start,
      ...qmp(
        'src',
        'query-migrate',
        {},
        { return: { status: 'active', ram: counters(1, 1, 254, 1) } },
      ),
    ],
    bad: [
      [
        ...start,
        ...qmp(
          'src',
          'query-migrate',
          {},
          { return: { status: 'active', ram: counters(1, 1, 254, 9) } },
        ),
      ],
      'msg.return.ram.dirty-sync-count',
    ],
  },
  {
    rule: 'auto-converge takes 20 % at first and 10 % more each time (4.B.3)',
    good: [
      ...[...machines(['auto-converge']), ...begun()],
      poll('active', counters(1, 1, 254, 1), { throttle: 30 }),
    ],
    bad: [
      [
        ...[...machines(['auto-converge']), ...begun()],
        poll('active', counters(1, 1, 254, 1), { throttle: 25 }),
      ],
      'sample.throttle',
    ],
  },
  {
    rule: 'a command whose effect is not known may stop the guest',
    good: [
      ...machines(),
      ...qmp('src', 'human-monitor-command', { 'command-line': 'stop' }, { return: '' }),
      event('src', 'STOP'),
    ],
    bad: [[...machines(), event('src', 'STOP')], 'msg.event'],
  },
];

describe.each(rules)('$rule', ({ good, bad: [log, said] }) => {
  test('good', () => {
    expect(judge(good)).toBe('holds');
  });
  test('bad', () => {
    expect(judge(log)).toBe(said);
  });
});

const stories: readonly (readonly [story: string, log: Log])[] = [
  [
    'the source is killed, and its target ends',
    [
      ...[...start, { vm: 'src', exit: null, signal: 'SIGKILL' }, status('dst', 'failed')],
      { vm: 'dst', stderr: 'qemu: load of migration failed: Input/output error\n' },
      ...[
        { vm: 'dst', exit: 1, signal: null },
        { note: 'end', src: 'exited', dst: 'exited' },
      ],
    ],
  ],
  [
    'a device is missing at the target: the source believes that it is done',
    [
      ...[...start, event('src', 'STOP'), pass(2), status('src', 'completed')],
      ...[status('dst', 'failed'), { vm: 'dst', exit: 1, signal: null }],
      ...[...asks('src', 'postmigrate'), ...resume('src'), ...asks('src', 'running')],
    ],
  ],
  [
    'the target is killed in post-copy: nobody has the whole guest',
    [
      ...[...machines(['postcopy-ram'], false), ...begun()],
      ...[...qmp('src', 'migrate-start-postcopy'), status('src', 'postcopy-active')],
      ...[event('src', 'STOP'), pass(2), status('dst', 'postcopy-active'), event('dst', 'RESUME')],
      ...[{ vm: 'dst', exit: null, signal: 'SIGKILL' }, status('src', 'postcopy-paused')],
      ...[poll('postcopy-paused', counters(9, 9, 238, 2)), ...asks('src', 'finish-migrate')],
      ...qmp('src', 'cont', {}, error('Migration is not finalized yet')),
    ],
  ],
  [
    'the guest is stopped so that the migration ends, and arrives paused',
    [
      ...[...machines([], false), ...begun(), poll('active', counters(10, 10, 236, 1))],
      ...qmp('src', 'stop').toSpliced(1, 0, event('src', 'STOP')),
      ...[pass(2), status('src', 'completed'), status('dst', 'completed')],
      ...[...asks('src', 'postmigrate'), ...asks('dst', 'paused')],
      ...[...read('src'), ...read('dst'), comparison(0)],
    ],
  ],
  [
    'nobody listens: the command succeeds and the migration fails',
    [
      ...machines(),
      ...qmp('src', 'migrate', { uri: 'unix:/other' }).toSpliced(1, 0, status('src', 'setup')),
      ...[status('src', 'failed'), poll('failed', undefined, { error: 'Failed to connect' })],
      ...[...asks('src', 'running'), ...qmp('src', 'migrate_cancel'), ...asks('dst', 'inmigrate')],
    ],
  ],
  [
    'a wait is given up: its last poll is in no other record',
    [
      ...[...start, poll('active', counters(10, 10, 236, 1))],
      {
        ...{ note: 'throttled', ms: 30_000, sequence: ['active'] },
        last: { status: 'active', ram: counters(10, 20, 226, 1) },
      },
    ],
  ],
  [
    'a source that was asked before its target began to run may say that it runs itself',
    [
      ...[...machines([], false), ...begun()],
      ...asks('src', 'running').toSpliced(1, 0, event('dst', 'RESUME')),
      ...[event('src', 'STOP'), pass(2), status('src', 'completed'), status('dst', 'completed')],
    ],
  ],
  [
    'a second writer counts from the beginning',
    [
      ...machines(),
      ...[
        { vm: 'src', agent: '>', msg: 'count' },
        { vm: 'src', agent: '<', msg: { count: 9, t: 1 } },
        { vm: 'src', agent: '>', msg: 'dirty 3 2 0' },
        { vm: 'src', agent: '<', msg: { dirtying: 7, span: 3, rate: 2 } },
        { vm: 'src', agent: '>', msg: 'count' },
        { vm: 'src', agent: '<', msg: { count: 1, t: 2 } },
      ],
    ],
  ],
];

test.each(stories)('%s', (_, log) => {
  expect(judge(log)).toBe('holds');
});

test('a record of a machine that was not started is bad input, with its line', () => {
  expect(judge([{ vm: 'src', argv: ['qemu'] }, poll('none', undefined)])).toBe('holds');
  expect(judge([{ vm: 'dst', argv: ['qemu'] }, poll('none', undefined)])).toBe('line 2');
});

test('what contradicts an earlier record names it', () => {
  const log = [
    ...[...start, poll('active', counters(10, 10, 236, 1))],
    ...[poll('active', counters(10, 12, 240, 1)), poll('active', counters(10, 14, 232, 1))],
  ].map((record) => JSON.stringify(record));
  expect(validate('qemu-migration', log)).toMatchObject({
    verdict: 'violated',
    violations: [],
    impossible: {
      line: 21,
      field: 'sample.ram.remaining',
      observed: '240 pages in line 20: 262 to 266 with those sent',
      because: { line: 20, event: 20 },
    },
  });
});
