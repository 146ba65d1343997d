/** A VM is on the target what it was on the source. Chapter 4.C.1 and 4.C.2: MIG-S8. */
import {
  contentOn,
  handedOver,
  isHinted,
  isMissing,
  isTaken,
  kinds,
  property,
  type Reading,
} from './reading.ts';

export const startsEqual = property.transition({
  id: 'MIG-S8',
  name: 'migration state equivalence: a VM starts on the target as it was stopped on the source',
  commands: kinds('migration.receive'),
  when: (change) => handedOver(change) !== null,
  violation(change) {
    const over = handedOver(change);
    if (over === null) return null;
    return (
      memoryDiffers(change.after, over) ??
      vcpuDiffers(change.after, over) ??
      guestDiffers(change.after, over) ??
      balloonDiffers(change.after, over)
    );
  },
});

interface Over {
  readonly vm: number;
  readonly source: number;
  readonly target: number;
}

function memoryDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const { size } = m.hosts.at(source).memory.vms.at(vm);
  if (m.hosts.at(target).memory.vms.at(vm).size !== size) return 'the sizes differ';
  for (let p = 0; p < size; p++) {
    // It is what the source has of it, until it comes.
    if (isMissing(m, target, vm, p) || isHinted(m, vm, source, p)) continue;
    const [was, is] = [source, target].map((h) => m.hosts.at(h).memory.vms.at(vm).pages.at(p).at);
    if (was !== undefined && is !== undefined && isTaken(was)) {
      if (was.kind !== is.kind) return `page ${p} was ${was.kind}, and is ${is.kind}`;
      continue;
    }
    const from = contentOn(m, source, vm, p);
    const to = contentOn(m, target, vm, p);
    if (from !== to) return `page ${p} held ${from}, and now holds ${to}`;
  }
  return null;
}

const whatItWas = { ready: 'ready', halted: 'halt', off: 'off' } as const;

function vcpuDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const { vcpus } = m.cluster.hosts.at(source);
  const { threads } = m.hosts.at(target).cpu;
  for (let t = 0; t < vcpus.length; t++) {
    const saved = vcpus.at(t);
    if (saved.kind === 'none' || threads.at(t).vm !== vm) continue;
    const { state, wakePending } = threads.at(t);
    if (state.kind === 'offline') return `vCPU ${t} is not plugged in`;
    const on = state.kind === 'blocked' ? state.on : state.kind === 'paused' ? state.was : 'ready';
    if (on !== whatItWas[saved.was]) return `vCPU ${t} was ${saved.was}, and is not`;
    if (wakePending !== saved.wake) return `a wake of vCPU ${t} was lost or made up`;
    const { holder, waiting } = m.hosts.at(target).cpu.vms.at(vm).lock;
    const turn = holder === t ? 1 : waiting.indexOf(t) === -1 ? 0 : waiting.indexOf(t) + 2;
    if (turn !== saved.turn) return `vCPU ${t} has lost its turn at the lock, or got another’s`;
  }
  return null;
}

/** What the guest and its device keep. */
function guestDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const [from, to] = [source, target].map((h) => m.hosts.at(h).guests.at(vm));
  if (from === undefined || to === undefined) return null;
  for (let p = 0; p < from.use.length; p++) {
    if (from.use.at(p) !== to.use.at(p)) return `the guest’s use of page ${p} changed`;
    if (from.expected.at(p) !== to.expected.at(p)) return `page ${p} has another history`;
  }
  for (let v = 0; v < from.table.length; v++) {
    const [was, is] = [from.table.at(v), to.table.at(v)];
    const page = was.kind === 'present' ? was.page : -1;
    if (was.kind !== is.kind || (is.kind === 'present' && is.page !== page)) {
      return `the guest’s mapping of ${v} changed`;
    }
  }
  if (from.record !== to.record) return `its record was in page ${from.record}, not ${to.record}`;
  const [known, knows] = [source, target].map((h) => m.hosts.at(h).memory.vms.at(vm).record);
  if (known !== knows) return `the record of page ${known} is written to page ${knows}`;
  const [was, is] = [source, target].map((h) => m.cluster.hosts.at(h).devices.at(vm).register);
  return was === is ? null : `the device held ${was}, and now holds ${is}`;
}

/** Both sides of the balloon, with the messages between them. MIG 4.C.1. */
function balloonDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const [from, to] = [source, target].map((h) => m.hosts.at(h).memory.vms.at(vm).balloon);
  if (from === undefined || to === undefined) return null;
  if (from.driver !== to.driver)
    return `the balloon driver was ${from.driver}, and is ${to.driver}`;
  if (from.target !== to.target)
    return `the balloon’s target was ${from.target}, and is ${to.target}`;
  if (from.actual !== to.actual) return `the balloon held ${from.actual}, and holds ${to.actual}`;
  if (from.statistics !== to.statistics || from.reportedFree !== to.reportedFree) {
    return `the statistics were with ${from.statistics}, and are with ${to.statistics}`;
  }
  if (
    from.mustTell !== to.mustTell ||
    from.deflateOnOom !== to.deflateOnOom ||
    from.reporting !== to.reporting ||
    from.poison !== to.poison ||
    from.poisonValue !== to.poisonValue
  ) {
    return 'the balloon has other features';
  }
  for (let p = 0; p < from.told.length; p++) {
    if (from.told.at(p) !== to.told.at(p) || from.reclaimed.at(p) !== to.reclaimed.at(p)) {
      return `the host forgot that page ${p} is in the balloon, or made it up`;
    }
  }
  const [was, is] = [source, target].map((h) => m.hosts.at(h).guests.at(vm));
  if (was === undefined || is === undefined) return null;
  if (was.balloonPages !== is.balloonPages || was.managed !== is.managed) {
    return `the balloon had ${was.balloonPages} pages, and has ${is.balloonPages}`;
  }
  for (let p = 0; p < was.inflating.length; p++) {
    if (
      was.inflating.at(p) !== is.inflating.at(p) ||
      was.deflating.at(p) !== is.deflating.at(p) ||
      was.reporting.at(p) !== is.reporting.at(p)
    ) {
      return `a message of the driver about page ${p} was lost or made up`;
    }
  }
  return null;
}
