/** What a guest can tell of its own migration: nothing. Chapter 4.D, and 6. */
import { type AnyEvent, propertiesOf } from '../machine/index.ts';
import type { CheckedVmm, VmmCall } from '../model/index.ts';

const property = propertiesOf<CheckedVmm>();

/** Where a guest lives that nobody moves. */
const home = 0;

/**
 * Beside the run with its migrations there is one without: what the guest and its device do there
 * they do at home, and no migration begins. A device that has to finish before its guest may leave
 * could have finished at that moment at home too, so there it does.
 */
const guestsCannotTell = property.twoRun({
  id: 'MIG-A8',
  name: 'whatever is moved, and given up, a guest sees what it would see if nobody had touched it',
  commands: ['migration.*'],
  scopes: [
    ...['migration-transparent', 'migration-transparent-device', 'migration-fuzz'],
    ...['migration-transparent-hops', 'migration-postcopy-transparent', 'migration-kinds'],
  ],
  vary(call, _, events) {
    // A guest that has to wait for a page tries again: how long it takes is not compared.
    if (events.some(({ type }) => type === 'stalled')) return null;
    switch (call.kind) {
      case 'migration.quiesce':
        return { kind: 'device.complete-write', args: { vm: call.args.vm } };
      case 'memory.map':
        return { kind: call.kind, args: { ...call.args, host: home } };
      case 'memory.unmap':
      case 'memory.read':
        return { kind: call.kind, args: { ...call.args, host: home } };
      case 'memory.write':
        return { kind: call.kind, args: { ...call.args, host: home } };
      case 'memory.host-write':
        return { kind: call.kind, args: { ...call.args, host: home } };
      case 'device.program':
      case 'device.submit-write':
      case 'device.complete-write':
      case 'queue.post':
      case 'queue.notice':
        return call;
      default:
        return null;
    }
  },
  observe(call, outcome) {
    if (!guestCalls.has(call.kind)) return undefined;
    return outcome.ok ? outcome.events.flatMap(seen) : outcome.code;
  },
});

/** What guests do, and see the outcome of. */
const guestCalls = new Set<VmmCall['kind']>([
  ...(['memory.map', 'memory.unmap', 'memory.read', 'memory.write'] as const),
  ...(['device.program', 'device.submit-write', 'queue.post'] as const),
]);

function seen({ type, content }: AnyEvent): readonly unknown[] {
  if (type === 'read') return [content];
  return type === 'guest-fault' ? [type] : [];
}

export const transparencyProperties = [guestsCannotTell];
