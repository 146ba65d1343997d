import { expect, test } from 'vitest';
import {
  mayFollow,
  nextStates,
  qemuRunState,
  qemuSource,
  qemuTarget,
  type StateMachine,
  statesAfter,
} from '../../model/index.ts';

/** Whether a machine may be seen to take this path. */
function isPath<S extends string>(machine: StateMachine<S>, path: readonly NoInfer<S>[]): boolean {
  return path.every((to, at) => {
    const from = path[at - 1];
    return from === undefined || mayFollow(machine, from, to);
  });
}

test('the tables have every transition of 5.B and 5.C, each once', () => {
  expect(qemuSource.changes).toHaveLength(47);
  expect(qemuTarget.changes).toHaveLength(14);
  expect(qemuRunState.changes).toHaveLength(85);
  for (const { changes } of [qemuSource, qemuTarget, qemuRunState]) {
    const pairs = changes.map(({ from, to }) => `${from} ${to}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(changes.filter(({ from, to }) => from === to)).toEqual([]);
  }
});

test('the source’s happy paths of 5.B, with and without what releases erase', () => {
  expect(isPath(qemuSource, ['none', 'setup', 'active', 'device', 'completed'])).toBe(true);
  expect(isPath(qemuSource, ['none', 'setup', 'active', 'completed'])).toBe(true);
  expect(isPath(qemuSource, ['active', 'pre-switchover', 'completed'])).toBe(true);
  expect(isPath(qemuSource, ['setup', 'active', 'cancelling', 'cancelled', 'setup'])).toBe(true);
  expect(isPath(qemuSource, ['active', 'failed'])).toBe(true);
  expect(isPath(qemuSource, ['active', 'failing', 'failed'])).toBe(true);
  expect(isPath(qemuSource, ['active', 'postcopy-active', 'completed'])).toBe(true);
  expect(isPath(qemuSource, ['device', 'postcopy-device', 'postcopy-active'])).toBe(true);
});

test('the source takes no other way', () => {
  expect(isPath(qemuSource, ['setup', 'completed'])).toBe(false);
  expect(isPath(qemuSource, ['cancelling', 'failed'])).toBe(false);
  expect(isPath(qemuSource, ['cancelled', 'active'])).toBe(false);
  expect(isPath(qemuSource, ['active', 'postcopy-paused'])).toBe(false);
  expect(isPath(qemuSource, ['postcopy-active', 'active'])).toBe(false);
});

test('recovery that fails leads back to paused, never to failed (MIG-X25)', () => {
  for (const machine of [qemuSource, qemuTarget]) {
    expect([...nextStates(machine, 'postcopy-recover')].toSorted()).not.toContain('failed');
    expect(mayFollow(machine, 'postcopy-recover', 'postcopy-paused')).toBe(true);
  }
  const recovered = ['postcopy-paused', 'postcopy-recover', 'postcopy-active'] as const;
  expect(isPath(qemuSource, recovered)).toBe(true);
  expect(isPath(qemuTarget, recovered)).toBe(true);
});

test('the target begins at setup or, where nothing was told of that, at active', () => {
  expect([...nextStates(qemuTarget, 'none')]).toEqual(['setup', 'active']);
  expect(isPath(qemuTarget, ['active', 'completed'])).toBe(true);
  expect(isPath(qemuTarget, ['active', 'cancelling'])).toBe(false);
  expect([...statesAfter(qemuTarget, 'completed')]).toEqual(['completed']);
});

test('the run states of a migration: happy, aborted, and what 5.C forbids', () => {
  expect(isPath(qemuRunState, ['running', 'finish-migrate', 'postmigrate'])).toBe(true);
  expect(isPath(qemuRunState, ['prelaunch', 'inmigrate', 'running'])).toBe(true);
  expect(isPath(qemuRunState, ['running', 'finish-migrate', 'running'])).toBe(true);
  // QEMU allows it, and with it a second copy of a guest that moved on (MIG-S11).
  expect(mayFollow(qemuRunState, 'postmigrate', 'running')).toBe(true);
  expect(mayFollow(qemuRunState, 'running', 'postmigrate')).toBe(false);
  expect(mayFollow(qemuRunState, 'running', 'inmigrate')).toBe(false);
  expect(mayFollow(qemuRunState, 'shutdown', 'running')).toBe(false);
});
