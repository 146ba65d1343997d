import { expect, test } from 'vitest';
import { memoryProperties } from '../../invariants/index.ts';
import { copier, type Property } from '../../machine/index.ts';
import { type CheckedMemory, memory, scopes } from '../../model/index.ts';
import { changes, corrupt, randomFrom } from './corrupt.ts';

const isRead = (property: Property<CheckedMemory>) =>
  (property.kind === 'invariant' || property.kind === 'transition') && property.reads !== undefined;

test('what a property does not read cannot change what it says', { timeout: 60_000 }, () => {
  const scope = scopes.fuzz;
  const copies = copier(memory);
  const random = randomFrom(1);
  const reading = memoryProperties.filter(isRead);
  let unread = 0;
  for (const { after: before, call, events } of changes(scope, 8)) {
    const after = copies.copy(before);
    corrupt(random, scope.sizes, memory, after);
    const change = { before, call, after, events, size: scope.sizes };
    for (const property of reading) {
      if (property.kind !== 'invariant' && property.kind !== 'transition') continue;
      const { reads } = property;
      if (reads === undefined || (reads.changed(change) & reads.parts) !== 0) continue;
      unread++;
      const violation =
        property.kind === 'invariant'
          ? property.violation(after, scope.sizes)
          : property.violation(change);
      expect(violation, property.id).toBeNull();
    }
  }
  expect(unread).toBeGreaterThan(5_000);
});

test('a rule of members asks each that a change concerns', { timeout: 60_000 }, () => {
  const scope = scopes.fuzz;
  const { sizes } = scope;
  const copies = copier(memory);
  const random = randomFrom(4);
  const invariants = memoryProperties.filter((each) => each.kind === 'invariant');
  let violated = 0;
  for (const { after: before, call, events } of changes(scope, 12, 13)) {
    const after = copies.copy(before);
    corrupt(random, sizes, memory, after);
    const change = { before, call, after, events, size: sizes };
    for (const { id, local, violation } of invariants) {
      if (local === undefined) continue;
      // What differs from a state in which the rule holds makes the whole false, or no member.
      const members = local.flatMap(({ around, parts, violation: asked }) =>
        around(change).flatMap((changed, member) =>
          (changed & parts) === 0 ? [] : (asked(after, member, sizes) ?? []),
        ),
      );
      const whole = violation(after, sizes);
      expect(members[0] ?? null, id).toBe(whole);
      if (whole !== null) violated++;
    }
  }
  expect(violated).toBeGreaterThan(500);
});
