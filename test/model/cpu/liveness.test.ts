/** That every thread gets its turn, in every run of a scope in which time goes on. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness, type Liveness, type Machine, type View } from '../../../machine/index.ts';
import { scopes, type Vmm, vmmMachine } from '../../../model/index.ts';

const turns = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'CPU-L1');
const scope = {
  ...scopes['cpu-round-robin'],
  sizes: { ...scopes['cpu-round-robin'].sizes, pcpu: 1, quantum: 1, patience: 3 },
};
const verdictOf = (machine: Machine) => {
  const { verdict, violations } = liveness(machine, scope, turns);
  return { verdict, violated: violations.map(({ property }) => property) };
};

test('CPU-L1: under round robin every ready thread runs in the end', { timeout: 60_000 }, () => {
  expect(verdictOf(vmmMachine as Machine)).toEqual({ verdict: 'holds', violated: [] });
});

test('CPU-L1 sees who goes on for good, and a storm of wakes', { timeout: 60_000 }, () => {
  for (const id of ['cpu/R1', 'cpu/R2']) {
    const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
    const faulted = fault.apply(vmmMachine) as Machine;
    expect(verdictOf(faulted), id).toMatchObject({ verdict: 'violated' });
  }
});

test('under EEVDF a thread that halts before each tick keeps another from the CPU', () => {
  const anywhere = turns.map((each) => ({
    ...each,
    starts: (m: View<Vmm>, t: number) => stateOf(m, t) === 'ready',
    done: (m: View<Vmm>, t: number) => stateOf(m, t) !== 'ready',
  }));
  const properties = anywhere as unknown as readonly Liveness<never>[];
  const { violations } = liveness(vmmMachine, scopes['cpu-eevdf'], properties);
  expect(violations[0]?.lasso.loop).toEqual([
    { kind: 'cpu.halt', args: { host: 0, thread: 1 } },
    { kind: 'cpu.wake', args: { host: 0, thread: 1 } },
    { kind: 'cpu.tick', args: { host: 0 } },
  ]);
});
const stateOf = (m: View<Vmm>, t: number) => m.hosts.at(0).cpu.threads.at(t).state.kind;
