/** The integration service besides time: heartbeats, quiescing, shutdown. 5.11. */
import { expect, test } from 'vitest';
import { cpu, GuestStory, guestsOf, service, ticks } from './story.ts';

const beat = service('send-heartbeat');
const answer = service('answer-heartbeat');

test('a guest that starved is left alone, one that slept through its heartbeats is started anew', () => {
  const story = new GuestStory(guestsOf(2, { quantum: 9, heartbeat: 2 }));
  story.run(beat, answer, ...ticks(9), beat, ...ticks(2), beat, ...ticks(2));
  expect(story.guest).toMatchObject({ unanswered: 2, silence: 'starved' });
  expect(story.refusal(service('restart-vm'))).toBe('vm-starved');
  // It has its CPU again, and still does not answer.
  story.run(...ticks(6));
  expect(story.guest.silence).toBe('idle');
  story.run(service('restart-vm'));
  expect(story.guest).toMatchObject({ system: 'up', present: false, heard: false });
});

test('a guest that has never answered is not lost: it may have no service yet', () => {
  const story = new GuestStory(guestsOf(1, { heartbeat: 1 }));
  story.run(beat, ...ticks(1), beat, ...ticks(1));
  expect(story.refusal(service('restart-vm'))).toBe('heartbeat-not-lost');
});

test('one heartbeat without an answer is no loss, and an answer makes up for it', () => {
  const story = new GuestStory(guestsOf(1, { heartbeat: 2 }));
  story.run(beat, answer, ...ticks(2), beat, ...ticks(2));
  expect(story.refusal(service('restart-vm'))).toBe('heartbeat-not-lost');
  story.run(beat);
  // The second interval is not over.
  expect(story.refusal(service('restart-vm'))).toBe('heartbeat-not-lost');
  story.run(answer, ...ticks(2));
  expect(story.refusal(service('restart-vm'))).toBe('heartbeat-not-lost');
});

test('a snapshot of frozen files is fit for applications, others are as after a crash', () => {
  const story = new GuestStory(guestsOf(1));
  const snapshot = service('take-snapshot');
  story.run(service('write-file'), snapshot);
  story.run(service('freeze', { timeout: 2 }), snapshot, service('acknowledge-freeze'), snapshot);
  expect(story.refusal(service('write-file'))).toBe('files-frozen');
  story.run(service('thaw'), service('write-file'), snapshot);
  expect(story.events).toEqual([
    ...['file-written', 'snapshot-taken crash', 'snapshot-taken crash'],
    ...['snapshot-taken application', 'thawed host', 'file-written', 'snapshot-taken crash'],
  ]);
});

test('files thaw when their time is over, even while the VM is paused', () => {
  const story = new GuestStory(guestsOf(1));
  story.run(service('freeze', { timeout: 2 }), service('acknowledge-freeze'));
  expect(story.refusal(service('freeze', { timeout: 1 }))).toBe('quiesce-active');
  story.run(cpu('pause-vm', { vm: 0 }), ...ticks(2));
  expect(story.events).toEqual(['thawed timeout']);
  expect(story.refusal(service('thaw'))).toBe('not-quiesced');
});

test('who shuts down loses nothing; who is powered off may', () => {
  const story = new GuestStory(guestsOf(1, { shutdown: 2 }));
  story.run(service('write-file'), service('request-shutdown'));
  // The host waits for its guest, which says first that it is going.
  expect(story.refusal(service('power-off'))).toBe('shutdown-pending');
  expect(story.refusal(service('shut-down'))).toBe('not-acknowledged');
  story.run(service('acknowledge-shutdown'), service('shut-down'));
  expect(story.events).toEqual(['file-written', 'powered-off false']);
  story.run(
    service('boot', { clock: 'pv', ahead: 0 }),
    service('write-file'),
    service('power-off'),
  );
  expect(story.events.slice(2)).toEqual(['file-written', 'powered-off true']);
});

test('SD-I1: without a service there is nobody to ask, and a host that has waited pulls the plug', () => {
  const story = new GuestStory(guestsOf(1, { shutdown: 2 }));
  story.run(service('request-shutdown'), service('stop'));
  expect(story.refusal(service('acknowledge-shutdown'))).toBe('no-integration-service');
  story.run(...ticks(2), service('power-off'), service('boot', { clock: 'pv', ahead: 0 }));
  expect(story.refusal(service('request-shutdown'))).toBe('no-integration-service');
});
