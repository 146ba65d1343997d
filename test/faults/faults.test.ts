import { describe, expect, test } from 'vitest';
import { deferredFaults, vmmFaults } from '../../faults/index.ts';
import { run, scopeOf } from '../../generators/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { vmmMachine } from '../../model/index.ts';
import { cpuTraces } from './cpu.traces.ts';
import { memoryTraces } from './memory.traces.ts';
import { migrationTraces } from './migration.traces.ts';
import { mixedTraces } from './mixed.traces.ts';
import { serviceTraces } from './service.traces.ts';

test('every fault of the specification is here once, or deferred with a reason', () => {
  const ids = [...vmmFaults, ...deferredFaults].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const rows = new Set(
    ids.map((id) => id.replace(/^(?:memory|cpu|migration|mixed)\/([A-Z]+\d+)[abc]?$/, '$1')),
  );
  const memory = [...row('M', 10), ...row('S', 7), ...row('B', 18), ...row('K', 13)];
  // Mutants of round robin, stride, co-scheduling and locks have no ids in the specification; some
  // of time and the service are our own, and two of what is checked before a migration.
  const own = [...row('T', 2), ...row('H', 1), ...row('Q', 2), ...row('D', 1), ...row('U', 2)];
  const plugged = row('V', 2);
  const together = [...row('G', 3), ...row('L', 3), ...row('J', 3), ...row('E', 6)];
  const cpu = [...row('C', 35), ...row('R', 3), ...row('P', 4), ...together, ...own];
  expect([...rows].sort()).toEqual([...memory, ...cpu, ...plugged, ...row('X', 30)].sort());
});

function row(family: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${family}${i + 1}`);
}

const traces = {
  ...memoryTraces,
  ...cpuTraces,
  ...serviceTraces,
  ...migrationTraces,
  ...mixedTraces,
};

describe.each(vmmFaults)('$id', (fault) => {
  const trace = traces[fault.id] ?? [];
  const scope = scopeOf(vmmMachine, fault);
  const named = vmmProperties.filter(({ id }) => fault.killedBy.includes(id));

  test('has a seam in the machine, and leaves the machine itself alone', () => {
    const commands = { ...vmmMachine.commands };
    const operations = { ...vmmMachine.operations };
    const faulted = fault.apply(vmmMachine);
    expect(faulted).not.toBe(vmmMachine);
    expect(vmmMachine.commands).toEqual(commands);
    expect(vmmMachine.operations).toEqual(operations);
  });

  test('tells its story in one sentence, its origin, and what must kill it', () => {
    expect(fault.story).toMatch(/^[A-Z].*\.$/);
    expect(fault.origin).not.toBe('');
    expect(fault.killedBy).not.toHaveLength(0);
  });

  test('turns its story wrong for a property that it names, at the last command', () => {
    const { outcomes, failure } = run(fault.apply(vmmMachine), scope, trace, named);
    expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
    expect(failure?.step).toBe(trace.length);
  });

  test('is what is wrong: without it the same commands break nothing', () => {
    // A command that the fault brings with it is no command of the machine.
    const known = trace.filter(({ kind }) => kind in vmmMachine.commands);
    expect(run(vmmMachine, scope, known, vmmProperties).failure).toBeUndefined();
  });

  test('needs every command of its story', () => {
    const faulted = fault.apply(vmmMachine);
    for (let i = 0; i < trace.length; i++) {
      const shorter = trace.filter((_, at) => at !== i);
      expect(run(faulted, scope, shorter, named).failure, `without ${i}`).toBeUndefined();
    }
  });
});
