/** The VMM on every host. */
import * as fc from 'fast-check';
import { test } from 'vitest';
import { traces } from '../../generators/index.ts';
import {
  difference,
  encoder,
  immutable,
  inPlace,
  packed,
  problems,
  type Scope,
  strict,
} from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

/** What reports show and no key holds. */
const history =
  /swapOuts|swapIns|doublePagings|fullScans|buckets|published\.steal|computed|ledger|monotonic|accounted/;

/** Outcomes, events, states and keys are equal on all hosts; a refusal returns what it was given. */
function agreeing(scope: Scope): fc.IProperty<unknown> {
  const plain = inPlace(vmmMachine, scope);
  const frozen = immutable(vmmMachine, scope);
  const guarded = strict(vmmMachine, scope);
  const compact = packed(vmmMachine, scope);
  const keys = encoder(vmmMachine.shape, scope.sizes);
  return fc.property(traces(vmmMachine, { scope, maxLength: 80 }), (trace) => {
    const state = plain.initial();
    compact.write(state);
    let checked = guarded.initial();
    let shown = frozen.initial();
    for (const call of trace) {
      const expected = plain.step(state, call);
      const immutableStep = frozen.step(shown, call);
      const strictStep = guarded.step(checked, call);
      for (const step of [immutableStep, strictStep, compact.step(call)]) {
        const outcome = step.ok ? step.events : step.rejection;
        const wanted = expected.ok ? expected.events : expected.rejection;
        if (JSON.stringify(outcome) !== JSON.stringify(wanted)) {
          throw new Error(
            `${call.kind}: ${JSON.stringify(outcome)}, not ${JSON.stringify(wanted)}`,
          );
        }
      }
      if (!immutableStep.ok && !Object.is(immutableStep.state, shown)) {
        throw new Error(`${call.kind}: a refusal made a new state`);
      }
      shown = immutableStep.state;
      checked = strictStep.state;
      const key = keys.encode(state);
      const states = [shown as typeof state, checked, compact.read()];
      if (states.some((each) => keys.encode(each) !== key)) {
        throw new Error(`${call.kind}: the hosts' states differ`);
      }
    }
    const changes = difference(vmmMachine.shape, state, keys.decode(keys.encode(state)));
    const found = problems(vmmMachine.shape, scope.sizes, state);
    const kept = changes.filter(({ path }) => !history.test(path));
    return found.length === 0 && kept.length === 0;
  });
}

test.each([
  ['tiny', 4],
  ['fuzz', 3],
  ['overcommit', 4],
  ['cpu-fuzz', 3],
  ['cpu-fuzz-one', 3],
  ['cpu-locks-fuzz', 3],
  ['cpu-credit-fuzz', 3],
  ['cpu-credit2-fuzz', 3],
  ['service-fuzz', 3],
  ['migration-fuzz', 3],
  ['migration-postcopy-fuzz', 3],
  ['migration-pages', 3],
  ['migration-hinting-fuzz', 3],
  ['migration-crash-fuzz', 3],
  ['mixed', 3],
] as const)('the rules run alike on all hosts in scope %s', (name, numRuns) => {
  fc.assert(agreeing(scopes[name]), { numRuns, seed: 7 });
});
