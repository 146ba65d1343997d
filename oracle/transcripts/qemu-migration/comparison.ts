/**
 * Judging the comparison of two machines' memory and registers: state equivalence (specification
 * MIG-S8; 4.C.2 says what is compared).
 */
import { differs, type Interval, outside } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import { PAGE_BYTES } from './counters.ts';
import type { Machine } from './machine.ts';
import type { Comparison } from './records.ts';
import type { World } from './world.ts';

const EQUIVALENCE = { property: 'MIG-S8', name: 'migration state equivalence' };

type Found = Contradiction | undefined;

/** What is impossible about a comparison; a difference that must not be is noted as broken. */
export function compared(world: World, record: Comparison): Found {
  const [one, other] = Object.keys(record.sha256).map((name) => world.machines.get(name));
  if (one === undefined || other === undefined) {
    return differs('sha256', Object.keys(record.sha256).join(', '), 'two machines of the log');
  }
  const found = pages(one, other, record) ?? registers(one, other, record);
  if (found !== undefined) return found;
  if (handedOver(one, other, 'memory')) memory(world, one, record);
  const { registerLinesDiffering: lines = [] } = record;
  if (lines.length > 0 && handedOver(one, other, 'registers')) {
    const observed = `${lines.length} lines of the registers differ`;
    world.broken.push({ ...EQUIVALENCE, observed });
  }
  return undefined;
}

/** Both were read after one migration between them, and neither had run by then. */
function handedOver(one: Machine, other: Machine, what: 'memory' | 'registers'): boolean {
  const { source, target } = one[what]?.handover ?? {};
  const also = other[what]?.handover;
  const same = also !== undefined && also.source === source && also.target === target;
  return same && [one, other].every((each) => each === source || each === target);
}

function memory(world: World, { guest }: Machine, record: Comparison): void {
  const { differing, first, pagesA } = record;
  // The contents of ballooned pages are not the guest's.
  if (differing <= guest.ballooned) return;
  const listed = first.length < differing ? `, the first ${first.length} of them listed` : '';
  const observed = `${differing} of ${pagesA} pages differ${listed}`;
  world.broken.push({ ...EQUIVALENCE, observed, pages: first });
}

/** The numbers of a comparison agree with each other and with what was read. */
function pages(one: Machine, other: Machine, record: Comparison): Found {
  const { pagesA, pagesB, differing, first, words, xorOr, sha256 } = record;
  const all = Math.max(pagesA, pagesB);
  const [a, b] = Object.values(sha256);
  const same = differing === 0;
  return (
    read('pagesA', pagesA, one) ??
    read('pagesB', pagesB, other) ??
    outside('differing', differing, { low: 0, high: all }) ??
    differs('differing', same ? 'no page' : 'some page', a === b ? 'no page' : 'some page') ??
    ascending(first, all) ??
    outside('first', first.length, { low: Math.min(1, differing), high: differing }) ??
    (words === undefined ? undefined : outside('words', words, wordsOf(differing))) ??
    (xorOr === undefined ? undefined : differs('xorOr', xorOr === '0', same))
  );
}

function wordsOf(differing: number): Interval {
  // Words of at least one byte.
  return { low: differing, high: differing * PAGE_BYTES };
}

function read(field: string, value: number, { memory: reading }: Machine): Found {
  if (reading === undefined) return differs(field, value, 'nothing: its memory was not read');
  return differs(field, value, reading.value, reading.place);
}

function ascending(first: readonly number[], all: number): Found {
  for (const [index, page] of first.entries()) {
    const before = first[index - 1] ?? -1;
    const wrong = outside('first[]', page, { low: before + 1, high: all - 1 });
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function registers(one: Machine, other: Machine, record: Comparison): Found {
  const { registersEqual, registerLinesDiffering } = record;
  const [a, b] = [one.registers, other.registers];
  if (registersEqual === undefined) return undefined;
  if (registerLinesDiffering !== undefined) {
    const said = registerLinesDiffering.length === 0;
    const wrong = differs('registersEqual', registersEqual, said);
    if (wrong !== undefined) return wrong;
  }
  if (a === undefined || b === undefined) return undefined;
  const later = a.place.event > b.place.event ? a : b;
  return differs('registersEqual', registersEqual, a.value === b.value, later.place);
}
