import { describe, expect, test } from 'vitest';
import { serviceProperties } from '../../invariants/index.ts';
import { type AnyEvent, changeOperation, type Machine } from '../../machine/index.ts';
import type { ServiceOperations, Services } from '../../model/index.ts';
import { forced } from './bench.ts';
import {
  after,
  call,
  changeViolations,
  cpu,
  runViolations,
  type ServiceStep,
  serviceMachine,
  stateViolations,
  tick,
} from './service-bench.ts';

/** Both guests are up and right; thread 0 of VM 0 has the CPU for two ticks, then thread 1. */
const vm = 0;
const ticks = (count: number): readonly ServiceStep[] => Array.from({ length: count }, () => tick);
const pause = cpu('pause-vm', { vm });
const resume = cpu('resume-vm', { vm });
const powerOff = call('power-off', { vm });
const freeze = call('freeze', { vm, timeout: 2 });
const readTime = call('read-time', { vm });
/** VM 0 counts ticks, and misses some when its first vCPU waits. */
const counting: readonly ServiceStep[] = [
  powerOff,
  call('boot', { vm, clock: 'timer-with-replay', ahead: 0 }),
];
/** Its clock is ahead, and goes slower. */
const slow: readonly ServiceStep[] = [
  ...[powerOff, call('boot', { vm, clock: 'pv', ahead: 2 })],
  call('start', { vm, policy: 'follows-samples', mayStepBack: false }),
  ...[call('send-sync', { vm }), readTime],
];
/** VM 0 was paused, so that a SYNC is under way to it when it has the CPU again. */
const told: readonly ServiceStep[] = [
  ...[pause, tick, tick, resume, cpu('pause-vm', { vm: 1 }), tick],
  call('send-sync', { vm }),
];

const idsOf = (kind: string): string[] =>
  serviceProperties.filter((each) => each.kind === kind).map(({ id }) => id);

/** Mistakes that other properties cannot but see as well. */
const alsoSeenBy: Readonly<Record<string, readonly string[]>> = {
  // Time of day is kept as what it is off by, and a monotonic clock by what it gets.
  'TIME-I1': ['TIME-T4', 'TIME-T5'],
  'TIME-I2': ['TIME-T4'],
  'TIME-I4': ['TIME-T4', 'TIME-T5'],
  // What a command does and tells is also said for every command at once.
  'TIME-I3': ['SD-T4'],
  'TIME-T1': ['SD-T3'],
  'TIME-T6': ['SD-T3'],
  'TIME-T7': ['TIME-T8'],
  'TIME-T10': ['SD-T4'],
  'HB-T2': ['TIME-T8'],
  'Q-I1': ['SD-T4'],
  'Q-T1': ['SD-T4'],
  'SD-T2': ['SD-T4'],
};
const seenBy = (id: string): string[] => [id, ...(alsoSeenBy[id] ?? [])].sort();

interface BadState {
  readonly before?: readonly ServiceStep[];
  readonly spoil: (m: Services) => void;
}
const badStates: Readonly<Record<string, BadState>> = {
  'TIME-I5': {
    spoil: (m) => {
      m.guests.at(0).slewing = 1;
    },
  },
  'Q-I3': {
    before: [freeze],
    spoil: (m) => {
      m.guests.at(0).thawsIn = 0;
    },
  },
  'SD-I2': {
    before: [powerOff],
    spoil: (m) => {
      m.guests.at(0).present = true;
    },
  },
};

describe('every invariant of guest systems sees a state that breaks it', () => {
  test.each(idsOf('invariant'))('%s', (id) => {
    const { before = [], spoil } = badStates[id] ?? expect.fail('has no bad state');
    const state = after(...before);
    expect(stateViolations(state)).toEqual([]);
    spoil(state);
    expect(stateViolations(state)).toEqual(seenBy(id));
  });
});

interface BadStep {
  readonly before?: readonly ServiceStep[];
  readonly step: ServiceStep;
  /** What is wrong after the step; nothing where it should not have been taken. */
  readonly spoil?: (m: Services, events: AnyEvent[]) => void;
}
const badSteps: Readonly<Record<string, BadStep>> = {
  'TIME-I1': {
    step: tick,
    spoil: (m) => {
      m.guests.at(0).monotonic = -1;
    },
  },
  'TIME-I2': {
    step: tick,
    spoil: (m) => {
      m.guests.at(0).drift = { kind: 'behind', by: 2 };
    },
  },
  'TIME-I3': {
    before: [...ticks(4)],
    step: call('check-watchdog', { vm: 1 }),
    spoil: (_, events) => {
      events.pop();
    },
  },
  'TIME-I4': {
    before: [pause],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).monotonic++;
    },
  },
  'TIME-T1': {
    before: told,
    step: readTime,
    spoil: (m) => {
      m.guests.at(0).drift = { kind: 'behind', by: 1 };
    },
  },
  'TIME-T4': {
    before: slow,
    step: tick,
    spoil: (m) => {
      m.guests.at(0).drift = { kind: 'ahead', by: 1 };
    },
  },
  'TIME-T5': {
    before: [...counting, tick, tick],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).backlog = 0;
    },
  },
  'TIME-T6': {
    before: [
      ...[...counting, call('start', { vm, policy: 'ignores-samples', mayStepBack: false })],
      ...[...ticks(3), call('send-sync', { vm })],
    ],
    step: readTime,
    spoil: (m) => {
      m.guests.at(0).backlog = 1;
    },
  },
  'TIME-T7': {
    before: [pause],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).syncDue = false;
    },
  },
  'TIME-T10': {
    before: [call('set-timer', { vm: 0, ticks: 2 })],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).timer = 0;
    },
  },
  'STL-T4': {
    before: [...ticks(3)],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).unaccounted--;
    },
  },
  'STL-T5': {
    step: tick,
    spoil: (m) => {
      m.guests.at(0).accounted.own++;
    },
  },
  'HB-T1': {
    before: [call('send-heartbeat', { vm })],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).silence = 'starved';
    },
  },
  'HB-I1': { step: forced(call('restart-vm', { vm })) },
  'HB-T2': {
    before: [call('send-heartbeat', { vm })],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).unanswered = 0;
    },
  },
  'Q-I1': {
    before: [freeze, call('acknowledge-freeze', { vm })],
    step: tick,
    spoil: (_, events) => {
      events.push({ type: 'file-written', vm: 0 });
    },
  },
  'Q-I2': { before: [freeze], step: forced(freeze) },
  'Q-T1': {
    before: [freeze],
    step: call('take-snapshot', { vm }),
    spoil: (_, events) => {
      events[0] = { type: 'snapshot-taken', consistent: 'application' };
    },
  },
  'SD-I1': {
    before: [call('stop', { vm })],
    step: forced(call('request-shutdown', { vm })),
  },
  'SD-T1': { step: forced(call('shut-down', { vm })) },
  'SD-T3': {
    step: call('set-feature', { vm, feature: 'time', on: false }),
    spoil: (m) => {
      m.guests.at(1).enabled.time = false;
    },
  },
  'SD-T4': {
    step: call('boot', { vm, clock: 'pv', ahead: 0 }),
    before: [powerOff],
    spoil: (_, events) => {
      events.push({ type: 'file-written', vm: 0 });
    },
  },
  'TIME-T8': {
    before: [pause, freeze],
    step: tick,
    spoil: (m) => {
      m.guests.at(0).thawsIn = 2;
    },
  },
  'SD-T2': {
    before: [call('write-file', { vm })],
    step: powerOff,
    spoil: (_, events) => {
      events[0] = { type: 'powered-off', lost: false };
    },
  },
};

describe('every transition property of guest systems sees a step that breaks it', () => {
  test.each(idsOf('transition'))('%s', (id) => {
    const { before = [], step, spoil = () => {} } = badSteps[id] ?? expect.fail('has no bad step');
    expect(changeViolations(after(...before), step, spoil).sort()).toEqual(seenBy(id));
  });
});

const changed = <N extends keyof ServiceOperations>(
  name: N,
  change: (original: ServiceOperations[N]) => ServiceOperations[N],
): Machine<Services> => changeOperation(serviceMachine, name, change);

const badRuns: Readonly<Record<string, readonly [Machine<Services>, readonly ServiceStep[]]>> = {
  'TIME-L1': [
    changed('setClock', () => () => {}),
    [
      ...[pause, ...ticks(3), resume, cpu('pause-vm', { vm: 1 }), tick],
      ...[call('send-sample', { vm }), readTime],
    ],
  ],
  // Two ticks ahead, one in three left out: right after six.
  'TIME-L2': [
    changed('advanceClock', (original) => (m, id, c) => {
      const { drift } = m.guests.at(id);
      original(m, id, c);
      if (id === 0) m.guests.at(id).drift = drift;
      if (id === 0 && m.guests.at(id).slewing === 0) m.guests.at(id).slewing = 1;
    }),
    [...slow, ...ticks(6)],
  ],
  'Q-L1': [
    changed('countDown', (original) => (m, id, c) => {
      if (m.guests.at(id).files === 'thawed') original(m, id, c);
    }),
    [freeze, tick, tick],
  ],
};

describe('every bounded promise of guest systems sees a run that breaks it', () => {
  test.each(idsOf('within'))('%s', (id) => {
    const [machine, steps] = badRuns[id] ?? expect.fail('has no bad run');
    expect([...new Set(runViolations(machine, steps))]).toEqual([id]);
    expect(runViolations(serviceMachine, steps)).toEqual([]);
    expect(runViolations(machine, steps.slice(0, -1)), 'not before the last step').toEqual([]);
  });
});
