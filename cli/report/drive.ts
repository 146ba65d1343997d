/** What `drive` prints. */
import type { Trace } from '../../generators/index.ts';
import type { Counts, Finding, Followed, KindCounts } from '../../oracle/index.ts';
import type { Verdict } from '../exit.ts';
import type { StopReason } from '../stop.ts';
import type { TestCase } from './junit.ts';
import { count, duration, paint, plural, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

export interface Disagreement extends Finding {
  /** The report for people. */
  readonly report: string;
  readonly trace: Trace;
  /** What was carried out, with the replies, up to what is impossible. */
  readonly followed: readonly Followed[];
  /** Where the trace is stored, and the command that runs it again. */
  readonly file: string;
  /** Where what was answered is stored: a log for `hypercheck validate`. */
  readonly log: string;
  readonly replay: string;
  /** The end of what the system wrote to stderr. */
  readonly stderr: string;
}

export interface DriveDocument {
  readonly verdict: Verdict | 'bad-input';
  readonly system: string;
  readonly scope: string;
  readonly seed: number;
  readonly runs: number;
  readonly commands: number;
  readonly seconds: number;
  readonly counts: Readonly<Counts>;
  /** How often the system was started: more than once means that it died or hung. */
  readonly starts: number;
  readonly kinds: readonly ({ readonly kind: string } & Readonly<KindCounts>)[];
  readonly stopped?: StopReason;
  readonly disagreement?: Disagreement;
}

export function driveText(document: DriveDocument, style: Style): string {
  const { verdict, system, scope, seed, runs, commands, seconds, disagreement } = document;
  const word = verdict === 'bad-input' ? paint(style).red(verdict) : verdictWord(verdict, style);
  const bound = [
    plural(runs, 'trace'),
    plural(commands, 'command'),
    duration(seconds),
    `seed ${seed}`,
  ].join(', ');
  const closing = `${word}  ${system} (scope ${scope}: ${bound})\n`;
  const parts = [kindsText(document, style), restText(document)];
  if (disagreement !== undefined) parts.push(disagreementText(disagreement, style));
  return `${parts.join('')}${closing}`;
}

function kindsText({ kinds }: DriveDocument, style: Style): string {
  const columns = [
    { title: 'COMMAND' },
    ...['ACCEPTED', 'REFUSED', 'NO ANSWER', 'UNSUPPORTED'].map((title) => {
      return { title, align: 'right' as const };
    }),
  ];
  const rows = kinds.map(({ kind, accepted, refused, unknown, unsupported }) => [
    kind,
    ...[accepted, refused, unknown, unsupported].map(count),
  ]);
  return `${table(columns, rows, style)}\n`;
}

function restText({ counts, starts, kinds }: DriveDocument): string {
  const never = kinds.filter(({ accepted }) => accepted === 0).map(({ kind }) => kind);
  const lines = [
    never.length === 0 ? '' : `never accepted: ${never.join(', ')}`,
    counts.loose === 0 ? '' : `refused for reasons of its own: ${count(counts.loose)}`,
    counts.skipped === 0 ? '' : `left out, since it depends: ${count(counts.skipped)}`,
    counts.statesMax === 1 ? '' : `states at a time: up to ${counts.statesMax}`,
    starts === 1 ? '' : `started ${starts} times`,
  ].filter((line) => line !== '');
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}

function disagreementText(
  { report, file, log, replay, stderr }: Disagreement,
  style: Style,
): string {
  const colours = paint(style);
  const [head = '', ...rest] = report.split('\n');
  const last = stderr === '' ? [] : ['', '  its log ends:', ...indented(stderr)];
  return [
    colours.red(colours.bold(head)),
    ...rest,
    ...last,
    '',
    `  stored:  ${file}`,
    `  log:     ${log}`,
    `  replay:  ${colours.bold(replay)}`,
    '',
    '',
  ].join('\n');
}

function indented(text: string): readonly string[] {
  const lines = text.trimEnd().split('\n').slice(-10);
  // A terminal would obey control characters.
  return lines.map((line) => `    ${line.replace(/\p{Cc}/gu, '?')}`);
}

export function driveCases(document: DriveDocument): readonly TestCase[] {
  const { system, disagreement } = document;
  const named = { name: `${system} does what the model permits`, group: 'hypercheck drive' };
  if (disagreement === undefined) {
    return [document.verdict === 'holds' ? named : { ...named, skipped: 'too little was done' }];
  }
  const { message, report } = disagreement;
  return [{ ...named, failure: { message, details: report } }];
}
