/** What random runs must come to see: every state of a thread, every scheduler, every refusal. */
import type { Property } from '../../machine/index.ts';
import { type CheckedCpu, cpuCommands } from '../../model/index.ts';
import { kinds, property } from './reading.ts';

type Goal = Property<CheckedCpu>;

/** States of threads, and the commands that may bring them there. */
const statesBy = {
  offline: kinds('cpu.release-vcpu'),
  paused: kinds('cpu.pause-vm'),
  blocked: kinds('cpu.halt', 'cpu.tick'),
  ready: kinds('cpu.tick'),
  throttled: kinds('cpu.tick', 'cpu.set-cap'),
  running: kinds('cpu.tick'),
};
const states = Object.entries(statesBy).map(
  ([kind, commands]): Goal =>
    property.sometimes({
      id: `GOAL-thread-${kind}`,
      name: `a thread is ${kind}`,
      commands,
      reached: ({ after }) => after.threads.some(({ state }) => state.kind === kind),
    }),
);

const eventsBy = { switched: kinds('cpu.tick'), 'halt-cancelled': kinds('cpu.halt') };
const events = Object.entries(eventsBy).map(
  ([type, commands]): Goal =>
    property.sometimes({
      id: `GOAL-event-${type}`,
      name: `something tells '${type}'`,
      commands,
      reached: ({ events: told }) => told.some((event) => event.type === type),
    }),
);

const worker = property.sometimes({
  id: 'GOAL-vmm-runs',
  name: 'a thread of the VMM takes a CPU from guests',
  commands: kinds('cpu.tick'),
  reached: ({ after }) =>
    after.queue.length > 0 &&
    after.threads.some(({ vm, state }) => vm === null && state.kind === 'running'),
});

const parked = property.sometimes({
  id: 'GOAL-thread-parked',
  name: 'credit parks a thread whose VM is over its cap',
  commands: kinds('cpu.tick'),
  reached: ({ after }) => after.threads.some(({ held }) => held),
});

const refusals = Object.entries(cpuCommands).flatMap(([kind, { requires }]) => {
  const codes = new Set(requires.map(([code]): string => code));
  return [...codes].map(
    (code): Goal =>
      property.refused({
        id: `GOAL-${kind.replace('.', '-')}-refused-${code}`,
        name: `${kind} is refused with ${code}`,
        refused: { command: kind, code },
      }),
  );
});

export const cpuGoals: readonly Goal[] = [...states, ...events, worker, parked, ...refusals];
