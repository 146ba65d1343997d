/** Judging guest statistics (the virtio statistics queue, shown by QEMU as `guest-stats`). */
import { isObject } from '../log.ts';
import type { ReceivedRecord } from '../qemu/records.ts';
import { differs, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { type Machine, outsideOf, type Statistics } from './machine.ts';

/** A statistic that the guest has not reported is -1 as an unsigned number. */
const UNSET = 2 ** 63;
/** Totals since the guest started: they never fall. */
const TOTALS = [
  'stat-swap-in',
  'stat-swap-out',
  'stat-major-faults',
  'stat-minor-faults',
  'stat-htlb-pgalloc',
  'stat-htlb-pgfail',
];
/** Parts of the guest's memory, whole pages: none exceeds the total. */
const PARTS = ['stat-free-memory', 'stat-available-memory', 'stat-disk-caches'];
const FIELD = 'msg.return.stats';

/** Judges a reply and takes it for the last one. */
export function statistics(
  machine: Machine,
  msg: ReceivedRecord['msg'],
  place: Place,
): Contradiction | undefined {
  const { return: result } = msg;
  const values = isObject(result) ? numbers(result.stats) : undefined;
  const update = isObject(result) ? result['last-update'] : undefined;
  if (values === undefined || typeof update !== 'number') {
    return differs('msg.return', show(result ?? msg.error), 'stats and last-update');
  }
  const now: Statistics = { update, values, place };
  const wrong = compared(machine, now);
  if (wrong !== undefined) return wrong;
  if (machine.statistics?.update !== update) machine.sinceStatistics = machine.balloon.actual;
  machine.statistics = now;
  return undefined;
}

function numbers(value: unknown): Record<string, number> | undefined {
  if (!isObject(value)) return undefined;
  const all: Record<string, number> = {};
  for (const [key, item] of Object.entries(value)) {
    if (typeof item !== 'number' || item < 0) return undefined;
    all[key] = item;
  }
  return all;
}

function compared(machine: Machine, now: Statistics): Contradiction | undefined {
  const last = machine.statistics;
  if (last !== undefined && now.update < last.update) {
    const open = { low: last.update, high: Number.POSITIVE_INFINITY };
    return outsideOf('msg.return.last-update', now.update, open, last.place);
  }
  for (const [key, value] of Object.entries(now.values)) {
    const before = last?.values[key];
    if (before === undefined || last === undefined) continue;
    // One report has one time: without a new one nothing changes.
    const same = now.update === last.update;
    const wrong = same ? differs(`${FIELD}.${key}`, value, before, last.place) : undefined;
    if (wrong !== undefined) return wrong;
    if (TOTALS.includes(key) && value < before && before < UNSET) {
      const open = { low: before, high: Number.POSITIVE_INFINITY };
      return outsideOf(`${FIELD}.${key}`, value, open, last.place);
    }
  }
  return memory(machine, now);
}

function memory(machine: Machine, { values }: Statistics): Contradiction | undefined {
  const total = values['stat-total-memory'];
  if (total === undefined || total >= UNSET) return undefined;
  const expected = machine.totalKib(machine.sinceStatistics);
  if (expected !== undefined) {
    const bytes = { low: expected.low * 1024, high: expected.high * 1024 };
    if (total < bytes.low || total > bytes.high || total % 4096 !== 0) {
      return outsideOf(`${FIELD}.stat-total-memory`, total, bytes, machine.total?.place);
    }
  }
  for (const key of PARTS) {
    const part = values[key];
    if (part === undefined || part >= UNSET) continue;
    if (part <= total && part % 4096 === 0) continue;
    return outsideOf(`${FIELD}.${key}`, part, { low: 0, high: total });
  }
  return undefined;
}
