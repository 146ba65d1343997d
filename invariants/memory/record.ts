/** Where a guest wants its record of stolen time. 5.8. */
import type { MemoryCall } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part } from './parts.ts';
import { property, vmOf } from './reading.ts';

/** Where a command that is about the guest's VM leaves the record. */
function left(call: MemoryCall, record: number | null): number | null {
  switch (call.kind) {
    case 'record.place':
      return call.args.page;
    case 'record.withdraw':
    case 'memory.reset-vm':
    case 'memory.destroy-vm':
    case 'memory.oom-kill':
      return null;
    default:
      return record;
  }
}

/** What the VMM takes for its place shows where it writes. */
export const recordsStayWhereTheyArePut = property.transition({
  id: 'STL-T6',
  name: 'a guest has its record of stolen time where it put it last, until it ends or withdraws it',
  reads: reads(part.messages),
  violation(change) {
    const { before, call, after } = change;
    for (let v = 0; v < after.guests.length; v++) {
      const { record } = before.guests.at(v);
      const due = vmOf(change) === v ? left(call, record) : record;
      if (after.guests.at(v).record !== due) {
        return `the record of VM ${v} is in page ${after.guests.at(v).record}, not ${due}`;
      }
    }
    return null;
  },
});
