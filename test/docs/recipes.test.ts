import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { vmmProperties } from '../../invariants/index.ts';
import {
  type AnyCommand,
  changeOperation,
  type Fault,
  inPlace,
  liftProperty,
  type Machine,
  monitor,
  type Property,
} from '../../machine/index.ts';
import {
  type CheckedMemory,
  type CheckedVmm,
  type Cpu,
  type CpuOperations,
  type Scheduler,
  scopes,
  vmmMachine,
} from '../../model/index.ts';
import { cpusOf } from '../model/cpu/story.ts';

type Schedulers = CpuOperations['schedulers'];

const root = resolve(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'hypercheck-recipes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The blocks of a page whose first line names the file they would be. */
function blocks(page: string): ReadonlyMap<string, string> {
  const text = readFileSync(join(root, page), 'utf8');
  const found = [...text.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)];
  return new Map(found.map(([, path = '', code = '']) => [path, code]));
}

/** Runs a block as if it stood where it says. */
async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  const code = blocks('CONTRIBUTING.md').get(path);
  if (code === undefined) throw new Error(`CONTRIBUTING.md shows no ${path}`);
  const home = dirname(join(root, path));
  const placed = code.replaceAll(/from '(\.[^']+)'/g, (_, to) => `from '${resolve(home, to)}'`);
  const file = join(folder, path.replaceAll('/', '-'));
  writeFileSync(file, placed);
  return import(/* @vite-ignore */ pathToFileURL(file).href);
}

const places = {
  count: () => 1,
  at: (state: CheckedVmm['state'], i: number) => ({
    host: state.hosts.at(i).memory,
    guests: state.hosts.at(0).guests,
  }),
  of: () => 0,
  args: ['host'],
};

test('recipe 1: the command ages a page that was accessed, and refuses any other', async () => {
  const { agePage } = await load('model/memory/aging.ts');
  const kind = 'memory.age-page';
  const commands = { ...vmmMachine.commands, [kind]: liftedLike(agePage as AnyCommand) };
  const host = inPlace({ ...vmmMachine, commands } as Machine<CheckedVmm['state']>, {
    ...scopes.tiny,
    sizes: { ...scopes.tiny.sizes, booted: 1 },
  });
  const state = host.initial();
  const call = { kind, args: { host: 0, vm: 0, page: 1 } };
  expect(host.step(state, call)).toMatchObject({ ok: false, rejection: { code: 'not-accessed' } });
  const entry = state.hosts.at(0).memory.vms.at(0).pages.at(1);
  entry.accessed = true;
  expect(host.step(state, call).ok).toBe(true);
  expect(entry.accessed).toBe(false);
});

/** What `lift` in model/vmm.ts makes of a command of memory. */
function liftedLike(command: AnyCommand): AnyCommand {
  const { lens, lifted, args } = vmmMachine.commands['memory.scrub'] as AnyCommand;
  const host = args.host;
  if (host === undefined || lens === undefined || lifted === undefined) throw new Error('no lift');
  return { ...command, args: { host, ...command.args }, lens, lifted };
}

test('recipes 2 and 3: the property kills the fault, and holds without it', async () => {
  const { scanningIsNoAccess } = await load('invariants/memory/aging.ts');
  const { sharingTouches } = await load('faults/memory/aging.ts');
  const property = liftProperty<CheckedVmm, CheckedMemory>(
    places,
    scanningIsNoAccess as Property<CheckedMemory>,
  );
  const fault = sharingTouches as Fault<typeof vmmMachine>;
  const scope = { ...scopes.tiny, sizes: { ...scopes.tiny.sizes, booted: 1, useZero: 0 } };
  const violations = (machine: typeof vmmMachine): readonly string[] => {
    const host = inPlace(machine, scope);
    const watch = monitor(machine, scope, [property]);
    const state = host.initial();
    watch.start(state);
    return twoEqualPages.flatMap((call) => {
      const step = host.step(state, call);
      expect(step).toMatchObject({ ok: true });
      return step.ok ? watch.after(call, step.events).map(({ property: id }) => id) : [];
    });
  };
  expect(violations(vmmMachine)).toEqual([]);
  expect(violations(fault.apply(vmmMachine))).toEqual(['MEM-T99']);
});

/** Two untouched pages of zeros, scanned until they share a frame. */
const page = (n: number) => ({ host: 0, vm: 0, page: n });
const scan = (n: number) => ({ kind: 'memory.scan-page', args: { ...page(n), into: null } });
const twoEqualPages = [
  { kind: 'memory.populate', args: { ...page(0), frame: 0 } },
  { kind: 'memory.populate', args: { ...page(1), frame: 1 } },
  ...[scan(0), scan(1), scan(0), scan(1)],
];

test('recipe 4: the lottery serves by weight on average, and breaks no property of CPUs', async () => {
  const { lottery } = (await load('model/cpu/schedulers/lottery.ts')) as {
    readonly lottery: Scheduler<object>;
  };
  const scope = cpusOf('round-robin', { vm: 2, weight: 3, firstWeight: 3 });
  const own = lottery.initial(scope.sizes);
  // In the place of round robin, whose properties are not asked; its state is beside the machine.
  const machine = changeOperation(vmmMachine, 'schedulers', (all: Schedulers) => ({
    ...all,
    'round-robin': {
      ...all['round-robin'],
      shares: lottery.shares,
      onPreempt: (_: unknown, m: Cpu, t: number) => lottery.onPreempt(own, m, t, scope.sizes),
      onWake: (_: unknown, m: Cpu, t: number) => lottery.onWake(own, m, t, 'wake', scope.sizes),
      pick: (_: unknown, m: Cpu, p: number) => lottery.pick(own, m, p, scope.sizes),
    },
  }));
  const host = inPlace(machine, scope);
  const state = host.initial();
  const asked = vmmProperties.filter(({ id }) => id.startsWith('CPU-'));
  const watch = monitor(machine, scope, asked);
  expect(watch.start(state)).toEqual([]);
  for (let i = 0; i < 1200; i++) {
    const step = host.step(state, { kind: 'cpu.tick', args: { host: 0 } });
    if (!step.ok) throw new Error(step.rejection.code);
    expect(watch.after({ kind: 'cpu.tick', args: { host: 0 } }, step.events)).toEqual([]);
  }
  const ran = state.hosts.at(0).cpu.threads.map(({ buckets }) => buckets.run);
  // Of 900 that its weight is worth on average, give or take 15.
  expect(ran).toEqual([927, 273]);
});
