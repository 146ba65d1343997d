/** Fractions of an observation were compared as objects, and never equal to those of the model. */
import { expect, test } from 'vitest';
import { inPlace } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import { oracle } from '../../oracle/index.ts';

const scope = scopes['cpu-eevdf'];
const initial = () => inPlace(vmmMachine, scope).initial();

test('a state that is shown whole is the state, fractions and all', () => {
  const reference = oracle(vmmMachine, { scope, compare: 'full' });
  reference.reset();
  const shown = JSON.parse(JSON.stringify(initial()));
  expect(reference.observe(shown)).toEqual({ ok: true, states: 1 });
});

test('a fraction that is another one is told', () => {
  const reference = oracle(vmmMachine, { scope });
  reference.reset();
  const deadline = { 0: { n: 1, d: 3 } };
  const shown = { hosts: { 0: { cpu: { scheduler: { states: { eevdf: { deadline } } } } } } };
  const path = 'hosts[0].cpu.scheduler.states.eevdf.deadline[0]';
  expect(reference.observe(shown)).toMatchObject({
    ok: false,
    finding: { reason: 'observation', difference: [{ path, allowed: '1/2', observed: '1/3' }] },
  });
});
