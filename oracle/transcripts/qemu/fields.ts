/** How the fields that all transcripts of QEMU have are judged. */
import { type Field, type Row, rows } from '../fields.ts';

const COMMON: readonly Row[] = [
  ['t', 'noise', 'time', 'decision 22'],
  ['vm', 'command', 'which machine', 'format'],
];

/** What every message that was received has, whatever it is about. */
const MESSAGE: readonly Row[] = [
  ['dir', 'command', 'direction', 'format'],
  ['msg', 'noise', 'an empty message', 'format'],
  ['msg.QMP.**', 'noise', 'greeting: version and capabilities', 'format'],
  ['msg.id', 'exact', 'the id of the oldest unanswered command', 'QMP specification'],
  ['msg.return.**', 'noise', 'results of commands that no rule is about', 'QMP specification'],
  ['msg.timestamp.**', 'noise', 'time of creation', 'decision 22'],
  ['msg.data.guest', 'exact', 'whether the reason is one of the guest', 'QMP SHUTDOWN'],
  ['msg.data.reason', 'exact', 'host-qmp-quit only after quit', 'QMP SHUTDOWN'],
  ['msg.data.**', 'noise', 'data of events that no rule is about', 'QMP specification'],
];

/** What every answer of the agent in the guest may have. */
const ANSWER: readonly Row[] = [
  ['moduleErrors', 'exact', 'with the modules, all of the initramfs', 'format'],
  ['moduleMs', 'noise', 'time', 'decision 22'],
  ['uptime', 'noise', 'time', 'decision 22'],
  ['fill', 'exact', 'the argument', 'format'],
  ['free', 'exact', 'true', 'format'],
  ['ms', 'noise', 'time', 'decision 22'],
];

/** What each system has of its own: where the rules of its commands are, and more rows. */
export interface QemuRows {
  readonly commands: string;
  readonly received: readonly Row[];
  readonly answered: readonly Row[];
  readonly stderr: Row;
  readonly exit: Row;
  readonly note: readonly Row[];
}

/** The rows of the records `start sent received asked answered stderr exit note`. */
export function qemuRows({ commands, received, answered, stderr, exit, note }: QemuRows): Field[] {
  const all = (record: string, ...part: readonly Row[]): Field[] =>
    rows(record, '', [...COMMON, ...part]);
  return [
    ...all('start', ['argv[]', 'command', 'the command line', 'format']),
    ...all(
      'sent',
      ['dir', 'command', 'direction', 'format'],
      ['msg.execute', 'command', 'the command', commands],
      ['msg.id', 'command', 'its id', 'QMP specification'],
      ['msg.arguments.**', 'command', 'its arguments', commands],
    ),
    ...all('received', ...MESSAGE, ...received),
    ...all(
      'asked',
      ['agent', 'command', 'direction', 'format'],
      ['msg', 'command', 'the step', 'format'],
    ),
    ...all('answered', ['agent', 'command', 'direction', 'format']),
    ...rows('answered', 'msg.', [...ANSWER, ...answered]),
    ...all('stderr', stderr),
    ...all('exit', exit, ['signal', 'exact', 'null exactly when there is a status', 'format']),
    ...all('note', ['note', 'command', 'what the script did; not judged', 'format'], ...note),
  ];
}

/** The rows of a record of which only the machine is always told. */
export const qemuRecord = (record: string): Field[] => rows(record, '', COMMON);
