/** What a guest that moves has asked its device for. Chapter 4.C.2: requests that are not completed. */
import { contentOn, property, type Reading, runs } from './reading.ts';

type Write = ReturnType<typeof writeOn>;
const writeOn = ({ cluster }: Reading, at: number, vm: number) =>
  cluster.hosts.at(at).devices.at(vm).write;

const requestsAreDoneOnce = property.transition({
  id: 'MIG-S17',
  name: 'a request in the queue of a guest stays there until its device takes it, kicked where the guest runs, and is done once',
  commands: ['migration.*', 'stopcopy.*', 'postcopy.*', 'failure.*', 'device.*', 'queue.*'],
  violation({ before, call, after, size }) {
    for (let vm = 0; vm < size.vm; vm++) {
      const [from, to] = [before, after].map(({ cluster }) => cluster.ownership.at(vm).lastRan);
      if (from === undefined || from === null || to === undefined || to === null) continue;
      const [was, is] = [writeOn(before, from, vm), writeOn(after, to, vm)];
      if (is.kind === 'posted' && !is.kicked && runs(after, to, vm)) {
        return `nobody tells the device of VM ${vm} of what is in its queue`;
      }
      if (!mayBecome(was, is, call.kind)) {
        return `${call.kind} left a ${is.kind} write of VM ${vm} that was ${was.kind}`;
      }
      if (was.kind === 'none' || is.kind === was.kind) continue;
      if (is.kind === 'none' && contentOn(after, to, vm, was.page) !== was.content) {
        return `page ${was.page} of VM ${vm} was not written`;
      }
    }
    return null;
  },
});

/** From posted to pending, and then to none; the guest begins. */
function mayBecome(was: Write, is: Write, by: string): boolean {
  if (was.kind === 'none') {
    return is.kind === 'none' || by === 'queue.post' || by === 'device.submit-write';
  }
  if (is.kind === 'none') return was.kind === 'pending';
  if (is.page !== was.page || is.content !== was.content) return false;
  return is.kind === was.kind || (was.kind === 'posted' && by === 'queue.notice');
}

export const queueProperties = [requestsAreDoneOnce];
