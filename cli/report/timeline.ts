/** A CPU timeline for people: a row for each CPU and each thread, a column for each tick. */
import { paint, type Style } from './table.ts';

export interface Timeline {
  readonly host: number;
  /** Ticks that have passed. */
  readonly ticks: number;
  /** What passed in each column; the last one is what is so now. */
  readonly columns: readonly TimelineColumn[];
  readonly rows: readonly TimelineRow[];
  /** From this tick on it goes on for ever. */
  readonly repeatsFrom?: number;
}

export interface TimelineColumn {
  /** Ticks are counted from 1. */
  readonly tick: number;
  /** A tick; a part of it, after which a CPU went over; or no time. */
  readonly span: 'tick' | 'part' | 'now';
  /** Other commands of CPUs came just before. */
  readonly disturbed: boolean;
}

export interface TimelineRow {
  readonly name: string;
  /** A sign for each column. */
  readonly cells: string;
  /** Of a thread. */
  readonly ticks?: ThreadTicks;
}

/** What became of a thread, in ticks. */
export interface ThreadTicks {
  /** What stands for it on a CPU. */
  readonly letter: string;
  readonly ran: number;
  readonly stolen: number;
  /** What its guest can read of that; undefined for a thread of the VMM. */
  readonly told?: number;
}

const commandsName = 'commands';
const signs: readonly (readonly [sign: string, meaning: string])[] = [
  ['@', 'spins for a lock'],
  ['-', 'waits for a CPU'],
  ['=', 'is throttled'],
  ['~', 'is co-stopped'],
  ['+', 'waits for a CPU of its own'],
  ['.', 'sleeps, or idles'],
  [':', 'waits for a page'],
  ['"', 'is paused'],
];

const marginText = '  ';
/** As many blocks as a reader looks through: the first one, and the last ones. */
const blocksAtEnd = 3;

export function timelineText(timeline: Timeline, style: Style): string {
  const { columns, host, ticks, repeatsFrom } = timeline;
  const rows = timeline.rows.filter(({ cells }) => cells.trim() !== '');
  const names = Math.max(...rows.map(({ name }) => name.length), commandsName.length);
  const room = (style.columns ?? 80) - marginText.length;
  const width = Math.max(room - names - 3, 10);
  const perBlock = width - (width % 10);
  const blocks = Array.from(
    { length: Math.ceil(columns.length / perBlock) },
    (_, i) => i * perBlock,
  );
  const left = blocks.slice(1, -blocksAtEnd);
  const shown = blocks.filter((from) => !left.includes(from));
  const drawn = shown.flatMap((from) => {
    const lines = blockLines({ ...timeline, rows }, from, perBlock, names, style);
    const after = from === 0 && left.length > 0 ? [leftOut(timeline, left, perBlock), ''] : [];
    return [...lines, '', ...after];
  });
  const text = [
    `CPUs of host ${host}, ${ticks === 1 ? 'one tick' : `${ticks} ticks`} and what is so after |`,
    '',
    ...drawn,
    ...(repeatsFrom === undefined ? [] : [`From tick ${repeatsFrom} on this goes on for ever.`]),
    ...sums(rows).flatMap((line) => wrapped(line, room)),
    ...wrapped(legend(rows, columns), room),
  ];
  return text.map((line) => `${marginText}${line}`.trimEnd()).join('\n');
}

/** The signs that occur. */
function legend(
  rows: readonly TimelineRow[],
  columns: readonly TimelineColumn[],
): readonly string[] {
  const cells = rows.map((row) => row.cells).join('');
  return [
    ...signs.filter(([sign]) => cells.includes(sign)).map(([sign, means]) => `${sign} ${means}`),
    ...(columns.some(({ disturbed }) => disturbed) ? ['^ other commands before'] : []),
    ...(columns.some(({ span }) => span === 'part') ? ["' the same tick"] : []),
  ];
}

/** Words on lines that are no longer than there is room; those after the first are set in. */
function wrapped(words: readonly string[], room: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last}  ${word}`;
    if (last === undefined || longer.length > room)
      lines.push(last === undefined ? word : `  ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function leftOut({ columns }: Timeline, left: readonly number[], perBlock: number): string {
  const [first = 0] = left;
  const last = (left.at(-1) ?? 0) + perBlock - 1;
  const ticks = [columns[first]?.tick, columns[last]?.tick];
  return `... ticks ${ticks.join(' to ')} are left out here; --json has them ...`;
}

function blockLines(
  { rows, columns }: Timeline,
  from: number,
  count: number,
  names: number,
  style: Style,
): readonly string[] {
  const part = columns.slice(from, from + count);
  const line = (name: string, cells: string): string => `${name.padEnd(names)}  ${cells}`;
  const bar = (cells: string): string =>
    part.at(-1)?.span === 'now' ? `${cells.slice(0, -1)}|${cells.slice(-1)}` : cells;
  const marks = part.map(({ disturbed }) => (disturbed ? '^' : ' ')).join('');
  return [
    line('', ruler(part)),
    ...rows.map(({ name, cells }) => line(name, lit(bar(cells.slice(from, from + count)), style))),
    ...(marks.trim() === '' ? [] : [line(commandsName, bar(marks).replace('|', ' '))]),
  ];
}

/** The first tick and every tenth; columns that go on with the same tick are marked. */
function ruler(part: readonly TimelineColumn[]): string {
  let text = '';
  part.forEach(({ tick, span }, i) => {
    const isFirst = part[i - 1]?.tick !== tick;
    const named = span !== 'now' && isFirst && (i === 0 || tick % 10 === 0);
    if (named && text.length <= i) text += ' '.repeat(i - text.length) + tick;
    else if (!isFirst && text.length <= i) text = `${text.padEnd(i)}'`;
  });
  return text;
}

/** What is stolen stands out where there are colours. */
const lit = (cells: string, style: Style): string =>
  cells.replaceAll(/[-=~]+/g, (stolen) => paint(style).yellow(stolen));

/** Ticks of each thread in all. What a guest is told is shown where it is not what was stolen. */
function sums(rows: readonly TimelineRow[]): readonly (readonly string[])[] {
  const threads = rows.flatMap((row) => (row.ticks === undefined ? [] : [{ ...row.ticks }]));
  const of = (title: string, value: (ticks: ThreadTicks) => number): readonly string[] => [
    title.padEnd(6),
    ...threads.map((ticks) => `${ticks.letter} ${value(ticks)}`),
  ];
  const isTrue = threads.every(({ stolen, told }) => told === undefined || told === stolen);
  return [
    of('ran', ({ ran }) => ran),
    of('stolen', ({ stolen }) => stolen),
    ...(isTrue ? [] : [of('told', ({ told }) => told ?? 0)]),
  ];
}
