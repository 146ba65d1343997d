/** That every thread gets its turn, in every run of a scope in which time goes on. */
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import { vmmFaults } from '../../faults/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { isLiveness, type Liveness, type Machine, type View } from '../../machine/index.ts';
import {
  type SchedulerName,
  schedulers,
  scopes,
  type Vmm,
  type VmmScope,
  vmmMachine,
} from '../../model/index.ts';

type Properties = readonly Liveness<never>[];
const turns: Properties = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'CPU-L1');
/** The same of every scheduler, which only some runs keep. */
const stateOf = (m: View<Vmm>, t: number) => m.hosts.at(0).cpu.threads.at(t).state.kind;
const anywhere = turns.map((each) => ({
  ...each,
  starts: (m: View<Vmm>, t: number) => stateOf(m, t) === 'ready',
  done: (m: View<Vmm>, t: number) => !['ready', 'throttled'].includes(stateOf(m, t)),
})) as unknown as Properties;

function verdictOf(machine: Machine, scope: VmmScope, properties: Properties) {
  const { verdict, violations } = liveness(machine, scope, properties);
  return { verdict, violated: violations.map(({ property }) => property) };
}
const holds = { verdict: 'holds', violated: [] };

const sleepers = {
  ...scopes['cpu-round-robin'],
  sizes: { ...scopes['cpu-round-robin'].sizes, pcpu: 1, quantum: 1, patience: 3 },
};
/** One VM of two vCPUs on one CPU, in periods of two ticks. */
function capped(scheduler: SchedulerName): VmmScope {
  const { sizes } = scopes['cpu-caps'];
  const place = Object.keys(schedulers).indexOf(scheduler);
  return {
    ...scopes['cpu-caps'],
    sizes: { ...sizes, pcpu: 1, period: 2, patience: 6, grid: 2, scheduler: place },
    commands: ['cpu.set-cap', 'cpu.tick'],
  };
}
/** VMs of one vCPU on one CPU, of which the first has double weight, under Xen's credit. */
const credit = (vm: number, ...commands: readonly string[]): VmmScope => ({
  ...scopes['cpu-credit'],
  sizes: { ...scopes['cpu-credit'].sizes, vm, thread: vm, horizon: 0 },
  commands: commands.map((name) => `cpu.${name}`),
});

test('CPU-L1: under round robin every ready thread runs in the end', () => {
  expect(verdictOf(vmmMachine as Machine, sleepers, turns)).toEqual(holds);
});

test('CPU-L1 sees who goes on for good, and a storm of wakes', () => {
  for (const id of ['cpu/R1', 'cpu/R2']) {
    const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
    const faulted = fault.apply(vmmMachine) as Machine;
    expect(verdictOf(faulted, sleepers, turns), id).toMatchObject({ verdict: 'violated' });
  }
});

const byShares: Properties = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'CPU-L4');

test.each(['cpu-eevdf', 'cpu-reweight', 'cpu-e-credit2-1', 'cpu-e-credit2-2'] as const)(
  'CPU-L4: in %s every ready thread runs once nobody halts or is changed any more',
  (name) => {
    expect(verdictOf(vmmMachine as Machine, scopes[name], byShares)).toEqual(holds);
  },
);

test('CPU-L4 sees a CPU that idles for good, and says what has to cease', () => {
  const fault = vmmFaults.find(({ id }) => id === 'cpu/C9') ?? expect.fail('C9');
  const faulted = fault.apply(vmmMachine) as Machine;
  expect(verdictOf(faulted, scopes['cpu-e-credit2-1'], byShares).verdict).toBe('violated');
  // A weight that changes in step with the ticks keeps the other from its turn.
  const always = byShares.map((each) => ({ ...each, ceasing: ['cpu.halt'] }));
  expect(verdictOf(vmmMachine as Machine, scopes['cpu-reweight'], always)).toEqual({
    verdict: 'violated',
    violated: ['CPU-L4'],
  });
});

test.each(['round-robin', 'stride', 'eevdf', 'credit2'] as const)(
  'under %s a cap keeps no vCPU from its turn, whatever becomes of the cap',
  (scheduler) => {
    expect(verdictOf(vmmMachine as Machine, capped(scheduler), anywhere)).toEqual(holds);
  },
);

test.each([
  [3, ['tick']],
  [2, ['yield', 'tick']],
  [2, ['set-weight', 'tick']],
] as const)('under credit each of %i runs in the end, with %j', (vm, commands) => {
  expect(verdictOf(vmmMachine as Machine, credit(vm, ...commands), anywhere)).toEqual(holds);
});

test('under EEVDF a thread that halts before each tick keeps another from the CPU', () => {
  const { violations } = liveness(vmmMachine, scopes['cpu-eevdf'], anywhere);
  expect(violations[0]?.lasso.loop).toEqual([
    { kind: 'cpu.halt', args: { host: 0, thread: 1 } },
    { kind: 'cpu.wake', args: { host: 0, thread: 1 } },
    { kind: 'cpu.tick', args: { host: 0 } },
  ]);
});
