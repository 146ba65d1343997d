/** What a step is named after is done, and as asked. Chapter 4.B. */
import {
  isOn,
  type MigrationChange,
  type MigrationReading,
  named,
  property,
  type Reading,
  runs,
  steps,
} from './reading.ts';

const stepsAreDone = property.transition({
  id: 'MIG-W5',
  name: 'a step of a migration does what it is named after, as it was asked',
  commands: steps,
  violation(change) {
    const wrong = 'host' in change.call.args ? ofHost(change) : ofVm(change);
    return wrong === null ? null : `${change.call.kind}: ${wrong}`;
  },
});

function ofHost({ before, call, after }: MigrationChange): string | null {
  if (!('host' in call.args)) return null;
  const { host } = call.args;
  switch (call.kind) {
    case 'failure.cut-off':
    case 'failure.reach-again': {
      const due = call.kind === 'failure.cut-off';
      const others = before.cluster.hosts.some(
        ({ cutOff }, h) => h !== host && cutOff !== after.cluster.hosts.at(h).cutOff,
      );
      const is = after.cluster.hosts.at(host).cutOff;
      return is === due && !others ? null : `host ${host} is cut off: ${is}`;
    }
    case 'crash.host': {
      const held = before.cluster.ownership.findIndex(({ owner, lock, lost }, v) => {
        const to = after.cluster.ownership.at(v);
        const isFree = (by: number | null): boolean => by === host || (to.lost && !lost);
        return (
          to.owner !== (isFree(owner) ? null : owner) || to.lock !== (isFree(lock) ? null : lock)
        );
      });
      return held === -1 ? null : `what host ${host} held of VM ${held}, and no more, is free`;
    }
    case 'upgrade.host': {
      const is = after.cluster.hosts.at(host).version;
      return is === before.cluster.hosts.at(host).version + 1 ? null : `it is of version ${is}`;
    }
    case 'crash.cold-boot': {
      const { lost, owner, lock } = after.cluster.ownership.at(call.args.vm);
      return lost || owner !== host || lock !== host ? `host ${host} does not own it` : null;
    }
    default:
      return null;
  }
}

/** Requests and answers of free page hinting. Chapter 3.3 of memory. */
const hintsAreDone = property.transition({
  id: 'MIG-W7',
  name: 'a request for hints has a new number, and the driver answers under that number',
  commands: ['hint.request', 'hint.echo', 'hint.send', 'hint.receive'],
  violation({ before, call, after }) {
    const { vm } = call.args;
    const now = after.cluster.hinting.at(vm);
    for (const [i, was] of [...before.cluster.hinting.at(vm)].entries()) {
      const { state, id, echoed, queue } = now.at(i);
      switch (call.kind) {
        case 'hint.request':
          if (state !== 'requested' || id !== was.id + 1) return `request ${id} is ${state}`;
          break;
        case 'hint.echo':
          if (echoed !== was.id || queue.kind !== 'echo' || queue.id !== was.id) {
            return `request ${was.id} is answered as ${echoed}`;
          }
          break;
        case 'hint.send': {
          const as = queue.kind === 'page' && queue.page === call.args.page && queue.id === echoed;
          if (!as) return `page ${call.args.page} was not told of`;
          break;
        }
        case 'hint.receive': {
          if (queue.kind !== 'none') return 'the hint is not taken';
          const begins =
            was.queue.kind === 'echo' && was.queue.id === id && was.state === 'requested';
          if (state !== (begins ? 'start' : was.state)) return `request ${id} is ${state}`;
          break;
        }
      }
    }
    return null;
  },
});

function ofVm({ before, call, after }: MigrationChange): string | null {
  if (!('vm' in call.args)) return null;
  const { vm } = call.args;
  const from = before.cluster.migrations.at(vm);
  const to = after.cluster.migrations.at(vm);
  const { owner, lock, lastRan } = after.cluster.ownership.at(vm);
  switch (call.kind) {
    case 'migration.start':
      if (to.source !== lastRan) return `its source is ${to.source}`;
      return to.target === call.args.target ? null : `its target is ${to.target}`;
    case 'migration.connect':
    case 'postcopy.recover':
      return to.connected ? null : 'there is no connection';
    case 'migration.create-target':
      return to.arrived === 'memory' ? null : `${to.arrived} has arrived`;
    case 'migration.release':
      return owner === null && lock === null
        ? null
        : `host ${owner} holds it, and ${lock} its lock`;
    case 'migration.freeze':
    case 'stopcopy.freeze':
      return ofFrozen(before, after, vm);
    case 'migration.quiesce': {
      const { source } = from;
      const busy = source !== null && after.cluster.hosts.at(source).devices.at(vm).write.kind;
      return busy === 'pending' ? 'the device has not finished' : null;
    }
    case 'migration.abort':
    case 'migration.give-up': {
      if (to.phase === 'failing')
        return to.connected ? 'it is connected still' : ofHints(after, vm);
      if (to.source !== null) return `host ${to.source} is its source still`;
      const there = from.arrived !== 'nothing';
      if ((to.phase === 'aborted') !== there) return `it is ${to.phase} now`;
      if (there && (to.target !== from.target || to.arrived !== from.arrived))
        return 'its target is forgotten';
      return ofHints(after, vm);
    }
    case 'managed.close':
      return to.source === null ? null : `host ${to.source} is its source still`;
    case 'managed.set-multifd': {
      const is = after.cluster.management.at(vm).map(({ multifd }) => multifd);
      return is.every((each) => each === call.args.on) ? null : `it is ${is}`;
    }
    case 'managed.cancel':
      return after.cluster.management.at(vm).every(({ cancelled }) => cancelled)
        ? null
        : 'it is not posted';
    case 'migration.take-back': {
      if (to.phase !== 'taken-back') return null;
      return owner === from.source && lock === from.source ? null : `host ${owner} owns it`;
    }
    case 'migration.discard':
      return to.arrived === 'nothing' ? null : `${to.arrived} is still there`;
    case 'migration.receive':
      return ofMessage(from, after, vm);
    case 'device.program': {
      const is = lastRan === null ? null : after.cluster.hosts.at(lastRan).devices.at(vm).register;
      return is === call.args.register ? null : `the register holds ${is}`;
    }
    case 'device.submit-write':
    case 'device.complete-write': {
      if (lastRan === null) return null;
      const { write } = after.cluster.hosts.at(lastRan).devices.at(vm);
      if (call.kind === 'device.complete-write') return write.kind === 'none' ? null : 'not done';
      const as = write.kind === 'pending' && write.page === call.args.page;
      return as && write.content === call.args.content ? null : `the device has ${write.kind}`;
    }
    default:
      return null;
  }
}

/** Its vCPUs are kept as they were, and hinting is over. */
function ofFrozen(before: Reading, after: Reading, vm: number): string | null {
  const { source } = before.cluster.migrations.at(vm);
  if (source === null) return null;
  const { threads } = before.hosts.at(source).cpu;
  const { vcpus } = after.cluster.hosts.at(source);
  for (let t = 0; t < threads.length; t++) {
    const was = threads.at(t);
    if (was.vm !== vm) continue;
    const saved = vcpus.at(t);
    if ((saved.kind === 'none') !== (was.state.kind === 'offline'))
      return `vCPU ${t} is ${saved.kind}`;
    if (saved.kind === 'none') continue;
    const { state } = was;
    const on = state.kind === 'paused' ? state.was : state.kind === 'blocked' ? state.on : null;
    const due = on === 'halt' ? 'halted' : on === 'off' ? 'off' : 'ready';
    if (saved.was !== due) return `vCPU ${t} was ${saved.was}`;
  }
  return ofHints(after, vm);
}
const ofHints = ({ cluster }: Reading, vm: number): string | null =>
  cluster.hinting.at(vm).every(({ state }) => state === 'done') ? null : 'hinting is not over';

/** The target has what the message brings. */
function ofMessage(from: MigrationReading, after: Reading, vm: number): string | null {
  const message = from.toTarget.at(0);
  const { target } = from;
  if (target === null) return null;
  const { arrived, connected } = after.cluster.migrations.at(vm);
  const { vcpus, devices, timers, paused } = after.cluster.hosts.at(target);
  switch (message.kind) {
    case 'vcpu': {
      const saved = vcpus.at(message.vcpu);
      const as = saved.kind === 'saved' && saved.was === message.was && saved.wake === message.wake;
      return as ? null : `vCPU ${message.vcpu} is not as it was sent`;
    }
    case 'device': {
      const { register } = devices.at(vm);
      if (paused.at(vm) !== message.paused) return `it was paused: ${paused.at(vm)}`;
      if (register !== message.register) return `the register holds ${register}`;
      if (timers.some((left, g) => g === vm && left !== message.timer))
        return 'the timer is not set';
      return arrived === 'all' ? null : `${arrived} has arrived`;
    }
    case 'request':
      return arrived === 'confirmed' || !connected ? null : `${arrived} has arrived`;
    case 'start': {
      const { owner, lock, lastRan } = after.cluster.ownership.at(vm);
      const has = owner === target && lock === target && lastRan === target;
      return has || !connected ? null : `host ${owner} owns VM ${vm}`;
    }
    default:
      return null;
  }
}

const hostsForget = property.invariant({
  id: 'MIG-W6',
  name: 'a host keeps nothing of a VM that it has not, and nothing that was saved of one that it runs',
  commands: steps,
  violation(m, size) {
    for (let h = 0; h < size.host; h++) {
      const { devices, vcpus, timers, paused, features } = m.cluster.hosts.at(h);
      for (let v = 0; v < size.vm; v++) {
        const has = isOn(m, h, v);
        if (has && !runs(m, h, v)) continue;
        const { threads } = m.hosts.at(h).cpu;
        const saved = vcpus.findIndex(({ kind }, t) => kind !== 'none' && threads.at(t).vm === v);
        if (saved !== -1) return `vCPU ${saved} of ${named(v, h)} is saved`;
        if (timers.some((left, g) => g === v && left > 0))
          return `a timer of ${named(v, h)} is saved`;
        if (paused.at(v)) return `that ${named(v, h)} was paused is saved`;
        if (has) continue;
        const { register, write } = devices.at(v);
        if (register > 0 || write.kind !== 'none') return `there is a device of ${named(v, h)}`;
        if (features.at(v).some((is) => is)) return `features of ${named(v, h)} are kept`;
      }
    }
    return null;
  },
});

export const effectProperties = [stepsAreDone, hintsAreDone, hostsForget];
