import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validate } from '../../../oracle/transcripts/index.ts';
import {
  BATCH_BYTES,
  clampTarget,
  command,
  initialBalloon,
  PAGE_BYTES,
  seen,
} from '../../../oracle/transcripts/virtio-balloon/actual.ts';
import { parseArguments } from '../../../oracle/transcripts/virtio-balloon/argv.ts';
import { actual, BALLOON, judge, MIB, machine, qmp, RAM, READY, target } from './balloonRecords.ts';

describe('the balloon moves towards the target and not beyond', () => {
  test('good: unaligned targets round up to the page, targets over the RAM are clamped', () => {
    const wish = 100 * MIB + 777;
    const end = 100 * MIB + PAGE_BYTES;
    expect(judge([BALLOON], READY, ...target(wish), ...actual(end), ...actual(end))).toBe('holds');
    expect(judge([BALLOON], READY, ...target(2 ** 53), ...actual(RAM))).toBe('holds');
  });

  test('bad: beyond the target, back, or not whole pages', () => {
    const go = target(128 * MIB);
    const field = 'msg.return.actual';
    expect(judge([BALLOON], READY, ...go, ...actual(127 * MIB))).toBe(field);
    expect(judge([BALLOON], READY, ...go, ...actual(200 * MIB), ...actual(201 * MIB))).toBe(field);
    expect(judge([BALLOON], READY, ...go, ...actual(200 * MIB + 1))).toBe(field);
  });

  test('good and bad: a guest that is short takes pages back only with deflate-on-oom', () => {
    const steps = [...target(96 * MIB), ...actual(96 * MIB), { agent: '>', msg: 'alloc 25000' }];
    const oom = `${BALLOON},deflate-on-oom=on`;
    const back = actual(96 * MIB + 71 * BATCH_BYTES);
    expect(judge([oom], READY, ...steps, ...back)).toBe('holds');
    expect(judge([oom], READY, ...steps, ...actual(96 * MIB + PAGE_BYTES))).toBe(
      'msg.return.actual',
    );
    expect(judge([BALLOON], READY, ...steps, ...back)).toBe('msg.return.actual');
  });

  test('good and bad: an event tells a size of now', () => {
    const change = (bytes: number): object => ({
      dir: '<',
      msg: { timestamp: { seconds: 0 }, event: 'BALLOON_CHANGE', data: { actual: bytes } },
    });
    const go = [...target(128 * MIB), ...actual(160 * MIB)];
    expect(judge([BALLOON], READY, ...go, change(150 * MIB), ...actual(140 * MIB))).toBe('holds');
    expect(judge([BALLOON], READY, ...go, change(150 * MIB), ...actual(155 * MIB))).toBe(
      'msg.return.actual',
    );
    expect(judge([BALLOON], READY, ...go, change(200 * MIB))).toBe('msg.data.actual');
  });
});

describe('requests that cannot be are refused by type', () => {
  const size = { error: { class: 'GenericError', desc: "Parameter 'target' expects a size" } };
  const desc = "Invalid parameter type for 'value', expected: integer";
  const type = { error: { class: 'GenericError', desc } };
  const none = 'No balloon device has been activated';
  const absent = { error: { class: 'DeviceNotActive', desc: none } };

  test.each([
    [0, size],
    [-1, size],
    ['64M', type],
    [null, type],
  ])('good: %j', (value, reply) => {
    expect(judge([BALLOON], ...target(value, reply))).toBe('holds');
    expect(judge([BALLOON], ...target(value))).toBe('msg.return');
  });

  test('bad: the wrong class, the wrong text, an error for a good size', () => {
    expect(judge([BALLOON], ...target(0, absent))).toBe('msg.error.class');
    expect(judge([BALLOON], ...target(0, type))).toBe('msg.error.desc');
    expect(judge([BALLOON], ...target(MIB, size))).toBe('msg.error');
  });

  test('good and bad: without a device', () => {
    expect(judge([], ...target(MIB, absent))).toBe('holds');
    expect(judge([], ...target(MIB))).toBe('msg.return');
    expect(judge([BALLOON], ...qmp('query-balloon', undefined, absent))).toBe('msg.return.actual');
  });

  test('good and bad: with two devices QEMU does not start', () => {
    const two = [BALLOON, 'virtio-balloon-pci,id=bal2'];
    const said = { stderr: 'qemu: Only one balloon device is supported\n' };
    expect(judge(two, said, { exit: 1, signal: null })).toBe('holds');
    expect(judge(two, said, { exit: 0, signal: null })).toBe('exit');
    expect(judge(two, { exit: 1, signal: null })).toBe('exit');
  });
});

describe('without a driver nothing moves', () => {
  const skip = ['-append', 'quiet skip=virtio_balloon,'];
  const argv = ['qemu', '-m', '256M', ...skip, '-device', BALLOON];
  const ready = { ...READY, msg: { ...READY.msg, modules: 12 } };
  const log = (...rest: readonly object[]): string => {
    const lines = [{ argv }, ready, ...rest].map((one) => JSON.stringify({ vm: 'g', ...one }));
    const judged = validate('virtio-balloon', lines);
    return judged.verdict === 'violated' ? (judged.impossible?.field ?? 'nothing') : judged.verdict;
  };
  const agent = (question: string, msg: object): object[] => [
    { agent: '>', msg: question },
    { agent: '<', msg },
  ];

  test('good: it goes to the old request when the driver comes, and back when it leaves', () => {
    const load = agent('insmod virtio_balloon', { insmod: 0 });
    const unload = agent('rmmod virtio_balloon', { rmmod: 0 });
    const wish = [...target(128 * MIB), ...actual(RAM)];
    expect(log(...wish, ...load, ...actual(128 * MIB), ...unload, ...actual(RAM))).toBe('holds');
    expect(log(...wish, ...load, ...unload, ...actual(200 * MIB))).toBe('msg.return.actual');
  });

  test('bad: it moves, or a driver that is not there is unloaded', () => {
    expect(log(...target(128 * MIB), ...actual(200 * MIB))).toBe('msg.return.actual');
    expect(log(...agent('rmmod virtio_balloon', { rmmod: 0 }))).toBe('msg.rmmod');
    expect(log(...agent('insmod virtio_balloon', { insmod: -1 }), ...target(128 * MIB))).toBe(
      'holds',
    );
  });
});

test('a refusal names the record, what was possible there and the distance', () => {
  const log = machine([BALLOON], READY, ...target(128 * MIB), ...actual(192 * MIB));
  const back = actual(200 * MIB).map((record) => JSON.stringify({ vm: 'g', ...record }));
  expect(validate('virtio-balloon', [...log, ...back])).toMatchObject({
    verdict: 'violated',
    impossible: {
      event: 8,
      line: 8,
      field: 'msg.return.actual',
      observed: `${200 * MIB}`,
      allowed: `${128 * MIB} to ${192 * MIB}, whole pages`,
      difference: `${8 * MIB} too many`,
      because: { line: 6, event: 6 },
    },
  });
});

test('whatever is asked, an observed size lies between the one before and the target', () => {
  const pages = fc.integer({ min: 1, max: RAM / PAGE_BYTES });
  fc.assert(
    fc.property(pages, pages, pages, (wish, first, second) => {
      const start = initialBalloon(RAM, false, 'present');
      const asked = command(start, { kind: 'request', bytes: wish * PAGE_BYTES });
      const going = command(asked, { kind: 'granted' });
      const at = seen(going, first * PAGE_BYTES);
      expect(at !== undefined).toBe(first >= wish);
      if (at === undefined) return;
      const later = seen(at, second * PAGE_BYTES);
      expect(later !== undefined).toBe(second >= wish && second <= first);
    }),
  );
});

test('sizes and command lines are read as QEMU reads them', () => {
  expect(clampTarget(1, RAM)).toBe(PAGE_BYTES);
  expect(clampTarget(RAM + 1, RAM)).toBe(RAM);
  const ram = (text: string): unknown => {
    const parsed = parseArguments(['qemu', '-m', text]);
    return typeof parsed === 'string' ? parsed : parsed.ram / MIB;
  };
  expect(ram('512')).toBe(512);
  expect(ram('1G')).toBe(1024);
  expect(ram('size=96M,slots=2,maxmem=1G')).toBe(96);
  expect(ram('many')).toBe('cannot read the memory size "many"');
});
