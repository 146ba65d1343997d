/** Transition properties, asked of steps of their commands without their premise. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { traces } from '../../generators/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { type Change, inPlace, names, noNotes, type Property } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

/** What they say of steps without their premise: nothing, or a sentence. */
test.each([
  ['migration-fuzz', /^MIG-(?!A4)/],
  ['migration-postcopy-fuzz', /^MIG-(?!A4)/],
  ['cpu-locks-fuzz', /^(LHP|COS)-/],
  ['service-fuzz', /^(SD|HB|Q|TIME)-/],
] as const)('in %s they answer all the same', (name, form) => {
  const scope = scopes[name];
  const asked = (vmmProperties as readonly unknown[] as readonly Property[]).filter((each) =>
    form.test(each.id),
  );
  expect(asked.length).toBeGreaterThan(5);
  const host = inPlace(vmmMachine, scope);
  const [trace = []] = fc.sample(traces(vmmMachine, { scope }), { numRuns: 1, seed: 5 });
  const state = host.initial();
  for (const call of trace) {
    const before = host.copier.copy(state);
    const result = host.step(state, call);
    if (!result.ok) continue;
    const { events } = result;
    const seen = { before, call, after: state, events, size: scope.sizes, notes: noNotes() };
    for (const property of asked) {
      if (property.kind !== 'transition' || !names(property.commands, call.kind)) continue;
      const message = property.violation(seen as unknown as Change);
      expect(message === null || message.length > 0, property.id).toBe(true);
    }
  }
});
