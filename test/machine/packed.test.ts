import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedPages } from '../../examples/index.ts';
import {
  type Call,
  enabled,
  encoder,
  inPlace,
  type Machine,
  packed,
  plans,
  type Scope,
} from '../../machine/index.ts';
import { randomMachines } from './random-machine.ts';

const slow = { timeout: 60_000 };

/**
 * Walks at random; in every state, takes every step on the packed host and on a plain one. Throws
 * where they differ in the calls, their numbers, the states, the bytes, or the fingerprints.
 */
function walk(machine: Machine, scope: Scope, choices: readonly number[]): void {
  const plain = inPlace(machine, scope);
  const all = plans(plain.engine);
  const keys = encoder(machine.shape, scope.sizes);
  const host = packed(machine, scope);
  const fresh = packed(machine, scope);
  const compact = packed(machine, scope, { compact: true });
  const [form, formOf] = [new Int32Array(256), new Int32Array(256)];
  const [found, expected] = [new Int32Array(2), new Int32Array(2)];
  /** The compact form of a state says all of it, and follows every step and its undoing. */
  const checkCompact = (words: Int32Array): void => {
    const { words: count } = compact.compact;
    compact.compact.of(words, 0, formOf, 0);
    compact.write(plain.initial());
    compact.compact.load(formOf, 0);
    expect([...compact.words]).toEqual([...words]);
    compact.steps(() => {
      compact.compact.write(form, 0);
      compact.compact.of(compact.words, 0, formOf, 0);
      expect(form.slice(0, count)).toEqual(formOf.slice(0, count));
      return false;
    });
    compact.compact.write(form, 0);
    compact.compact.of(words, 0, formOf, 0);
    expect(form.slice(0, count)).toEqual(formOf.slice(0, count));
  };
  let state = plain.initial();
  host.write(state);
  for (const choice of choices) {
    const loaded = host.words.slice();
    checkCompact(loaded);
    const calls = enabled(plain.engine, all, state);
    let next = 0;
    host.steps((number) => {
      const call = calls[next++] as Call;
      expect(host.call(number)).toEqual(call);
      expect(host.numberOf(call)).toBe(number);
      const after = plain.copier.copy(state);
      plain.engine.run(after, call);
      expect(keys.encode(host.read())).toBe(keys.encode(after));
      fresh.write(after);
      expect([...host.words]).toEqual([...fresh.words]);
      host.fingerprint(found);
      fresh.fingerprint(expected);
      expect([...found]).toEqual([...expected]);
      host.fingerprintOf(host.words, 0, found);
      expect([...found]).toEqual([...expected]);
      return false;
    });
    expect(next).toBe(calls.length);
    expect([...host.words]).toEqual([...loaded]);
    const chosen = calls[choice % calls.length];
    if (chosen === undefined) return;
    // A step that is kept, from a state that was loaded, not reached.
    const number = host.numberOf(chosen);
    host.write(plain.initial());
    host.load(loaded, 0);
    expect(host.steps((call) => call === number)).toBe(true);
    state = plain.copier.copy(state);
    plain.engine.run(state, chosen);
    expect(keys.encode(host.read())).toBe(keys.encode(state));
  }
}

const choices = fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 });

test('the packed host takes the steps of the plain one, on random machines', slow, () => {
  fc.assert(
    fc.property(randomMachines, choices, ({ machine, scope }, chosen) => {
      walk(machine, scope, chosen);
    }),
    { numRuns: 50 },
  );
});

test('the packed host takes the steps of the plain one, on the reference model', slow, () => {
  fc.assert(
    fc.property(choices, (chosen) => {
      // Cast: the machine of a model, as the tools see any machine.
      walk(sharedPages as unknown as Machine, sharedPages.scopes.small, chosen);
    }),
    { numRuns: 20 },
  );
});
