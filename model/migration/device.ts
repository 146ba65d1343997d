/** The opaque device: what it keeps, and its writes to guest memory. It stands for all devices. */
import { ref } from '../../machine/index.ts';
import { content, privateFrame } from '../memory/index.ts';
import {
  type C,
  command,
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

/** The device holds the page until it has written it, so that nobody moves it away. MEM-I10. */
export const submit = command({
  actor: 'guest',
  summary: 'The guest has its device write a page, some time from now (4.B quiesceDevices).',
  args: { ...ofPage, content: ref(content) },
  requires: [
    ['not-running', ['vm'], (m, a) => homeOf(m, a.vm) === null],
    [
      'device-busy',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return at !== null && deviceOf(m, at, a.vm).write.kind !== 'none';
      },
    ],
    [
      'not-mapped',
      ['vm', 'page'],
      (m, a, c) => {
        const at = homeOf(m, a.vm);
        if (at === null) return true;
        const memory = viewMemory(m, at);
        const { pins, writeback } = memory.host.vms.at(a.vm).pages.at(a.page);
        return privateFrame(memory, a) === null || writeback !== null || pins >= c.size.pins;
      },
    ],
  ],
  effect(m, a, c) {
    const at = homeOf(m, a.vm);
    if (at === null) return;
    const memory = memoryAt(m, at);
    const entry = memory.host.vms.at(a.vm).pages.at(a.page);
    c.operation.dropSwapCopy(memory, a.vm, a.page, inner(c));
    entry.pins++;
    entry.pinned = privateFrame(memory, a);
    const device = m.cluster.hosts.at(at).devices.at(a.vm);
    device.write = { kind: 'pending', page: a.page, content: a.content };
  },
});

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
        return at !== null && deviceOf(m, at, a.vm).write.kind === 'none';
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
  if (write.kind === 'none') return;
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
