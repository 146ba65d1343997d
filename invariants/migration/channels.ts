/** Channels and counters: what is sent arrives once and in its order, and every step is counted. */
import { printValue, type StateShape } from '../../machine/index.ts';
import { Message, type MigrationCall, TargetReply } from '../../model/index.ts';
import { type MigrationReading, property, steps } from './reading.ts';

type Kind = MigrationCall['kind'];

/** What each command may send, and to whom. */
const sends: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  'migration.copy': ['page', 'zero', 'delta'],
  'migration.copy-read-only': ['page', 'zero', 'delta'],
  'migration.send-vcpus': ['vcpu'],
  'migration.send-state': ['device'],
  'migration.request-state': ['request'],
  'migration.send-start': ['start'],
  'postcopy.switch': ['discard'],
  'migration.receive-reply': ['resume'],
};
const replies: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  'migration.receive': ['complete', 'started', 'resumed'],
  'postcopy.request': ['page-request'],
  'postcopy.finish': ['complete'],
  'postcopy.recover': ['bitmap'],
};

/** What comes with a step, always, if the connection is there. */
const always: readonly Kind[] = [
  ...(['migration.send-state', 'migration.request-state', 'migration.send-start'] as const),
  ...(['postcopy.switch', 'postcopy.request', 'postcopy.finish', 'postcopy.recover'] as const),
];

/** The two channels of a migration, and the command that takes what arrives by each. */
const channels = [
  { name: 'toTarget', shape: Message, sends, taker: 'migration.receive' },
  { name: 'toSource', shape: TargetReply, sends: replies, taker: 'migration.receive-reply' },
] as const;

/** What is under way, each in words. */
const inWords = (shape: StateShape, channel: Iterable<{ readonly kind: string }>) =>
  [...channel].filter(({ kind }) => kind !== 'none').map((each) => printValue(shape, each));
const kindOf = (words: string): string => words.split('(')[0] ?? words;

/** What is wrong with a channel after a command about its VM, or about another: then `kind` is null. */
function disturbed(
  { shape, name, sends: mayBeSent, taker }: (typeof channels)[number],
  before: MigrationReading,
  after: MigrationReading,
  kind: Kind | null,
): string | null {
  const from = inWords(shape, before[name]);
  const to = inWords(shape, after[name]);
  if (!after.connected) return to.length === 0 ? null : `'${to[0]}' is under way to nobody`;
  if (kind === taker) from.shift();
  // A message that was changed on its way is still the first.
  const first = kind === 'stream.tamper' && name === 'toTarget' ? 1 : 0;
  const other = from.findIndex((words, i) => i >= first && to[i] !== words);
  if (other !== -1) return `'${from[other]}' was under way, and '${to[other]}' is in its place`;
  const sent = to.slice(from.length);
  const may = kind === null ? undefined : mayBeSent[kind];
  if (may !== undefined && kind !== null && always.includes(kind) && sent.length === 0) {
    return `no '${may.join()}' was sent`;
  }
  const extra = sent.find((words) => may?.includes(kindOf(words)) !== true);
  return extra === undefined ? null : `'${extra}' was sent`;
}

const messagesArrive = property.transition({
  id: 'MIG-W3',
  name: 'what is under way arrives as it was sent and in that order, or is lost with the connection',
  commands: steps,
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const kind = 'vm' in call.args && call.args.vm === v ? call.kind : null;
      const [from, to] = [before.cluster.migrations.at(v), after.cluster.migrations.at(v)];
      for (const channel of channels) {
        const wrong = disturbed(channel, from, to, kind);
        if (wrong !== null) return `VM ${v}: ${wrong}`;
      }
    }
    return null;
  },
});

const stepsAreCounted = property.transition({
  id: 'MIG-W4',
  name: 'a page that is sent or received is noted as that one, and a round and what may fail once more are counted',
  commands: steps,
  violation({ before, call, after, size }) {
    const { attempts, losses, crashes } = after.cluster;
    const once = (kinds: readonly string[]): number => (kinds.includes(call.kind) ? 1 : 0);
    if (before.cluster.attempts - attempts !== once(['migration.start']))
      return `${attempts} attempts are left`;
    if (before.cluster.losses - losses !== once(losing)) return `${losses} losses are left`;
    if (before.cluster.crashes - crashes !== once(['crash.host']))
      return `${crashes} crashes are left`;
    if (!('vm' in call.args)) return null;
    const from = before.cluster.migrations.at(call.args.vm);
    const to = after.cluster.migrations.at(call.args.vm);
    switch (call.kind) {
      case 'migration.copy':
      case 'migration.copy-read-only':
        return changedButFor(from.send, to.send, call.args.page, false);
      case 'migration.harvest':
        return to.round === Math.min(from.round + 1, size.rounds)
          ? null
          : `this is round ${to.round}`;
      case 'migration.receive': {
        const first = from.toTarget.at(0);
        // Of a packed state every message has all the fields that any has.
        return first.kind === 'page' || first.kind === 'zero' || first.kind === 'delta'
          ? changedButFor(from.received, to.received, first.page, true)
          : null;
      }
      default:
        return null;
    }
  },
});

/** Pages of a set differ, or the one that was added or left out did not. */
function changedButFor(from: Pages, to: Pages, page: number, is: boolean): string | null {
  if (to.at(page) !== is) return `page ${page} is not noted`;
  const other = from.findIndex((was, p) => p !== page && was !== to.at(p));
  return other === -1 ? null : `page ${other} is noted, and not page ${page}`;
}
type Pages = MigrationReading['send'];
const losing = ['failure.lose-connection', 'failure.cut-off', 'stream.tamper'];

export const channelProperties = [messagesArrive, stepsAreCounted];
