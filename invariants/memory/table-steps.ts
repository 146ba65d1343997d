/** Transition properties of guests’ own tables, and of pages that the hypervisor puts before them. */
import { allBut, reads, trespass } from './changes.ts';
import { everything, part, sameEntry } from './parts.ts';
import { kinds, pageName, property } from './reading.ts';

export const mappingsAreAsAsked = property.transition({
  id: 'MEM-T28',
  name: 'a guest’s table says what the guest asked for, and a special page is on the frame asked for',
  commands: kinds('memory.map', 'memory.unmap', 'memory.map-special'),
  violation({ after, call }) {
    switch (call.kind) {
      case 'memory.map': {
        const { vm, virtual, page, writable: may } = call.args;
        const entry = after.guests.at(vm).table.at(virtual);
        return entry.kind === 'present' && entry.page === page && entry.writable === may
          ? null
          : `entry ${virtual} of VM ${vm} is not as it was mapped`;
      }
      case 'memory.unmap': {
        const { vm, virtual } = call.args;
        return after.guests.at(vm).table.at(virtual).kind === 'absent'
          ? null
          : `entry ${virtual} of VM ${vm} was unmapped, but is there`;
      }
      case 'memory.map-special': {
        const { vm, page, frame } = call.args;
        const place = after.host.vms.at(vm).pages.at(page).at;
        return place.kind === 'special' && place.frame === frame
          ? null
          : `${pageName(vm, page)} is not on frame ${frame} of the hypervisor`;
      }
      default:
        return null;
    }
  },
});

/** Guest commands change tables of the guest, and no others; everything else changes none. */
export const tablesBelongToGuests = property.transition({
  id: 'MEM-T9',
  name: 'a guest’s own tables change by that guest alone, and the places of its pages do not show',
  reads: reads(part.table | part.at | part.frames),
  violation(change) {
    const { before, after, call } = change;
    switch (call.kind) {
      case 'memory.map':
      case 'memory.unmap':
      case 'memory.page-out': {
        const { vm, virtual } = call.args;
        const from = before.guests.at(vm).table;
        const to = after.guests.at(vm).table;
        for (let i = 0; i < from.length; i++) {
          if (i === virtual || sameEntry(from.at(i), to.at(i))) continue;
          return `entry ${i} of VM ${vm} changed too`;
        }
        return trespass(change, vm, -1, byGuest);
      }
      case 'memory.reset-vm':
      case 'memory.destroy-vm':
      case 'memory.oom-kill':
        return trespass(change, call.args.vm, -1, byEnd);
      default:
        return trespass(change, -1, -1, byOthers);
    }
  },
});

const byGuest = { mine: everything & ~part.at & ~part.frames, others: everything & ~part.table };
const byEnd = { mine: everything, others: everything & ~part.table };
const byOthers = allBut(part.table);
