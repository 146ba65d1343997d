/** The opaque device: what it keeps, and its writes to guest memory. It stands for all devices. */
import { ref } from '../../machine/index.ts';
import { content, privateFrame } from '../memory/index.ts';
import {
  type C,
  command,
  guard,
  type HostId,
  homeOf,
  inner,
  memoryAt,
  ofPage,
  ofVm,
  type VmId,
  viewMemory,
  type World,
  type WorldView,
} from './model.ts';

const deviceOf = (m: WorldView, at: HostId, vm: VmId) => m.cluster.hosts.at(at).devices.at(vm);

/** The guest changes what the device keeps. */
export const program = command({
  actor: 'guest',
  summary: 'The guest writes a register of its device.',
  args: { ...ofVm, register: ref(content) },
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    [
      'no-change',
      ['vm', 'register'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return at !== null && deviceOf(m, at, a.vm).register === a.register;
      },
    ],
  ],
  effect(m, a) {
    const at = homeOf(m, a.vm);
    if (at !== null) m.cluster.hosts.at(at).devices.at(a.vm).register = a.register;
  },
});

/** The device already has something to do. */
const deviceBusy = guard('device-busy', ofVm, (m, a) => {
  const at = homeOf(m, a.vm);
  return at !== null && deviceOf(m, at, a.vm).write.kind !== 'none';
});
/** The device cannot write there now: nothing is behind the page, or too many hold it. */
function cannotWrite(m: WorldView, at: HostId, a: { vm: VmId; page: number }, c: C): boolean {
  const memory = viewMemory(m, at);
  const { pins, writeback } = memory.host.vms.at(a.vm).pages.at(a.page);
  return privateFrame(memory, a) === null || writeback !== null || pins >= c.size.pins;
}

/** The device holds the page until it has written it, so that nobody moves it away. MEM-I10. */
export const submit = command({
  actor: 'guest',
  summary: 'The guest has its device write a page, some time from now (4.B quiesceDevices).',
  args: { ...ofPage, content: ref(content) },
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    deviceBusy,
    [
      'not-mapped',
      ['vm', 'page'],
      (m, a, c) => {
        const at = homeOf(m, a.vm);
        return at === null || cannotWrite(m, at, a, c);
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at !== null) begin(m, at, a, c);
  },
});

function begin(
  m: World,
  at: HostId,
  a: { readonly vm: VmId; readonly page: number; readonly content: number },
  c: C,
): void {
  const memory = memoryAt(m, at);
  const entry = memory.host.vms.at(a.vm).pages.at(a.page);
  c.operation.dropSwapCopy(memory, a.vm, a.page, inner(c));
  entry.pins++;
  entry.pinned = privateFrame(memory, a);
  const device = m.cluster.hosts.at(at).devices.at(a.vm);
  device.write = { kind: 'pending', page: a.page, content: a.content };
}

/** The queue lies in guest memory; that its device was told so does not. */
export const post = command({
  actor: 'guest',
  summary: 'The guest puts a write into the queue of its device, and kicks it (MIG-X18).',
  args: { ...ofPage, content: ref(content) },
  requires: [['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null], deviceBusy],
  effect(m, a) {
    const at = homeOf(m, a.vm);
    if (at === null) return;
    const device = m.cluster.hosts.at(at).devices.at(a.vm);
    device.write = { kind: 'posted', page: a.page, content: a.content, kicked: true };
  },
});

export const notice = command({
  actor: 'hardware',
  summary: 'The device, which was kicked, takes the request from its queue (MIG-X18).',
  args: ofVm,
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    [
      'not-kicked',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        if (at === null) return false;
        const { write } = deviceOf(m, at, a.vm);
        return write.kind !== 'posted' || !write.kicked;
      },
    ],
    [
      'not-mapped',
      ['vm'],
      (m, a, c) => {
        const at = homeOf(m, a.vm);
        if (at === null) return false;
        const { write } = deviceOf(m, at, a.vm);
        return write.kind === 'posted' && cannotWrite(m, at, { ...a, page: write.page }, c);
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at === null) return;
    const { write } = m.cluster.hosts.at(at).devices.at(a.vm);
    if (write.kind !== 'posted') return;
    begin(m, at, { vm: a.vm, page: write.page, content: write.content }, c);
  },
});

/** Kicks are no state of a device: whoever goes on with it looks into its queue by itself. */
export function setKicked(m: World, at: HostId, vm: VmId, kicked: boolean): void {
  const device = m.cluster.hosts.at(at).devices.at(vm);
  const { write } = device;
  if (write.kind !== 'posted') return;
  device.write = { kind: 'posted', page: write.page, content: write.content, kicked };
}

/** What is in the queue came with the memory in which that lies. */
export function bringQueue(m: World, vm: VmId, source: HostId, target: HostId): void {
  const { write } = m.cluster.hosts.at(source).devices.at(vm);
  if (write.kind !== 'posted') return;
  const { page, content } = write;
  m.cluster.hosts.at(target).devices.at(vm).write = { kind: 'posted', page, content, kicked: true };
}

export const complete = command({
  actor: 'hardware',
  summary: 'The device writes the page that it was given (MEM-T1, MEM-T2).',
  args: ofVm,
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    [
      'nothing-to-write',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return at !== null && deviceOf(m, at, a.vm).write.kind !== 'pending';
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at !== null) c.operation.drainDevice(m, at, a.vm, c);
  },
});

/** The device writes, with the duties of any write by a device, and lets go of the page. */
export function drain(m: World, at: HostId, vm: VmId, c: C): void {
  const device = m.cluster.hosts.at(at).devices.at(vm);
  const { write } = device;
  if (write.kind !== 'pending') return;
  device.write = { kind: 'none' };
  const memory = memoryAt(m, at);
  const entry = memory.host.vms.at(vm).pages.at(write.page);
  if (entry.pinned === null) return;
  memory.host.frames.at(entry.pinned).content = write.content;
  c.operation.recordWrite(memory, vm, write.page, write.content);
  c.operation.logWrite(memory, vm, write.page);
  entry.pins--;
  if (entry.pins === 0) entry.pinned = null;
}
