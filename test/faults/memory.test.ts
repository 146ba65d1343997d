import { describe, expect, test } from 'vitest';
import { deferredFaults, vmmFaults } from '../../faults/index.ts';
import { vmmMachine } from '../../model/index.ts';

test('every fault of the specification is here once, or deferred with a reason', () => {
  const ids = [...vmmFaults, ...deferredFaults].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const rows = new Set(ids.map((id) => id.replace(/^memory\/([MSBK]\d+)[ab]?$/, '$1')));
  const listed = [...row('M', 10), ...row('S', 7), ...row('B', 18), ...row('K', 13)];
  expect([...rows].sort()).toEqual(listed.sort());
});

function row(family: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${family}${i + 1}`);
}

describe.each(vmmFaults)('$id', (fault) => {
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
});
