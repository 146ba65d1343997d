/** Which commands QEMU refuses in which state, in its own words (QEMU migration.c, qmp-cmds.c). */
import type { ReceivedRecord } from '../qemu/records.ts';
import { refused } from '../qemu/replies.ts';
import { differs } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import type { Machine } from './machine.ts';
import { possibleNow } from './run-state.ts';

type Message = ReceivedRecord['msg'];
type Found = Contradiction | undefined;

const IN_PROGRESS = "There's a migration process in progress";
const NOT_FINALIZED = 'Migration is not finalized yet';
const LEFT_BEHIND = "Can't migrate the vm that was paused due to previous migration";
const WAITING = 'Guest is waiting for an incoming migration';
const NO_POSTCOPY = 'Enable postcopy with migrate_set_capability before the start of migration';
const NOT_STARTED = 'Postcopy must be started after migration has been started';

/** A typed error of the kind that has no class of its own. */
export function generic(desc: string): { class: string; desc: string } {
  return { class: 'GenericError', desc };
}

/** Reasons to refuse a command: one for certain, or several perhaps. */
interface Refusal {
  readonly certain: string | undefined;
  readonly possible: readonly string[];
}

/** The refusals that the state of a machine calls for. */
export function refusal(machine: Machine, execute: string): Refusal {
  const run = possibleNow(machine);
  const { outgoing } = machine;
  const only = (state: 'finish-migrate' | 'postmigrate' | 'inmigrate'): boolean =>
    run.size === 1 && run.has(state);
  const possible: string[] = [];
  let certain: string | undefined;
  const because = (desc: string, perhaps: boolean, surely: boolean): void => {
    if (perhaps) possible.push(desc);
    if (surely) certain ??= desc;
  };
  if (execute === 'cont') {
    because(NOT_FINALIZED, run.has('finish-migrate'), only('finish-migrate'));
  }
  const over = ['none', 'completed', 'failed', 'cancelled'] as const;
  if (execute === 'migrate' || execute === 'migrate-set-capabilities') {
    const perhaps = [...outgoing.now].some((each) => !over.some((one) => one === each));
    because(IN_PROGRESS, perhaps, false);
  }
  if (execute === 'migrate') {
    because(WAITING, run.has('inmigrate'), only('inmigrate'));
    because(LEFT_BEHIND, run.has('postmigrate'), only('postmigrate'));
  }
  if (execute === 'migrate-start-postcopy') {
    const off = !machine.can('postcopy-ram');
    because(NO_POSTCOPY, off, off);
    because(NOT_STARTED, !off && outgoing.mayBe('none'), !off && outgoing.is('none'));
  }
  return { certain, possible };
}

const KNOWN = [IN_PROGRESS, NOT_FINALIZED, LEFT_BEHIND, WAITING, NO_POSTCOPY, NOT_STARTED];
/** All classes of errors that QMP has (qapi/error.json). */
const CLASSES = [
  ...['GenericError', 'CommandNotFound', 'DeviceNotActive', 'DeviceNotFound', 'KVMMissingCap'],
];
/** From this major release on the words may be others. */
const REWORDED = 8;

/** A refusal for a reason that cannot be, or in other words than the state's. */
export function otherwise({ certain, possible }: Refusal, msg: Message, version: number): Found {
  const { error } = msg;
  if (error === undefined) return undefined;
  if (certain !== undefined && version < REWORDED) return refused(msg, generic(certain));
  if (!CLASSES.includes(error.class)) {
    return differs('msg.error.class', error.class, CLASSES.join(', '));
  }
  if (!KNOWN.includes(error.desc) || possible.includes(error.desc)) return undefined;
  const allowed = possible.length > 0 ? possible.join(', ') : 'a refusal with another reason';
  return differs('msg.error.desc', error.desc, allowed);
}
