/** Memory and CPUs of one host: chapter 6, X3, X4 and X6. */
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import { vmmFaults } from '../../faults/index.ts';
import { detect } from '../../generators/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import {
  type Call,
  dropGuard,
  inPlace,
  isLiveness,
  type Machine,
  monitor,
} from '../../machine/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

const on = (kind: string, args: Readonly<Record<string, unknown>> = {}): Call => ({
  kind,
  args: { host: 0, ...args },
});
const tick = on('cpu.tick');
const map = on('memory.map', { vm: 0, virtual: 0, page: 0, writable: true });
const read = on('memory.read', { vm: 0, virtual: 0 });
const populate = on('memory.populate', { vm: 0, page: 0, frame: 0 });

/** Takes commands with every property asked; the code of the first refusal, or 'taken'. */
function story(scope: VmmScope, machine: typeof vmmMachine = vmmMachine) {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, vmmProperties);
  const state = host.initial();
  const violated: string[] = watch.start(state).map(({ property }) => property);
  return {
    violated,
    cpu: state.hosts.at(0).cpu,
    memory: state.hosts.at(0).memory,
    take(...calls: readonly Call[]): string {
      for (const call of calls) {
        const step = host.step(state, call);
        if (!step.ok) return step.rejection.code;
        violated.push(...watch.after(call, step.events).map(({ property }) => property));
      }
      return 'taken';
    },
  };
}

test('X3: what ran while its VM stalled waits for the page, which is charged as neither run nor steal', () => {
  const { cpu, take, violated } = story(scopes['mixed-swap']);
  expect(take(map, read, tick, tick)).toBe('taken');
  const vcpu = cpu.threads.at(0);
  expect(vcpu.state).toEqual({ kind: 'blocked', on: 'swap-in' });
  expect(vcpu.buckets).toMatchObject({ run: 0, ready: 0, blocked: 0, swapwait: 2 });
  expect(take(populate)).toBe('taken');
  // The page has come; the next tick wakes who waits.
  expect(vcpu.state.kind).toBe('blocked');
  expect(take(tick, read)).toBe('taken');
  expect([vcpu.state.kind, vcpu.published.steal]).toEqual(['running', 0]);
  expect(violated).toEqual([]);
});

test('X3: a VM that is paused or waits for a page runs no balloon driver', () => {
  const plain = { mustTell: false, deflateOnOom: false, reporting: false, poison: false };
  const load = on('memory.load-driver', { vm: 0, ...plain, poisonValue: 0 });
  const target = on('memory.set-balloon-target', { vm: 0, target: 1 });
  const inflate = on('memory.inflate-balloon', { vm: 0, pages: [1] });
  const paused = story(scopes.mixed);
  expect(paused.take(target, load, on('cpu.pause-vm', { vm: 0 }))).toBe('taken');
  expect(paused.take(inflate)).toBe('guest-not-running');
  expect(paused.take(on('cpu.resume-vm', { vm: 0 }), inflate)).toBe('guest-not-running');
  // Until it has a CPU: the other VM has both for two ticks.
  expect(paused.take(tick, tick, tick, inflate)).toBe('taken');
  const waiting = story(scopes.mixed);
  expect(waiting.take(target, load, map, read, inflate)).toBe('vm-stalled');
});

test('X4: a balloon driver reaches its target where its guest gets CPU time, and only there', () => {
  const reached = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'MIX-L1');
  const { 'mixed-balloon': scope } = scopes;
  expect(liveness(vmmMachine as Machine, scope, reached).verdict).toBe('holds');
  // Work of the VMM that goes first, and never ends, starves the guest.
  const starved = { ...scope, sizes: { ...scope.sizes, vmmFirst: 1 } };
  expect(liveness(vmmMachine as Machine, starved, reached).verdict).toBe('violated');
});

test('X6: the VMM pages out on a CPU of its own, and its guests are told of the time', () => {
  const out = on('memory.swap-out-begin', { vm: 0, page: 0, slot: 0 });
  const { cpu, take, violated } = story(scopes['mixed-swap']);
  expect(take(map, populate, out)).toBe('vmm-not-running');
  expect(take(on('cpu.vmm-work', { thread: 1, ticks: 1 }), tick, out)).toBe('taken');
  expect(take(tick)).toBe('taken');
  expect(cpu.pcpus.at(0).buckets).toMatchObject({ guest: 1, vmm: 1 });
  expect(cpu.threads.at(0).published.steal).toBe(1);
  expect(violated).toEqual([]);
});

test('MIX-T2 sees the VMM work in the background without a CPU', () => {
  const busy = dropGuard(vmmMachine, 'memory.swap-out-begin', 'vmm-not-running');
  const { take, violated } = story(scopes['mixed-swap'], busy);
  expect(take(map, populate, on('memory.swap-out-begin', { vm: 0, page: 0, slot: 0 }))).toBe(
    'taken',
  );
  expect(violated).toEqual(['MIX-T2']);
});

test('MEM-T2: the dirty log sees the record of stolen time, which the VMM writes', () => {
  const { memory, take, violated } = story(scopes.mixed);
  const place = on('record.place', { vm: 0, page: 0 });
  const write = on('record.write', { vm: 0, content: 1 });
  expect(take(place)).toBe('not-used-by-guest');
  expect(take(map, place, write)).toBe('no-own-frame');
  expect(take(populate, on('memory.start-log', { vm: 0, mode: 'auto' }))).toBe('taken');
  const page = memory.vms.at(0).pages.at(0);
  expect(page.logged).toBe(false);
  expect(take(write)).toBe('taken');
  expect(page.logged).toBe(true);
  expect(take(on('record.withdraw', { vm: 0 }), write)).toBe('no-record');
  expect(violated).toEqual([]);
});

/** Some of both. */
const both = ['memory/M4', 'memory/B3', 'cpu/C33a', 'cpu/C20', 'cpu/C29'];

test.each(both)('combined traces find %s too', { timeout: 60_000 }, (id) => {
  const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
  const options = { seed: 1, scope: scopes.mixed, budget: 40_000, shrinkBudget: 0 };
  expect(detect(vmmMachine, fault, vmmProperties, options)).toMatchObject({ found: true });
});
