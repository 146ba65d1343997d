/** What random runs must come to see of guest systems: their states, what they tell, every refusal. */
import type { Sometimes } from '../../machine/index.ts';
import { type CheckedServices, serviceCommands } from '../../model/index.ts';
import { goalsOf } from '../goals.ts';
import { kinds, property, type SystemReading } from './reading.ts';

type Goal = Sometimes<CheckedServices>;
const { events, refusals } = goalsOf(property);

const told = events({
  'clock-set': kinds('service.read-time'),
  'watchdog-fired': kinds('service.check-watchdog'),
  'file-written': kinds('service.write-file'),
  thawed: kinds('service.thaw', 'cpu.tick'),
  'snapshot-taken': kinds('service.take-snapshot'),
  'powered-off': kinds('service.power-off', 'service.shut-down'),
});

const seen = (
  id: string,
  name: string,
  commands: ReturnType<typeof kinds>,
  is: (system: SystemReading) => boolean,
): Goal =>
  property.sometimes({
    id: `GOAL-guest-${id}`,
    name,
    commands,
    reached: ({ after }) => after.guests.some(is),
  });

const states: readonly Goal[] = [
  seen(
    'far-behind',
    'a guest is so far behind that it takes a sample for a SYNC',
    kinds('service.send-sample'),
    ({ policy, drift, message }) =>
      policy === 'implicit-sync' && drift.kind === 'behind' && message.kind === 'sample',
  ),
  seen('slows-down', 'a clock that is ahead goes slower', kinds('service.read-time'), (system) => {
    return system.slewing > 0;
  }),
  seen(
    'is-owed-ticks',
    'a timer has ticks to deliver late',
    kinds('service.send-sync'),
    (system) => {
      return system.backlog > 0;
    },
  ),
  seen(
    'is-lost',
    'a guest that has crashed misses heartbeats',
    kinds('service.send-heartbeat'),
    (system) => {
      return system.system === 'crashed' && system.unanswered === 2;
    },
  ),
];

/** Those of a tick are goals of CPUs. */
const { 'cpu.tick': _, ...own } = serviceCommands;

export const serviceGoals: readonly Goal[] = [
  ...told,
  ...states,
  ...refusals(own, (kind) => kind.replace('.', '-')),
];
