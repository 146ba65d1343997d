/** Every fault of live migration, in the order of the specification, and those that wait. */
import type { VmmFault } from './memory/seams.ts';
import type { DeferredFault } from './memory.ts';
import { copyingFaults } from './migration/copying.ts';
import { handoverFaults } from './migration/handover.ts';

export const migrationFaults: readonly VmmFault[] = [...copyingFaults, ...handoverFaults];

const waiting = (reason: string, ...ids: readonly string[]): readonly DeferredFault[] =>
  ids.map((id) => ({ id: `migration/${id}`, reason }));

export const deferredMigrationFaults: readonly DeferredFault[] = [
  ...waiting('a migration cannot fail or be cancelled yet', 'X6', 'X10', 'X11', 'X14', 'X15'),
  ...waiting('a migration cannot fail or be cancelled yet', 'X16', 'X17', 'X28', 'X29'),
  ...waiting('pages are not compressed: XBZRLE is a later part', 'X8'),
  ...waiting('comes with queues of devices, and requests in them', 'X18'),
  ...waiting('comes with guest clocks and timers', 'X20', 'X30'),
  ...waiting('comes with post-copy', 'X21', 'X23', 'X24', 'X25'),
  ...waiting('comes with ballooned pages in migration', 'X22'),
  ...waiting('comes with CPU features', 'X26'),
  ...waiting('comes with streams that are not trusted', 'X27'),
];
