/**
 * Which arguments of memory's commands lead somewhere. A guest may read where nothing is mapped and
 * a device may write to a page that it does not hold: the rules answer with a fault and nothing
 * happens. Random traces do such things too, but rarely.
 */
import type { AnyGuard, Machine } from '../machine/index.ts';
import type { Memory } from '../model/index.ts';

type Asks = (m: Memory, a: Readonly<Record<string, number>>) => boolean;
interface Idle {
  readonly looksAt: readonly string[];
  readonly idle: Asks;
}

const unmapped: Asks = (m, a) => {
  const entry = m.guests.at(a.vm ?? 0).table.at(a.virtual ?? 0);
  return entry.kind !== 'present';
};
const readOnly: Asks = (m, a) => {
  const entry = m.guests.at(a.vm ?? 0).table.at(a.virtual ?? 0);
  return entry.kind !== 'present' || !entry.writable;
};
const pageAt = (m: Memory, a: Readonly<Record<string, number>>) =>
  m.host.vms.at(a.vm ?? 0).pages.at(a.page ?? 0);
const shared: Asks = (m, a) => {
  const { at } = pageAt(m, a);
  return at.kind !== 'mapped' || m.host.frames.at(at.frame).use.kind !== 'private';
};

/** Arguments that change nothing worth seeing, by command. */
const idleCalls: Readonly<Record<string, Idle>> = {
  'memory.read': { looksAt: ['vm', 'virtual'], idle: unmapped },
  'memory.write': { looksAt: ['vm', 'virtual'], idle: readOnly },
  'memory.map': { looksAt: ['writable'], idle: (_m, a) => !a.writable },
  'memory.dma': { looksAt: ['vm', 'page'], idle: (m, a) => pageAt(m, a).pinned === null },
  'memory.scan-page': { looksAt: ['vm', 'page'], idle: shared },
  'memory.out-of-memory': {
    looksAt: ['vm'],
    idle: (m, a) => !m.host.vms.at(a.vm ?? 0).balloon.deflateOnOom,
  },
};

/** The machine, refusing besides what its commands refuse the calls that lead nowhere. */
export function likelyCalls<S>(machine: Machine<S>): Machine<S> {
  const commands = Object.entries(machine.commands).map(([kind, command]) => {
    const known = idleCalls[kind];
    if (known === undefined) return [kind, command] as const;
    const guard: AnyGuard = ['leads-nowhere', known.looksAt, known.idle];
    return [kind, { ...command, requires: [...command.requires, guard] }] as const;
  });
  return { ...machine, commands: Object.fromEntries(commands) };
}
