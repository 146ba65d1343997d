/** A migration as a sequence chart, for people and as Mermaid. */
import { mermaidText } from '../../generators/index.ts';
import { plural, type Style } from './table.ts';

export type Side = 'source' | 'target';

export type SequenceRow =
  /** What one host did by itself. */
  | { readonly form: 'note'; readonly step: number; readonly at: Side; readonly text: string }
  /** What one host said to the other, and when that arrived or was lost; still under way if neither. */
  | {
      readonly form: 'message';
      readonly step: number;
      readonly from: Side;
      readonly text: string;
      received?: number;
      lost?: number;
    };

export interface Sequence {
  readonly vm: number;
  /** Hosts. */
  readonly source: number;
  readonly target: number;
  /** In the order of their steps; a message is where it was sent. */
  readonly rows: readonly SequenceRow[];
}

/** One line of a chart. */
interface Line {
  readonly step: number;
  readonly row: SequenceRow;
  /** Of a message: all of its way, or an end of it. */
  readonly part: 'all' | 'sent' | 'arrived' | 'lost';
}

const marginText = '  ';
const stepWidth = 4;
/** Columns between the two hosts. */
const gap = 40;

export function sequenceText(sequence: Sequence, style: Style): string {
  const { vm, source, target, rows } = sequence;
  const [left, right] = [`host ${source}`, `host ${target}`];
  const room = Math.max((style.columns ?? 80) - marginText.length - stepWidth - gap - 7, 16);
  const lines = [
    `VM ${vm} moves from ${left} to ${right}: ${told(rows)}`,
    '',
    `${'step'.padStart(stepWidth)}  ${left.padEnd(gap + 1)}${right}`,
    ...linesOf(rows).flatMap((line) => drawn(line, room)),
  ];
  return lines.map((line) => `${marginText}${line}`.trimEnd()).join('\n');
}

/** A message that arrives before anything else happens is one line, others have a line for each end. */
function linesOf(rows: readonly SequenceRow[]): readonly Line[] {
  const ends: Line[] = rows.flatMap((row): readonly Line[] => {
    if (row.form === 'note') return [{ step: row.step, row, part: 'all' }];
    const { step, received, lost } = row;
    return [
      { step, row, part: 'sent' },
      ...(received === undefined ? [] : [{ step: received, row, part: 'arrived' } as const]),
      ...(lost === undefined ? [] : [{ step: lost, row, part: 'lost' } as const]),
    ];
  });
  // What arrives at a step comes before the answer to it.
  const rank = ({ part }: Line): number => (part === 'sent' ? 1 : 0);
  ends.sort((a, b) => a.step - b.step || rank(a) - rank(b));
  const lines: Line[] = [];
  for (const line of ends) {
    const last = lines.at(-1);
    if (line.part === 'arrived' && last?.row === line.row) {
      lines[lines.length - 1] = { ...last, part: 'all' };
    } else lines.push(line);
  }
  return lines;
}

function drawn({ step, row, part }: Line, room: number): readonly string[] {
  const [first, ...more] =
    row.form === 'message'
      ? [`|${arrow(row.text, part, row.from)}|`]
      : row.at === 'source'
        ? wrapped(row.text, gap - 2).map((text) => `| ${text.padEnd(gap - 2)} |`)
        : wrapped(row.text, room).map((text) => `|${' '.repeat(gap)}| ${text}`);
  return [
    `${`${step}`.padStart(stepWidth)}  ${first}`,
    ...more.map((text) => `${' '.repeat(stepWidth)}  ${text}`),
  ];
}

/** From left to right; the other way round for what the target says. */
function arrow(text: string, part: Line['part'], from: Side): string {
  const toRight = from === 'source';
  const label = ` ${text} `;
  switch (part) {
    case 'all': {
      const rest = '-'.repeat(Math.max(gap - label.length - 3, 0));
      return toRight ? `--${label}${rest}>` : `<${rest}${label}--`;
    }
    case 'sent':
      return toRight ? `--${label}`.padEnd(gap) : `${label}--`.padStart(gap);
    case 'arrived':
      return toRight ? `${label}-->`.padStart(gap) : `<--${label}`.padEnd(gap);
    case 'lost': {
      const end = `x ${text} is lost`;
      return end.padStart(Math.floor((gap + end.length) / 2)).padEnd(gap);
    }
  }
}

function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function told(rows: readonly SequenceRow[]): string {
  const sent = rows.filter((row) => row.form === 'message' && row.from === 'source');
  const pages = sent.filter(
    (row) => row.form === 'message' && /^(page|zero)\b/.test(row.text),
  ).length;
  return `${plural(sent.length, 'message')}, ${plural(pages, 'page')} among them`;
}

/** Charts as one Mermaid diagram. What is violated at the end is noted over all hosts. */
export function sequenceDiagram(sequences: readonly Sequence[], note: string | undefined): string {
  const hosts = [...new Set(sequences.flatMap(({ source, target }) => [source, target]))].sort();
  const over = [...new Set([hosts[0], hosts.at(-1)])].map((host) => `host${host}`).join(',');
  const lines = [
    ...hosts.map((host) => `participant host${host} as host ${host}`),
    ...sequences.flatMap((sequence) => [
      `Note over ${over}: VM ${sequence.vm} moves from host ${sequence.source} to host ${sequence.target}`,
      ...linesOf(sequence.rows).flatMap((line) => mermaidLine(line, sequence)),
    ]),
    ...(note === undefined ? [] : [`Note over ${over}: ${mermaidText(note)}`]),
  ];
  return `sequenceDiagram\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function mermaidLine({ step, row, part }: Line, { source, target }: Sequence): readonly string[] {
  const name = (side: Side): string => `host${side === 'source' ? source : target}`;
  const text = mermaidText(`${step}: ${row.text}`);
  if (row.form === 'note') return [`Note over ${name(row.at)}: ${text}`];
  const [from, to] = [name(row.from), name(row.from === 'source' ? 'target' : 'source')];
  switch (part) {
    case 'all':
      return [`${from}->>${to}: ${text}`];
    case 'lost':
      return [`${from}-x${to}: ${mermaidText(`${row.text}, lost at ${step}`)}`];
    case 'arrived':
      return [`${from}->>${to}: ${mermaidText(`${step}: ${row.text}, sent at ${row.step}`)}`];
    case 'sent':
      return row.received === undefined && row.lost === undefined
        ? [`${from}-)${to}: ${mermaidText(`${step}: ${row.text}, under way`)}`]
        : [];
  }
}
