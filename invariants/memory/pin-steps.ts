/** Transition properties of pins: devices that hold frames. Chapter 1. */
import { reads } from './changes.ts';
import { part, samePlace } from './parts.ts';
import { kinds, type MemoryChange, pageName, property } from './reading.ts';

export const pinsHold = property.transition({
  id: 'MEM-T4',
  name: 'a pinned page keeps its frame, and only pinning, unpinning and a reset change its pins',
  reads: reads(part.pins | part.at),
  violation({ before, after, call }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const { pins, pinned, at } = pages.at(p);
        const was = old.at(p);
        if (pins === 0 && was.pins === 0) continue;
        if (pins > 0 && was.pins > 0 && (pinned !== was.pinned || !samePlace(at, was.at))) {
          return `${pageName(v, p)} is pinned, but its frame changed`;
        }
        if (pins === was.pins) continue;
        const mine = 'vm' in call.args && call.args.vm === v;
        if (mine && call.kind === 'memory.reset-vm' && pins === 0) continue;
        const due = call.kind === 'memory.pin' ? 1 : call.kind === 'memory.unpin' ? -1 : 0;
        if (!mine || pins !== was.pins + due || pageOfPin(call) !== p) {
          return `the pins of ${pageName(v, p)} went from ${was.pins} to ${pins}`;
        }
      }
    }
    return null;
  },
});

const pageOfPin = (call: MemoryChange['call']): number =>
  call.kind === 'memory.pin' || call.kind === 'memory.unpin' ? call.args.page : -1;

export const pinsAreCounted = property.transition({
  id: 'MEM-T24',
  name: 'pinning counts one device more on the page’s frame, unpinning one less',
  commands: kinds('memory.pin', 'memory.unpin'),
  violation({ before, after, call }) {
    const { vm, page } = call.args;
    const from = before.host.vms.at(vm).pages.at(page);
    const { at, pins, pinned } = after.host.vms.at(vm).pages.at(page);
    const due = from.pins + (call.kind === 'memory.pin' ? 1 : -1);
    if (pins !== due) return `${pageName(vm, page)} counts ${pins} pins, not ${due}`;
    const frame = at.kind === 'mapped' && pins > 0 ? at.frame : null;
    return pinned === frame ? null : `the device of ${pageName(vm, page)} has frame ${pinned}`;
  },
});
