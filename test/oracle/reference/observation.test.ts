import { expect, test } from 'vitest';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { type OracleOptions, oracle, truth } from '../../../oracle/index.ts';

const scope = scopes.tiny;

/** What comes of an observation in the initial state. */
function observe(view: unknown, options: OracleOptions = {}) {
  const judged = oracle(vmmMachine, { scope, ...options }).observe(view);
  return judged.ok ? 'agrees' : `${judged.finding.reason}: ${judged.finding.message}`;
}
const frames = (view: unknown) => ({ hosts: [{ memory: { frames: view } }] });
const initial = () => truth(vmmMachine, scope, () => 0).observe();

test('any part of the state may be observed: fields, fields of a case, elements by id', () => {
  for (const view of [
    {},
    { hosts: [{}] },
    { hosts: { 0: { memory: { freeFrames: 4 } } } },
    frames({}),
    frames({ 3: { use: { kind: 'free' } } }),
    frames({ 3: { use: { kind: 'free', scrubbed: true }, sharers: [[false, false], {}] } }),
  ]) {
    expect(observe(view)).toBe('agrees');
  }
});

test('what differs is named, with what is allowed there', () => {
  expect(observe(frames({ 3: { use: { kind: 'hypervisor' } } }))).toBe(
    'observation: what the system shows is not the only possible state: ' +
      'hosts[0].memory.frames[3].use is hypervisor, not free(scrubbed true)',
  );
  expect(observe(frames({ 0: { content: 1, references: 2 } }))).toMatch(
    /frames\[0\].content is 1, not 0, and 1 more places$/,
  );
});

test.each([
  [null, 'the observation is none, not an object'],
  [{ hosts: 1 }, 'hosts is 1, not an array'],
  [{ hosts: [] }, 'hosts has 0 elements, not 1'],
  [{ hosts: { 1: {} } }, 'hosts has no element 1: 0..0'],
  [{ hosts: { '-1': {} } }, 'hosts has no element -1: 0..0'],
  [{ hosts: { '0x0': {} } }, 'hosts has no element 0x0: 0..0'],
  [{ spare: 1 }, 'the observation has an unknown field spare'],
  [{ constructor: 1 }, 'the observation has an unknown field constructor'],
  [JSON.parse('{"__proto__":{}}'), 'the observation has an unknown field __proto__'],
  [frames({ 0: { content: 7 } }), 'hosts[0].memory.frames[0].content = 7 is outside 0..2'],
  [frames({ 0: { use: {} } }), 'use.kind is nothing, not one of free, private'],
  [frames({ 0: { use: { kind: 'free', spare: 1 } } }), 'use has an unknown field spare'],
])('%j is no observation', (view, message) => {
  expect(observe(view)).toMatch(/^malformed/);
  expect(observe(view)).toContain(message);
});

test('with full comparison everything must be there, ghosts and history apart', () => {
  const state = initial();
  expect(observe(state, { compare: 'full' })).toBe('agrees');
  const { hosts, ...others } = state;
  const { guests, ...rest } = hosts.at(0);
  expect(observe({ ...others, hosts: [rest] }, { compare: 'full' })).toMatch(
    /^malformed: hosts\[0\]\.guests is missing/,
  );
  const withoutGhosts = guests.map(({ expected: _, unspecified: __, ...each }) => each);
  expect(
    observe({ ...others, hosts: [{ ...rest, guests: withoutGhosts }] }, { compare: 'full' }),
  ).toBe('agrees');
  const byId = { ...others, hosts: [{ ...rest, guests: { ...guests } }] };
  expect(observe(byId, { compare: 'full' })).toBe('agrees');
});
