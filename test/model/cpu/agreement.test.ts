/** Where there is nothing to share out, all schedulers do the same (chapter 7). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { run, traces } from '../../../generators/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { inPlace, keysOf } from '../../../machine/index.ts';
import { type SchedulerName, schedulers, type VmmScope, vmmMachine } from '../../../model/index.ts';
import { cpusOf } from './story.ts';

const asked = vmmProperties.filter(({ id }) => id === 'CPU-I4' || id === 'CPU-W');
const commands = ['halt', 'wake', 'interrupt', 'yield', 'pause-vm', 'resume-vm', 'tick'];

/** One VM of one vCPU, on so many CPUs. */
const alone = (scheduler: SchedulerName, pcpu: number): VmmScope => ({
  ...cpusOf(scheduler, { vm: 1, pcpu, weight: 1, grid: 1 }),
  commands: commands.map((name) => `cpu.${name}`),
});

test.each([1, 2])(
  'with one runnable vCPU on %i CPUs all schedulers charge and serve alike',
  (pcpu) => {
    fc.assert(
      fc.property(traces(vmmMachine, { scope: alone('round-robin', pcpu) }), (trace) => {
        const books = keysOf(schedulers).map((scheduler) => {
          const scope = alone(scheduler, pcpu);
          expect(run(vmmMachine, scope, trace, asked).failure).toBeUndefined();
          const host = inPlace(vmmMachine, scope);
          const state = host.initial();
          const outcomes = trace.map((call) => host.step(state, call).ok);
          const { threads, pcpus } = state.hosts.at(0).cpu;
          return { outcomes, threads, pcpus };
        });
        for (const each of books) expect(each).toEqual(books[0]);
      }),
      { seed: 1, numRuns: 12 },
    );
  },
);
