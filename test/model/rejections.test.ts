/** Every reason to refuse a command: each can be the first, the first is the one that is given. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { traces } from '../../generators/index.ts';
import {
  type Call,
  type InPlace,
  immutable,
  inPlace,
  type Plan,
  plans,
  type Rejection,
  type Scope,
} from '../../machine/index.ts';
import { scopes, type Vmm, type VmmScope, type VmmSizes, vmmMachine } from '../../model/index.ts';
import {
  breakShare,
  create,
  endScan,
  inflate,
  loadDriver,
  map,
  mergeInto,
  on,
  overwrite,
  populate,
  read,
  requestBalloon,
  scrub,
  setTarget,
  swapIn,
  swapOut,
  unmap,
} from './memory/story.ts';
import { rarePostcopy } from './migration/rare.ts';
import { managedChecks, startChecks } from './migration/starts.ts';
import {
  askForHints,
  begin,
  coldBoot,
  copy,
  copyReadOnly,
  crash,
  createTarget,
  handOver,
  hint,
  loseConnection,
  place,
  receive,
  sendAll,
  start,
  step,
  stop,
  stopAndCopy,
  submit,
  write,
} from './migration/story.ts';

const tamper: Call = { kind: 'stream.tamper', args: { vm: 0 } };

/** In scope `tiny`: two VMs of 2 pages on 4 frames, of which one is for emergencies. */
const two = [create(0, 2, { reservation: 1 }), create(1, 2, { reservation: 1 })];
/** One page is swapped out, and only the emergency frame is left, unscrubbed. */
const crowded = [
  ...[...two, populate(0, 0, 0), populate(0, 1, 1), populate(1, 0, 2)],
  ...[...swapOut(0, 0, 0), populate(1, 1, 3)],
];
/** The pages of VM 0 share a frame. */
const shared = [...two, populate(0, 0, 0), populate(0, 1, 1), mergeInto(0, 1, 0)];
/** In scopes `fuzz` and `overcommit`: eight pages of two VMs leave frame 11 for emergencies. */
const eightPages = [
  ...[create(0, 6, { reservation: 2, overhead: [1] }), create(1, 4, { overhead: [2] })],
  ...[3, 4, 5, 6, 7, 8].map((frame) => populate(0, frame - 3, frame)),
  ...[populate(1, 0, 9), populate(1, 1, 10)],
];

const onCpu = (kind: string, args: Call['args'] = {}): Call => ({
  kind: `cpu.${kind}`,
  args: { host: 0, ...args },
});
const tick = onCpu('tick');
const service = (name: string): Call => ({ kind: `service.${name}`, args: { host: 0, vm: 0 } });

/** The target of VM 0 has everything, and the source knows it. */
const handingOver = [
  ...[...begin(), ...stop(), ...sendAll()],
  ...[step('request-state'), receive, step('receive-reply')],
];
const cutOff = (host: number): Call => ({ kind: 'failure.cut-off', args: { host } });

const hints = (name: string): Call => ({ kind: `hint.${name}`, args: { vm: 0 } });
/** The first round begins, and hints that are under way are late. */
const harvested = [copyReadOnly(0), step('harvest')];

/** A command that is refused for a reason that random traces rarely come to. */
interface Rare {
  readonly scope: keyof typeof scopes;
  /** Sizes that are others than those of the scope. */
  readonly sizes?: Partial<VmmSizes>;
  readonly after: readonly Call[];
  readonly call: Call;
  readonly code: string;
}
const rare: readonly Rare[] = [
  {
    scope: 'tiny',
    after: [...two, populate(0, 0, 0), populate(0, 1, 1), populate(1, 0, 2)],
    call: populate(1, 1, 3),
    code: 'no-free-frame',
  },
  { scope: 'tiny', after: crowded, call: swapIn(0, 0, 0), code: 'no-free-frame' },
  { scope: 'tiny', after: crowded, call: overwrite(0, 0, 1, 0), code: 'no-free-frame' },
  {
    scope: 'tiny',
    after: crowded,
    call: on('exchange', { vm: 0, page: 0, frame: 0, victimVm: 0, victimPage: 1 }),
    code: 'frame-not-scrubbed',
  },
  {
    scope: 'tiny',
    after: [...shared, populate(1, 0, 2), populate(1, 1, 3)],
    call: breakShare(0, 1, 1),
    code: 'no-free-frame',
  },
  {
    scope: 'tiny',
    after: [
      ...[...two, populate(0, 0, 0), ...swapOut(0, 0, 0)],
      on('swap-in', { vm: 0, page: 0, frame: 1, keep: true }),
    ],
    call: on('swap-out-begin', { vm: 0, page: 0, slot: 1 }),
    code: 'has-swap-copy',
  },
  {
    scope: 'tiny',
    after: [
      ...[...two, populate(0, 0, 0), ...swapOut(0, 0, 0), populate(1, 0, 1), ...swapOut(1, 0, 1)],
      populate(0, 1, 2),
    ],
    call: on('swap-out-begin', { vm: 0, page: 1, slot: 0 }),
    code: 'swap-full',
  },
  { scope: 'tiny', after: shared, call: on('set-salt', { vm: 0, salt: 1 }), code: 'still-shared' },
  {
    scope: 'tiny',
    after: [on('set-sharing', { run: 'stop' })],
    call: endScan,
    code: 'sharing-stopped',
  },
  {
    // A request in units leaves less than the floor, which is in pages.
    scope: 'fuzz',
    after: [create(0, 2, { overhead: [1] }), loadDriver(0), requestBalloon(0, 1)],
    call: on('inflate-balloon', { vm: 0, pages: [0, 1] }),
    code: 'below-floor',
  },
  {
    scope: 'fuzz',
    after: eightPages,
    call: create(2, 1, { overhead: [11] }),
    code: 'no-free-frame',
  },
  {
    scope: 'overcommit',
    after: [
      ...[...eightPages, ...swapOut(0, 0, 0), ...swapOut(0, 1, 1)],
      ...[populate(1, 2, 11), scrub(3), populate(1, 3, 3)],
      ...[on('pin', { vm: 0, page: 2 }), map(0, 0), read(0, 0)],
    ],
    call: on('oom-kill', { vm: 0 }),
    code: 'pinned',
  },
  ...(['place', 'withdraw', 'write'] as const).map(
    (name): Rare => ({
      scope: 'record',
      after: [],
      call: { kind: `record.${name}`, args: { host: 0, vm: 1, page: 0, content: 0 } },
      code: 'no-such-vm',
    }),
  ),
  {
    scope: 'record',
    after: [map(0, 0), { kind: 'record.place', args: { host: 0, vm: 0, page: 0 } }],
    call: { kind: 'record.write', args: { host: 0, vm: 0, content: 0 } },
    code: 'no-own-frame',
  },
  {
    // A thread of the VMM has paged out, and has no more to do when the page is back.
    scope: 'mixed',
    after: [
      ...[populate(0, 0, 0), onCpu('vmm-work', { thread: 4, ticks: 1 }), tick],
      ...[...swapOut(0, 0, 0), tick],
      on('swap-in', { vm: 0, page: 0, frame: 1, keep: true }),
    ],
    call: on('swap-out-clean', { vm: 0, page: 0 }),
    code: 'vmm-not-running',
  },
  {
    // A guest that forgets where it has its record puts the page into the balloon.
    scope: 'tiny',
    sizes: { coupled: 0 },
    after: [
      ...[...two, loadDriver(0), populate(0, 0, 0), map(0, 0)],
      { kind: 'record.place', args: { host: 0, vm: 0, page: 0 } },
      ...[unmap(0, 0), on('set-balloon-target', { vm: 0, target: 1 })],
      on('inflate-balloon', { vm: 0, pages: [0] }),
    ],
    call: { kind: 'record.write', args: { host: 0, vm: 0, content: 0 } },
    code: 'page-given-up',
  },
  {
    scope: 'cpu-fuzz',
    after: [onCpu('offline-pcpu', { pcpu: 1 })],
    call: onCpu('offline-pcpu', { pcpu: 1 }),
    code: 'pcpu-offline',
  },
  {
    scope: 'cpu-fuzz',
    sizes: { dedication: 0 },
    after: [],
    call: onCpu('set-automatic', { automatic: true }),
    code: 'no-dedicated-pcpu',
  },
  {
    scope: 'cpu-fuzz',
    after: Array.from({ length: scopes['cpu-fuzz'].sizes.horizon }, () => tick),
    call: tick,
    code: 'time-is-over',
  },
  {
    // Thread 1 has given its turn to thread 2, which waits for the lock too; thread 0 holds it.
    scope: 'cpu-lock-queue',
    after: [
      ...[onCpu('lock', { thread: 0 }), tick, tick, tick, tick],
      ...[onCpu('lock', { thread: 1 }), tick, onCpu('directed-yield', { thread: 1, to: 2 })],
      ...[onCpu('lock', { thread: 2 }), tick],
    ],
    call: onCpu('directed-yield', { thread: 2, to: 1 }),
    code: 'gave-its-turn',
  },
  {
    scope: 'cpu-promises',
    after: [],
    call: onCpu('set-reservation', { vm: 0, reservation: 3 }),
    code: 'more-than-vcpus',
  },
  {
    // The other VM has the CPU from the fourth tick on, when two heartbeats go unanswered.
    scope: 'service-heartbeat',
    after: [
      ...[service('send-heartbeat'), service('answer-heartbeat'), ...[tick, tick, tick, tick]],
      ...[service('send-heartbeat'), tick, service('send-heartbeat'), tick],
    ],
    call: service('restart-vm'),
    code: 'vm-starved',
  },
  {
    scope: 'service-quiesce',
    after: [
      tick,
      { kind: 'service.freeze', args: { host: 0, vm: 0, timeout: 2 } },
      service('acknowledge-freeze'),
    ],
    call: service('write-file'),
    code: 'files-frozen',
  },
  {
    // The hosts are alike, so that only what is kept for emergencies makes one too small.
    scope: 'migration-small',
    sizes: { emergency: 1 },
    after: [],
    call: start(),
    code: 'no-capacity',
  },
  {
    // There was room for either, when they were asked for.
    scope: 'migration-fuzz',
    sizes: { frame: 6, emergency: 1 },
    after: [...[begin(1, 0), begin(1, 1)].flatMap((steps) => steps.slice(0, 2)), createTarget(0)],
    call: createTarget(1),
    code: 'no-capacity',
  },
  ...managedChecks.map((each): Rare => ({ scope: 'migration-managed', ...each })),
  ...startChecks.map(
    (each): Rare => ({ scope: 'migration-upgrade', sizes: { frame: 2, version: 2 }, ...each }),
  ),
  ...(
    [
      [[], copyReadOnly(3)],
      [[copyReadOnly(0), step('harvest')], copy(3)],
    ] as const
  ).map(
    ([more, call]): Rare => ({
      // It was to be sent before it came into the balloon.
      scope: 'migration-pages',
      after: [setTarget(0, 1), ...begin(), ...more, ...inflate(0, 3)],
      call,
      code: 'page-taken',
    }),
  ),
  {
    scope: 'migration-policy',
    after: begin(),
    call: step('freeze'),
    code: 'policy-not-met',
  },
  {
    scope: 'migration-policy',
    sizes: { place: 2 },
    after: [unmap(0, 1), readOnly(1), ...begin(), copyReadOnly(0)],
    call: copyReadOnly(1),
    code: 'bandwidth-spent',
  },
  {
    scope: 'migration-policy',
    sizes: { place: 2 },
    after: [...begin(), copyReadOnly(0), step('harvest')],
    call: copy(1),
    code: 'bandwidth-spent',
  },
  ...(
    [
      [2, [copyReadOnly(0), tamper], 'already-changed'],
      [1, [copyReadOnly(0), tamper, receive, step('give-up')], 'nothing-under-way'],
      [0, [copyReadOnly(0)], 'losses-spent'],
    ] as const
  ).map(
    ([losses, after, code]): Rare => ({
      ...{ scope: 'migration-hostile', sizes: { losses }, after: [...begin(), ...after] },
      ...{ call: tamper, code },
    }),
  ),
  {
    // Its page of zeros has no memory on the target yet.
    scope: 'migration-queue',
    after: [
      ...[...begin(), ...stop(), copy(0), receive, ...handOver()],
      { kind: 'queue.post', args: { vm: 0, page: 0, content: 1 } },
    ],
    call: { kind: 'queue.notice', args: { vm: 0 } },
    code: 'not-mapped',
  },
  {
    scope: 'migration-features',
    after: [],
    call: start(2),
    code: 'cpu-incompatible',
  },
  {
    scope: 'migration-throttle',
    after: begin(),
    call: { kind: 'cpu.tick', args: { host: 0 } },
    code: 'source-has-work',
  },
  ...(
    [
      [[], hints('give-back'), 'not-done'],
      [[...begin(), step('freeze')], hints('give-back'), 'not-running'],
      [
        [...begin(), step('freeze')],
        { kind: 'hint.take-back', args: { vm: 0, page: 1 } },
        'not-running',
      ],
      [[...begin(), hints('request'), hints('echo')], hint(1), 'queue-full'],
      [[...begin(), ...askForHints, hint(1), ...harvested], hints('request'), 'requests-spent'],
      [
        [...begin(), ...askForHints, hint(1), ...harvested, hints('request')],
        hints('echo'),
        'queue-full',
      ],
    ] as const
  ).map(
    ([before, call, code]): Rare => ({
      scope: 'migration-hinting',
      sizes: { requests: code === 'queue-full' ? 2 : 1 },
      after: before,
      call,
      code,
    }),
  ),
  ...(
    [
      [[crash(0)], crash(1), 'crashes-spent'],
      [[], coldBoot(1), 'not-lost'],
      [
        [...handingOver, step('release'), step('send-start'), receive, crash(1)],
        coldBoot(0),
        'already-migrating',
      ],
      [[...begin(), crash(0)], coldBoot(1), 'vm-exists'],
      [[crash(0), cutOff(1)], coldBoot(1), 'store-unreachable'],
    ] as const
  ).map(
    ([before, call, code]): Rare => ({
      scope: 'migration-small',
      sizes: { crashes: 1, losses: 1, place: 4 },
      after: before,
      call,
      code,
    }),
  ),
  {
    scope: 'migration-small',
    sizes: { overhead: 1, frame: 4, crashes: 1 },
    after: [crash(0)],
    call: coldBoot(1),
    code: 'frame-in-use',
  },
  {
    scope: 'migration-small',
    sizes: { overhead: 1, frame: 4 },
    after: [start(), step('connect')],
    call: createTarget(),
    code: 'frame-in-use',
  },
  {
    scope: 'migration-small',
    after: stopAndCopy(),
    call: start(0, 1),
    code: 'attempts-spent',
  },
  ...(
    [
      [[start(), step('connect')], createTarget()],
      [begin(), copyReadOnly(0)],
      [[...begin(), copyReadOnly(0), step('harvest')], copy(1)],
      [[...begin(), step('freeze'), step('quiesce')], step('send-vcpus')],
      [[...begin(), ...stop().slice(0, 4)], step('send-state')],
      [
        [...begin(), ...stop(), copy(0), copy(1), place(0), place(1), copy(2)],
        step('request-state'),
      ],
      [[...handingOver, step('release')], step('send-start')],
    ] as const
  ).map(
    ([after, call]): Rare => ({
      scope: 'migration-small',
      sizes: { losses: 1, place: 4 },
      after: [...after, loseConnection],
      call,
      code: 'not-connected',
    }),
  ),
  ...(
    [
      [handingOver, step('release')],
      [[...handingOver, step('release')], step('take-back')],
    ] as const
  ).map(
    ([after, call]): Rare => ({
      scope: 'migration-small',
      sizes: { losses: 1, place: 4 },
      after: [...after, cutOff(0)],
      call,
      code: 'store-unreachable',
    }),
  ),
  {
    scope: 'migration-broken',
    sizes: { losses: 0 },
    after: [],
    call: cutOff(0),
    code: 'losses-spent',
  },
  {
    scope: 'migration-broken',
    sizes: { losses: 0 },
    after: begin(),
    call: loseConnection,
    code: 'losses-spent',
  },
  {
    scope: 'migration-small',
    sizes: { losses: 2 },
    after: [cutOff(0)],
    call: cutOff(0),
    code: 'already-cut-off',
  },
  {
    scope: 'migration-small',
    sizes: { losses: 1, place: 4 },
    after: [...[...handingOver, step('release'), step('send-start'), receive], loseConnection],
    call: step('discard'),
    code: 'runs-there',
  },
  {
    // A page of zeros needs no memory on the target.
    scope: 'migration-fuzz',
    after: stopAndCopy(1, 0, 2),
    call: submit(2, 1),
    code: 'not-mapped',
  },
  {
    scope: 'migration-fuzz',
    after: [
      ...[1, 2].flatMap((page) => [unmap(0, page), readOnly(page)]),
      ...[...begin(), copyReadOnly(0), copyReadOnly(1)],
    ],
    call: copyReadOnly(2),
    code: 'channel-full',
  },
  {
    scope: 'migration-small',
    after: [...begin(), copyReadOnly(0), step('harvest'), copy(1)],
    call: copy(2),
    code: 'channel-full',
  },
  {
    scope: 'migration-fuzz',
    after: [...begin(), copyReadOnly(0), step('freeze'), step('quiesce')],
    call: step('send-vcpus'),
    code: 'channel-full',
  },
  {
    scope: 'migration-fuzz',
    after: [...begin(), step('freeze'), step('quiesce'), step('send-vcpus')],
    call: step('send-state'),
    code: 'channel-full',
  },
  {
    scope: 'migration-small',
    after: [...begin(), ...stop(), copy(0), place(0), copy(1), copy(2)],
    call: step('request-state'),
    code: 'channel-full',
  },
  ...rarePostcopy.map(
    (each): Rare => ({ scope: 'migration-postcopy', sizes: { losses: 1 }, ...each }),
  ),
  {
    // A guest that has arrived gets memory for a page of zeros, and takes what the next one needs.
    scope: 'migration-fuzz',
    sizes: { emergency: 1, frame: 6 },
    after: [
      ...[write(2, 1, { vm: 1 }), ...stopAndCopy(1, 0, 2), ...begin(1, 1), ...stop(1, 2)],
      { kind: 'memory.populate', args: { host: 1, vm: 0, page: 2, frame: 2 } },
      ...[copy(0, 1), place(3, 1), copy(1, 1), place(4, 1), copy(2, 1)],
    ],
    call: place(5, 1),
    code: 'no-free-frame',
  },
];

/** A page that the guest may only read. */
function readOnly(page: number): Call {
  return on('map', { vm: 0, virtual: page, page, writable: false });
}
/** The scope of a rare state; every command is there where its sizes are others. */
function scopeOf({ scope: name, sizes }: Rare): VmmScope {
  const scope: VmmScope = scopes[name];
  const { commands: _, ...rest } = scope;
  return sizes === undefined ? scope : { ...rest, sizes: { ...scope.sizes, ...sizes } };
}

/** VM 0 of host 0 has been stopped in order to move. */
const frozen = [...begin(), step('freeze')];
const anyWithFrozen: VmmScope = {
  ...scopes['migration-fuzz'],
  commands: ['migration.*', 'memory.*', 'record.*'],
};
/** Every command that asks whether its VM is stopped, of VM 0. */
function callsOfFrozen(): readonly Call[] {
  return plans(inPlace(vmmMachine, anyWithFrozen).engine)
    .filter(({ command }) => command.guards.some(({ code }) => code === 'vm-stopped'))
    .map(({ command, slots }) => ({
      kind: command.kind,
      args: Object.fromEntries(slots.map(({ name, values }) => [name, values[0]])),
    }));
}

/** Looks for a state and a call for every guard, in which this guard is the first to refuse. */
class Search {
  /** For each command, for each of its guards: the rejection that was given where it was first. */
  readonly found = new Map<string, (Rejection | undefined)[]>();
  private host: InPlace<Vmm> = inPlace(vmmMachine, scopes.tiny);
  private kinds: ReadonlyMap<string, Plan> = new Map();

  in(scope: Scope): void {
    this.host = inPlace(vmmMachine, scope);
    this.kinds = new Map(plans(this.host.engine).map((plan) => [plan.command.kind, plan]));
  }

  /** Every call of a trace, in the state that it comes to, and every call with one other argument. */
  follow(trace: readonly Call[]): void {
    const state = this.host.initial();
    for (const call of trace) {
      if (!this.isComplete(call.kind)) {
        this.ask(state, call);
        this.askStarved(state, call);
        for (const { name, values } of this.kinds.get(call.kind)?.slots ?? []) {
          for (const value of values) {
            this.ask(state, { kind: call.kind, args: { ...call.args, [name]: value } });
          }
        }
      }
      this.host.step(state, call);
    }
  }

  /** Asks all guards, which must all have an answer, and then the host. */
  private ask(state: Vmm, call: Call): void {
    const { context } = this.host.engine;
    const { guards, lens } = this.host.engine.command(call.kind);
    const part = lens === undefined ? state : lens(state, call.args);
    const first = guards.map(({ refuse }) => refuse(part, call.args, context)).indexOf(true);
    const known = this.found.get(call.kind) ?? guards.map(() => undefined);
    if (first < 0 || known[first] !== undefined) return;
    this.found.set(call.kind, known);
    const step = this.host.step(state, call);
    if (!step.ok) known[first] = step.rejection;
  }

  /** The same where nobody has a CPU, which random traces of memory rarely come to in time. */
  private askStarved(state: Vmm, call: Call): void {
    const starved = this.host.copier.copy(state);
    for (const { cpu } of starved.hosts) {
      for (const { current } of cpu.pcpus) {
        if (current !== null) cpu.threads.at(current).state = { kind: 'ready' };
      }
    }
    this.ask(starved, call);
  }

  private isComplete(kind: string): boolean {
    return this.found.get(kind)?.every((rejection) => rejection !== undefined) === true;
  }
}

test('each reason to refuse a command can be the first that applies, and is the one given', () => {
  const search = new Search();
  for (const each of rare) {
    search.in(scopeOf(each));
    search.follow([...each.after, each.call]);
  }
  search.in(anyWithFrozen);
  for (const call of callsOfFrozen()) search.follow([...frozen, call]);
  for (const [name, numRuns] of [
    ['tiny', 60],
    ['fuzz', 80],
    ['overcommit', 50],
    ['cpu-fuzz', 80],
    ['cpu-dedicated-fuzz', 40],
    ['service-fuzz', 60],
    ['migration-fuzz', 60],
    ['migration-hinting-fuzz', 60],
    ['migration-timed', 30],
    ['mixed', 60],
  ] as const) {
    const scope = scopes[name];
    search.in(scope);
    const some = traces(vmmMachine, { scope, illegal: 0.2, swarm: 0 });
    for (const trace of fc.sample(some, { seed: 4, numRuns })) search.follow(trace);
  }
  // A rejection carries the arguments that its guard looked at, and no others.
  const given = Object.keys(vmmMachine.commands).map((kind) => {
    const found = search.found.get(kind) ?? [];
    return [kind, found.map((each) => [each?.code, ...Object.keys(each ?? {}).slice(1)])];
  });
  const documented = Object.entries(vmmMachine.commands).map(([kind, { requires }]) => [
    kind,
    requires.map(([code, looksAt]) => [code, ...looksAt]),
  ]);
  expect(given).toEqual(documented);
});

test.each(Object.entries(vmmMachine.commands))('%s has one code a reason', (_, { requires }) => {
  const codes = requires.map(([code]) => code);
  expect(new Set(codes).size).toBe(codes.length);
});

test.each(rare)('$call.kind is refused in a rare state: $code', (each) => {
  const { after, call, code } = each;
  const host = inPlace(vmmMachine, scopeOf(each));
  const state = host.initial();
  for (const each of after) expect(host.step(state, each)).toMatchObject({ ok: true });
  expect(host.step(state, call)).toMatchObject({ ok: false, rejection: { code } });
});

test.each([
  ['tiny', 15],
  ['fuzz', 12],
  ['overcommit', 6],
  ['cpu-fuzz', 12],
  ['service-fuzz', 8],
  ['migration-fuzz', 8],
  ['migration-postcopy-fuzz', 4],
  ['mixed', 8],
] as const)('a refused command changes nothing and tells nothing in scope %s', (name, numRuns) => {
  const scope = scopes[name];
  const plain = inPlace(vmmMachine, scope);
  const frozen = immutable(vmmMachine, scope);
  let refused = 0;
  fc.assert(
    fc.property(traces(vmmMachine, { scope, maxLength: 80, illegal: 0.5, swarm: 0 }), (trace) => {
      const state = plain.initial();
      let shown = frozen.initial();
      let before = plain.initial();
      for (const call of trace) {
        const step = plain.step(state, call);
        const next = frozen.step(shown, call);
        if (step.ok) before = plain.copier.copy(state);
        else {
          refused++;
          expect(step.state).toBe(state);
          expect(isDeepStrictEqual(state, before)).toBe(true);
          expect(step).not.toHaveProperty('events');
          expect(next.ok).toBe(false);
          expect(next.state).toBe(shown);
          expect(next).not.toHaveProperty('events');
        }
        shown = next.state;
      }
    }),
    { seed: 5, numRuns },
  );
  expect(refused).toBeGreaterThan(5 * numRuns);
});
