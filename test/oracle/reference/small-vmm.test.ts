import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallVmm, smallVmmBugs, smallVmmCommands } from '../../../examples/small-vmm/index.ts';
import { traces } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { Disagreed, lockstep, lockstepAsync, oracle } from '../../../oracle/index.ts';

const scope = { ...scopes.fuzz, commands: smallVmmCommands };
const drawn = traces(vmmMachine, { scope });

test('the small VMM does what the model permits, in what it answers and what it shows', () => {
  const reference = oracle(vmmMachine, { scope });
  const property = fc.property(drawn, (trace) => lockstep(trace, smallVmm(scope.sizes), reference));
  fc.assert(property, { seed: 1, numRuns: 50 });
  const { commands, unsupported, skipped, statesMax } = reference.counts;
  expect(commands + unsupported).toBeGreaterThan(5_000);
  expect(skipped).toBe(0);
  expect(statesMax).toBe(1);
  for (const [kind, counts] of reference.kindCounts) {
    expect(counts.accepted, kind).toBeGreaterThan(0);
  }
});

test.each(smallVmmBugs)('its planted bug %s is found, and the trace is short', (bug) => {
  const reference = oracle(vmmMachine, { scope });
  const details = fc.check(
    fc.property(drawn, (trace) => lockstep(trace, smallVmm(scope.sizes, [bug]), reference)),
    { seed: 1, numRuns: 1000 },
  );
  const [trace = []] = details.counterexample ?? [];
  const lengths = { 'lost-write': 6, 'stale-reverse-map': 6, 'not-cleared': 19 };
  expect(trace).toHaveLength(lengths[bug]);
  expect(details.errorInstance).toBeInstanceOf(Disagreed);
});

test('a report says what was answered, what was allowed, and what was done before', () => {
  const trace = [
    { kind: 'memory.create-vm', args: { vm: 0, size: 2, reservation: 1, mode: 'refill' } },
    { kind: 'memory.map', args: { vm: 0, virtual: 0, page: 0, writable: true } },
    { kind: 'memory.populate', args: { vm: 0, page: 0, frame: 9 } },
    { kind: 'memory.swap-out-begin', args: { vm: 0, page: 0, slot: 3 } },
    { kind: 'memory.write', args: { vm: 0, virtual: 0, content: 1 } },
    { kind: 'memory.swap-out-end', args: { vm: 0, page: 0 } },
  ].map(({ kind, args }) => ({ kind, args: { host: 0, huge: false, overhead: [8], ...args } }));
  const reference = oracle(vmmMachine, { scope });
  const held = (): void => lockstep(trace, smallVmm(scope.sizes, ['lost-write']), reference);
  expect(held).toThrow(
    [
      "memory.swap-out-end answered 'ok'; allowed was 'ok, swap-out-aborted(vm 0, page 0)'",
      '  allowed: ok, swap-out-aborted(vm 0, page 0)',
      '  events[0]: allowed swap-out-aborted(vm 0, page 0), observed no event',
    ].join('\n'),
  );
  expect(held).toThrow(/ 4 {2}memory.swap-out-begin .* slot 0 {2}ok\n/);
  expect(held).toThrow(/>\s+6 {2}memory.swap-out-end .* ok$/);
});

test('a system that answers later is held just so', async () => {
  const reference = oracle(vmmMachine, { scope });
  const system = smallVmm(scope.sizes, ['lost-write']);
  const later = {
    reset: async () => system.reset(),
    step: async (command: Parameters<typeof system.step>[0]) => system.step(command),
  };
  const details = await fc.check(
    fc.asyncProperty(drawn, (trace) => lockstepAsync(trace, later, reference)),
    { seed: 1, numRuns: 300 },
  );
  const [trace = []] = details.counterexample ?? [];
  expect(trace).toHaveLength(6);
  expect(() => lockstep(trace, later as never, reference)).toThrow(/use lockstepAsync/);
});

test('what a system throws is a finding, with the trace so far', () => {
  const reference = oracle(vmmMachine, { scope });
  const broken = {
    reset() {},
    step: () => {
      throw new RangeError('no such bank');
    },
  };
  const trace = [{ kind: 'memory.scrub', args: { host: 0, frame: 1 } }];
  try {
    lockstep(trace, broken, reference);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      finding: { reason: 'threw' },
      followed: [{ command: trace[0] }],
    });
    expect((error as Error).cause).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/^the system failed: no such bank/);
  }
});
