/** Transition properties of a VM's settings: they change by name and as asked. */

import type { MemoryCall, MemorySizes } from '../../model/index.ts';
import { kinds, property, type VmReading } from './reading.ts';

type CallOf<K extends MemoryCall['kind']> = Extract<MemoryCall, { readonly kind: K }>;

/** How many settings differ between two readings of a VM. */
function settingsChanged(a: VmReading, b: VmReading): number {
  let changed = 0;
  if (a.state !== b.state) changed++;
  if (a.size !== b.size) changed++;
  if (a.mode !== b.mode) changed++;
  if (a.huge !== b.huge) changed++;
  if (a.reservation !== b.reservation) changed++;
  if (a.limit !== b.limit) changed++;
  if (a.shares !== b.shares) changed++;
  if (a.mergeable !== b.mergeable) changed++;
  if (a.salt !== b.salt) changed++;
  if (a.logging !== b.logging) changed++;
  if (a.balloon.inhibited !== b.balloon.inhibited) changed++;
  return changed;
}

/** The setting that a command names has the value that it asks for. */
function isSet(to: VmReading, call: MemoryCall): boolean {
  switch (call.kind) {
    case 'memory.set-reservation':
      return to.reservation === call.args.reservation;
    case 'memory.set-limit':
      return to.limit === call.args.limit;
    case 'memory.set-shares':
      return to.shares === call.args.shares;
    case 'memory.set-mergeable':
      return to.mergeable === call.args.mergeable;
    case 'memory.set-salt':
      return to.salt === call.args.salt;
    case 'memory.set-inhibit':
      return to.balloon.inhibited === call.args.inhibited;
    case 'memory.start-log':
      return to.logging === (call.args.manual ? 'manual' : 'auto');
    case 'memory.stop-log':
      return to.logging === 'off';
    default:
      return true;
  }
}

export const settingsAreSetByName = property.transition({
  id: 'MEM-T20',
  name: 'a setting of a VM changes by the command that is named after it, alone and as asked',
  commands: kinds(
    'memory.set-reservation',
    'memory.set-limit',
    'memory.set-shares',
    'memory.set-mergeable',
    'memory.set-salt',
    'memory.set-inhibit',
    'memory.start-log',
    'memory.stop-log',
  ),
  violation({ before, after, call }) {
    if (!('vm' in call.args)) return null;
    const { vm } = call.args;
    const to = after.host.vms.at(vm);
    if (!isSet(to, call)) return `${call.kind} did not set VM ${vm} as asked`;
    const changed = settingsChanged(before.host.vms.at(vm), to);
    return changed === 1 ? null : `${call.kind} changed ${changed} settings of VM ${vm}`;
  },
});

export const vmsBeginAsAsked = property.transition({
  id: 'MEM-T21',
  name: 'a new VM is as large as asked, with nothing behind its pages and no driver',
  commands: kinds('memory.create-vm'),
  violation({ before, after, call, size }) {
    const { vm, overhead } = call.args;
    const wrong = asAsked(after.host.vms.at(vm), call, size);
    if (wrong !== null) return `VM ${vm} began with the wrong ${wrong}`;
    if (before.host.vms.at(vm).state !== 'absent') return `VM ${vm} existed already`;
    for (const frame of overhead) {
      const { use } = after.host.frames.at(frame);
      const was = before.host.frames.at(frame).use.kind;
      if (was !== 'free' || use.kind !== 'overhead' || use.vm !== vm) {
        return `frame ${frame} was ${was}, but was to be overhead of VM ${vm}`;
      }
    }
    const { use, managed, expected, harvested, unspecified } = after.guests.at(vm);
    if (managed !== call.args.size)
      return `the guest of VM ${vm} believes to have ${managed} pages`;
    for (let p = 0; p < call.args.size; p++) {
      if (use.at(p) !== 'free') return `page ${p} of the new VM ${vm} is ${use.at(p)}`;
      if (expected.at(p) !== 0 || harvested.at(p) !== 0 || unspecified.at(p)) {
        return `page ${p} of the new VM ${vm} was used before`;
      }
    }
    return null;
  },
});

function asAsked(to: VmReading, { args }: CallOf<'memory.create-vm'>, size: MemorySizes) {
  if (to.state !== 'running') return 'state';
  if (to.size !== args.size || to.limit !== args.size) return 'size';
  if (to.reservation !== args.reservation) return 'reservation';
  if (to.shares !== 1 || !to.mergeable) return 'default';
  if (to.mode !== args.mode) return 'mode';
  if (to.huge !== args.huge) return 'backing';
  if (to.salt !== (size.salted === 1 ? args.vm % size.salt : 0)) return 'salt';
  if (to.logging !== 'off' || to.stalled !== null) return 'beginning';
  return to.balloon.driver === 'absent' && to.consumed === 0 ? null : 'memory';
}
