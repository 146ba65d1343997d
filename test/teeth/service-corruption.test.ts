/**
 * No single mistake about guest systems passes: whatever field a command leaves wrong, or changes of a
 * guest that it is not about, some property says so.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { traces } from '../../generators/index.ts';
import { serviceProperties } from '../../invariants/index.ts';
import {
  type Change,
  copier,
  evaluation,
  inPlace,
  type Machine,
  type Property,
  record,
  type Violation,
} from '../../machine/index.ts';
import { guestServices, type Services, scopes, vmmMachine } from '../../model/index.ts';
import { corrupt, randomFrom } from '../invariants/corrupt.ts';
import { serviceMachine } from './service-bench.ts';

const scope = scopes['service-fuzz'];
const copies = copier(serviceMachine.shape);
const guests = record({ guests: guestServices });
const asked = evaluation(
  serviceMachine as Machine,
  { sizes: scope.sizes },
  serviceProperties.filter(
    ({ kind }) => kind === 'invariant' || kind === 'transition',
  ) as unknown as readonly Property[],
);

test('a step that leaves one field of a guest wrong does not pass', { timeout: 60_000 }, () => {
  const random = randomFrom(5);
  const host = inPlace(vmmMachine, scope);
  const passed = new Map<string, number>();
  let tried = 0;
  for (const trace of fc.sample(traces(vmmMachine, { scope }), { seed: 7, numRuns: 60 })) {
    const state = host.initial();
    const part: Services = {
      ...{ cpu: state.hosts.at(0).cpu, guests: state.services },
      ...{ host: 0, clusters: state.clusters },
    };
    let before = copies.copy(part);
    for (const call of trace) {
      const step = host.step(state, call);
      if (!step.ok) continue;
      const after = copies.copy(part);
      const wrong = copies.copy(part);
      const path = corrupt(random, scope.sizes, guests, { guests: wrong.guests });
      if (path !== null && (call.kind.startsWith('service.') || call.kind === 'cpu.tick')) {
        tried++;
        const found: Violation[] = [];
        const change = { before, call, after: wrong, events: step.events, size: scope.sizes };
        asked.change(change as unknown as Change, found);
        asked.state(wrong, found);
        for (const { message } of found) expect(message).toMatch(/\w/);
        const name = `${path} after ${call.kind}`;
        if (found.length === 0) passed.set(name, (passed.get(name) ?? 0) + 1);
      }
      before = after;
    }
  }
  expect(tried).toBeGreaterThan(800);
  // A guest that is not told of its pause: TIME-I3 says so when its watchdog fires.
  expect([...passed.keys()]).toEqual(['.guests.stopped after cpu.tick']);
});
