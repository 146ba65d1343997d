/** What QMP replies and events say of themselves, whatever the machine (QMP specification). */
import { isObject } from '../log.ts';
import { differs, show } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import type { ReceivedRecord } from './records.ts';

type Message = ReceivedRecord['msg'];

/** Why QEMU ends, other than by the guest. */
const HOST_REASONS = [
  'host-qmp-quit',
  'host-signal',
  'host-error',
  'host-ui',
  'host-qmp-system-reset',
];

/** The command has no result: the reply is an empty object. */
export function nothing(msg: Message): Contradiction | undefined {
  if (msg.error !== undefined) return differs('msg.error', show(msg.error), '{}');
  const { return: result } = msg;
  return isObject(result) && Object.keys(result).length === 0
    ? undefined
    : differs('msg.return', show(result), '{}');
}

/** The command is refused with a typed error. */
export function refused(
  msg: Message,
  expected: { readonly class: string; readonly desc: string | RegExp },
): Contradiction | undefined {
  const { error } = msg;
  if (error === undefined) {
    return differs('msg.return', show(msg.return), `${expected.class}: ${expected.desc}`);
  }
  const wrongClass = differs('msg.error.class', error.class, expected.class);
  if (wrongClass !== undefined) return wrongClass;
  const { desc } = expected;
  const same = typeof desc === 'string' ? error.desc === desc : desc.test(error.desc);
  return same ? undefined : differs('msg.error.desc', error.desc, `${desc}`);
}

/** The SHUTDOWN event: its reason says whether the guest asked for it. */
export function shutdown(data: Message['data'], quitting: boolean): Contradiction | undefined {
  const reason = typeof data?.reason === 'string' ? data.reason : '';
  const byGuest = reason.startsWith('guest-');
  const wrong = differs('msg.data.guest', data?.guest, byGuest);
  if (wrong !== undefined) return wrong;
  const known = byGuest || HOST_REASONS.includes(reason);
  if (known && (quitting || reason !== 'host-qmp-quit')) return undefined;
  return differs('msg.data.reason', reason, quitting ? 'host-qmp-quit' : 'not a quit');
}
