/** Free page hinting. Chapter 3.3 of memory: KVM-I2, I3, L1; I4, I5 of our own (4.F). */
import { kinds, property, type Reading } from './reading.ts';

/** Pages that the driver of a VM keeps, on the host that has its token. */
function hintedAt(m: Reading, vm: number): number {
  const { owner } = m.cluster.ownership.at(vm);
  if (owner === null) return -1;
  const { use } = m.hosts.at(owner).guests.at(vm);
  for (let p = 0; p < use.length; p++) if (use.at(p) === 'hinted') return p;
  return -1;
}
const isIdle = (m: Reading, vm: number): boolean => m.cluster.migrations.at(vm).source === null;

const skippedIsUnwritten = property.invariant({
  id: 'KVM-I2',
  name: 'a page that was skipped for a hint was not written since the request, or is in the log',
  commands: ['migration.*', 'hint.*'],
  when: (m) =>
    m.cluster.hinting.some((each) => each.some(({ skipped }) => skipped.some((is) => is))),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { source } = m.cluster.migrations.at(v);
      if (source === null) continue;
      const { unspecified } = m.hosts.at(source).guests.at(v);
      const { pages } = m.hosts.at(source).memory.vms.at(v);
      for (const { skipped } of m.cluster.hinting.at(v)) {
        const lost = skipped.findIndex((is, p) => is && !unspecified.at(p) && !pages.at(p).logged);
        if (lost !== -1) return `page ${lost} of VM ${v} was written, and is skipped`;
      }
    }
    return null;
  },
});

const skipsAreAskedFor = property.transition({
  id: 'KVM-I3',
  name: 'a page is newly skipped only by a hint that answers the request that the host waits for',
  commands: ['migration.*', 'hint.*'],
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const [was, is] = [before, after].map((m) => [...m.cluster.hinting.at(v)][0]);
      if (was === undefined || is === undefined) continue;
      const page = is.skipped.findIndex((now, p) => now && !was.skipped.at(p));
      if (page === -1) continue;
      if (call.kind !== 'hint.receive') return `${call.kind} made VM ${v} skip page ${page}`;
      const { queue, state, id } = was;
      if (state !== 'start')
        return `page ${page} of VM ${v} was skipped while hinting was ${state}`;
      if (queue.kind !== 'page' || queue.page !== page) return `nobody hinted at page ${page}`;
      if (queue.id !== id) return `a hint of request ${queue.id} was taken in request ${id}`;
    }
    return null;
  },
});

const harvestsEndHinting = property.transition({
  id: 'KVM-I5',
  name: 'when the dirty log is collected hinting is over, so that a hint that comes late does not count',
  commands: kinds('migration.harvest', 'migration.final-harvest'),
  when: ({ before, call }) =>
    before.cluster.hinting.at(call.args.vm).some(({ state }) => isUnderWay(state)),
  violation({ call, after }) {
    const { vm } = call.args;
    for (const { state } of after.cluster.hinting.at(vm)) {
      if (isUnderWay(state)) return `VM ${vm} hints on: ${state}`;
    }
    return null;
  },
});
const isUnderWay = (state: string): boolean => state === 'requested' || state === 'start';

const guestsAreTold = property.invariant({
  id: 'KVM-I4',
  name: 'a guest whose migration has ended was told that the host is done with hints',
  commands: ['migration.*', 'hint.*'],
  when: (m) => m.cluster.hinting.some((each, v) => each.length > 0 && isIdle(m, v)),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      if (!isIdle(m, v)) continue;
      const page = hintedAt(m, v);
      for (const { state } of m.cluster.hinting.at(v)) {
        if (page !== -1 && state !== 'done') return `page ${page} of VM ${v} is kept: ${state}`;
      }
    }
    return null;
  },
});

const hintedPagesComeBack = property.leadsTo({
  id: 'KVM-L1',
  name: 'when a migration has ended, well or not, its guest has its hinted pages again',
  instances: (size) => (size.hinting > 0 ? size.vm : 0),
  starts: (m, v) => isIdle(m, v) && hintedAt(m, v) !== -1,
  done: (m, v) => !isIdle(m, v) || hintedAt(m, v) === -1,
  fairness: [{ commands: kinds('hint.give-back'), strength: 'weak', each: ['vm'] }],
});

export const hintingProperties = [
  skippedIsUnwritten,
  skipsAreAskedFor,
  harvestsEndHinting,
  guestsAreTold,
  hintedPagesComeBack,
];
