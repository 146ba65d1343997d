/**
 * What each step of a migration is about: what it may change, and to which phase it leads. Chapter 4.0
 * and 4.B. Other properties say what is true; these, that nothing else happens on the way.
 */
import type { MigrationCall } from '../../model/index.ts';
import { type MigrationChange, type MigrationReading, property, steps } from './reading.ts';
import { type Place, touched } from './touched.ts';

type Kind = MigrationCall['kind'];
type MessageKind = ReturnType<MigrationReading['toTarget']['at']>['kind'];

type ReplyKind = ReturnType<MigrationReading['toSource']['at']>['kind'];

const sending = ['send', 'toTarget', 'cache', 'statistics', 'throttling'] as const;
const served = [
  'postcopy.phase',
  'postcopy.awaited',
  'postcopy.requested',
  'postcopy.urgent',
] as const;
const ending = [
  ...(['phase', 'source', 'target', 'connected', 'round', 'send', 'toTarget', 'toSource'] as const),
  ...(['arrived', 'received', 'cache', 'statistics', 'throttling', 'hinting.skipped'] as const),
  ...served,
] as const;
const managing = ['managed.multifd', 'managed.channels', 'managed.cancelled'] as const;
const breaking = ['connected', 'toTarget', 'toSource', 'phase', 'postcopy.phase'] as const;
const takingOver = ['owner', 'epoch', 'lastRan', 'lock'] as const;
const ofDevice = ['register', 'write'] as const;
const ofStopped = ['vcpus', 'timers', 'paused'] as const;
const at = <H extends 'here' | 'there', F extends string>(host: H, fields: readonly F[]) =>
  fields.map((field): `${H}.${F}` => `${host}.${field}`);
const ofCopy = [...ofDevice, ...ofStopped, 'features'] as const;
const [here, there] = [at('here', ofCopy), at('there', ofCopy)];
const goingOn = [...at('here', ofStopped), 'hinting.state'] as const;
const arriving = at('there', ofStopped);

/** What a command may change of the VM that it is about, and of the cluster. */
const mayChange: Readonly<Record<Exclude<Kind, keyof typeof byContent>, readonly Place[]>> = {
  'migration.start': ['phase', 'source', 'target', 'attempts'],
  'migration.connect': ['phase', 'connected', 'managed.channels'],
  'migration.create-target': ['phase', 'arrived', 'there.features'],
  'migration.begin-log': ['phase', 'send'],
  'migration.copy-read-only': sending,
  'migration.copy': [...sending, 'postcopy.urgent'],
  'migration.harvest': [
    'round',
    'send',
    'statistics',
    'throttling',
    'hinting.state',
    'hinting.skipped',
  ],
  'migration.freeze': ['phase', ...goingOn],
  'stopcopy.freeze': ['phase', 'send', ...goingOn],
  'migration.quiesce': ['phase', 'here.write'],
  'migration.send-vcpus': ['phase', 'toTarget'],
  'migration.send-state': ['phase', 'toTarget'],
  'migration.final-harvest': ['phase', 'send', 'hinting.skipped'],
  'migration.request-state': ['phase', 'toTarget'],
  'migration.release': ['phase', 'owner', 'lock'],
  'migration.send-start': ['phase', 'toTarget'],
  'migration.take-back': ['phase', 'owner', 'epoch', 'lock'],
  'migration.clean-up': [...ending, ...there, ...managing],
  'migration.abort': [...ending, ...goingOn, 'here.write', 'managed.cancelled'],
  'migration.give-up': [...ending, ...goingOn, 'here.write', 'managed.cancelled'],
  'managed.close': [...ending, 'managed.channels'],
  'managed.set-multifd': ['managed.multifd'],
  'managed.cancel': ['managed.cancelled'],
  'failure.lose-connection': [...breaking, 'losses'],
  'failure.cut-off': ['cutOff', 'losses'],
  'failure.reach-again': ['cutOff'],
  'postcopy.advise': ['postcopy.phase'],
  'postcopy.switch': ['phase', 'toTarget', 'cache'],
  'postcopy.touch': ['postcopy.awaited'],
  'postcopy.request': ['postcopy.requested', 'toSource'],
  'postcopy.finish': ['postcopy.phase', 'toSource'],
  'postcopy.listen': ['postcopy.phase'],
  'postcopy.recover': ['phase', 'connected', 'postcopy.phase', 'toSource'],
  'crash.host': [
    ...ending,
    ...managing,
    ...here,
    ...there,
    'owner',
    'lock',
    'lost',
    'hinting.state',
    'crashes',
  ],
  'crash.cold-boot': [...takingOver, 'lost'],
  'upgrade.host': ['version'],
  'power.shut-down': [],
  'power.reset': [],
  'hint.request': ['hinting.state', 'hinting.id'],
  'hint.echo': ['hinting.echoed', 'hinting.queue'],
  'hint.send': ['hinting.queue'],
  'hint.receive': ['hinting.queue', 'hinting.state', 'hinting.skipped', 'send'],
  'hint.take-back': [],
  'hint.give-back': [],
  'stream.tamper': ['toTarget', 'losses'],
  'queue.post': ['here.write'],
  'queue.notice': ['here.write'],
  'device.program': ['here.register'],
  'device.submit-write': ['here.write'],
  'device.complete-write': ['here.write'],
};
const ofPage = ['received', 'postcopy.awaited', 'postcopy.requested'] as const;
/** What a message changes when it arrives, besides that it is under way no more. */
const ofMessage: Readonly<Record<MessageKind, readonly Place[]>> = {
  none: [],
  page: ofPage,
  zero: ofPage,
  delta: ofPage,
  vcpu: ['there.vcpus'],
  device: ['there.register', 'there.timers', 'there.paused', 'arrived', 'received'],
  request: ['arrived', ...breaking],
  start: [...takingOver, ...arriving, 'there.write', ...breaking],
  discard: ['received', 'postcopy.phase'],
  resume: ['postcopy.phase', 'postcopy.requested', 'toSource'],
  bad: breaking,
};
const ofReply: Readonly<Record<ReplyKind, readonly Place[]>> = {
  none: [],
  complete: ['phase'],
  started: ['phase'],
  'page-request': ['postcopy.urgent'],
  bitmap: ['send', 'toTarget', 'postcopy.urgent'],
  resumed: ['phase'],
};
/** Commands whose changes depend on what they find. */
const byContent = {
  'migration.receive': (m: MigrationReading): readonly Place[] => [
    'toTarget',
    ...ofMessage[m.toTarget.at(0).kind],
  ],
  'migration.receive-reply': (m: MigrationReading): readonly Place[] => [
    'toSource',
    ...ofReply[m.toSource.at(0).kind],
  ],
  'migration.discard': (m: MigrationReading): readonly Place[] =>
    m.phase === 'aborted'
      ? [...ending, ...there, ...here]
      : ['arrived', 'received', ...served, ...there],
};

function allowed({ before, call }: MigrationChange): readonly Place[] {
  switch (call.kind) {
    case 'migration.receive':
    case 'migration.receive-reply':
    case 'migration.discard':
      return byContent[call.kind](before.cluster.migrations.at(call.args.vm));
    default:
      return mayChange[call.kind];
  }
}

const stepsAreAlone = property.transition({
  id: 'MIG-W1',
  name: 'a step of a migration changes what it is about, and nothing else of a cluster',
  commands: steps,
  violation(change) {
    const { call } = change;
    const may = allowed(change);
    for (const { vm, place } of touched(change)) {
      const its = vm === null || !('vm' in call.args) || call.args.vm === vm;
      if (!its || !may.includes(place)) return `${call.kind} changed ${place} of VM ${vm}`;
    }
    return null;
  },
});

type Phase = MigrationReading['phase'];
/** N1 to N6, and what else may come of them: from a phase to others, by a command. */
const leadsTo: Readonly<Partial<Record<Kind, Readonly<Partial<Record<Phase, readonly Phase[]>>>>>> =
  {
    'migration.start': { idle: ['started'] },
    'migration.connect': { started: ['connected'] },
    'migration.create-target': { connected: ['target-created'] },
    'migration.begin-log': { 'target-created': ['copying'] },
    'migration.freeze': { copying: ['frozen'] },
    'stopcopy.freeze': { 'target-created': ['frozen'] },
    'migration.quiesce': { frozen: ['quiesced'] },
    'migration.send-vcpus': { quiesced: ['vcpus-sent'] },
    'migration.send-state': { 'vcpus-sent': ['state-sent'] },
    'migration.final-harvest': { 'state-sent': ['harvested'] },
    'postcopy.switch': { harvested: ['discard-sent'] },
    'migration.request-state': {
      harvested: ['state-requested'],
      'discard-sent': ['state-requested'],
    },
    'migration.release': { 'target-ready': ['released'] },
    'migration.send-start': { released: ['start-sent'] },
    'migration.clean-up': { acknowledged: ['idle'], paused: ['idle', 'aborted'] },
  };
/** A command that is named there always leads to another phase; the rest may leave it as it is. */
const mayLeadTo: typeof leadsTo = {
  'migration.receive-reply': {
    'state-requested': ['target-ready'],
    'start-sent': ['acknowledged', 'serving', 'paused'],
    serving: ['acknowledged'],
    recovering: ['serving'],
  },
  'migration.take-back': {
    released: ['taken-back'],
    'start-sent': ['taken-back', 'acknowledged', 'serving', 'paused'],
  },
  'migration.receive': { serving: ['paused'], recovering: ['paused'] },
  'migration.discard': { aborted: ['idle'] },
  'failure.lose-connection': { serving: ['paused'], recovering: ['paused'] },
  'postcopy.recover': { paused: ['recovering'] },
};
/** From wherever it is, to what is left for the target to do. */
const ends: readonly Kind[] = [
  ...(['migration.abort', 'migration.give-up', 'managed.close', 'crash.host'] as const),
];

const phasesFollow = property.transition({
  id: 'MIG-W2',
  name: 'the steps of a migration are taken in their order, one after the other',
  commands: steps,
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const from = before.cluster.migrations.at(v).phase;
      const to = after.cluster.migrations.at(v).phase;
      const must = 'vm' in call.args && call.args.vm === v ? leadsTo[call.kind] : undefined;
      const fits =
        must?.[from]?.includes(to) ?? (must === undefined && mayFollow(call.kind, from, to));
      if (!fits) return `${call.kind} led VM ${v} from ${from} to ${to}`;
    }
    return null;
  },
});
function mayFollow(kind: Kind, from: Phase, to: Phase): boolean {
  if (from === to || (mayLeadTo[kind]?.[from] ?? []).includes(to)) return true;
  if (!ends.includes(kind)) return false;
  if (to === 'failing') return kind === 'migration.abort' || kind === 'migration.give-up';
  const isServed = from === 'serving' || from === 'recovering';
  return to === 'idle' || to === 'aborted' || (isServed && to === 'paused');
}

export const stepProperties = [stepsAreAlone, phasesFollow];
