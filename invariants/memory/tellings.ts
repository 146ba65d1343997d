/** What commands may tell: the events of each. */
import { type MemoryChange, pageOf, property, vmOf } from './reading.ts';

/** What a command may tell: which events, and how many of them at least and at most. */
interface Telling {
  readonly types: readonly string[];
  readonly least: number;
  readonly most: number;
}

const one = (...types: readonly string[]): Telling => ({ types, least: 1, most: 1 });
const maybe = (...types: readonly string[]): Telling => ({ types, least: 0, most: types.length });
const silent = maybe();

/** A map: a table that lacks the kind of a command would be searched in vain, which is slow. */
const tellings = new Map<string, Telling>(
  Object.entries({
    'memory.read': one('read', 'guest-fault', 'stalled', 'balloon-fault'),
    'memory.write': one('written', 'guest-fault', 'stalled', 'balloon-fault'),
    'memory.page-out': maybe('double-paging', 'stalled', 'balloon-fault'),
    'memory.dma': maybe('iommu-fault'),
    'memory.populate': maybe('balloon-popped'),
    'memory.swap-out-end': maybe('swap-out-aborted'),
    'memory.harvest-log': one('harvested'),
    'memory.sample-active': maybe('activity'),
    'memory.out-of-memory': one('guest-oom-kill', 'balloon-gave'),
    'memory.oom-kill': one('host-oom-kill'),
    'memory.scan-page': one('scanned'),
  } satisfies Partial<Record<MemoryChange['call']['kind'], Telling>>),
);

/** Only waiting takes long: the covert channel of DED-S1. */
const costOf = (type: string): string | undefined => {
  if (type === 'stalled') return 'slow';
  return type === 'read' || type === 'written' ? 'fast' : undefined;
};

export const tellingsAreTrue = property.transition({
  id: 'MEM-T25',
  name: 'a command tells only what it is about, of its own VM and page, and what it must',
  violation(change) {
    const { before, call, events } = change;
    const { types, least, most } = tellings.get(call.kind) ?? silent;
    if (events.length < least || events.length > most) {
      return `${call.kind} told of ${events.length} events`;
    }
    for (const { type, vm, page, virtual, cost } of events) {
      if (!types.includes(type) || cost !== costOf(type)) return `${call.kind} told '${type}'`;
      if (vm !== vmOf(change)) return `${call.kind} told '${type}' of VM ${vm}`;
      if (page !== undefined && page !== pageOf(change)) return `it told '${type}' of page ${page}`;
      const entry = 'virtual' in call.args ? call.args.virtual : undefined;
      if (virtual !== undefined && virtual !== entry) return `it told '${type}' of ${virtual}`;
    }
    if (call.kind === 'memory.populate' || call.kind === 'memory.dma') {
      const { mode, pages } = before.host.vms.at(call.args.vm);
      const { at, pinned } = pages.at(call.args.page);
      const due =
        call.kind === 'memory.dma' ? pinned === null : at.kind === 'ballooned' && mode === 'pop';
      return due === events.length > 0 ? null : `${call.kind} told ${events.length} events`;
    }
    return null;
  },
});
