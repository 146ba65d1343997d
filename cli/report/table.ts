/** Tables without frames: they read well in a terminal, in a log and in `grep`. */
import { stripVTControlCharacters } from 'node:util';
import Table from 'cli-table3';
import pc from 'picocolors';

/** What a text report may use. */
export interface Style {
  readonly colours: boolean;
  readonly columns?: number | undefined;
}

export type Paint = ReturnType<typeof pc.createColors>;

export function paint(style: Style): Paint {
  return pc.createColors(style.colours);
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const frameless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Rows under a line of titles. On a terminal the last column wraps to what is left of the width. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const colours = paint(style);
  const lastWidth = widthOfLast(columns, rows, style.columns);
  const grid = new Table({
    chars: frameless,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: columns.map(({ title }) => colours.bold(title)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    ...(lastWidth === undefined
      ? {}
      : { colWidths: [...columns.slice(1).map(() => null), lastWidth], wordWrap: true }),
  });
  for (const row of rows) grid.push([...row]);
  const text = grid.toString();
  return `${text.replace(/[ \t]+$/gm, '')}\n`;
}

function widthOfLast(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
): number | undefined {
  if (width === undefined) return undefined;
  let others = 0;
  for (let i = 0; i < columns.length - 1; i++) {
    const cells = [columns[i]?.title ?? '', ...rows.map((row) => row[i] ?? '')];
    others += Math.max(...cells.map((cell) => stripVTControlCharacters(cell).length)) + 2;
  }
  // Narrower than this, wrapping makes a column of words: let the terminal wrap instead.
  const left = width - others;
  return left < 24 ? undefined : left;
}

/** 1234567 as `1,234,567`, the same on every machine. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 run`, `2 runs`. */
export function plural(value: number, noun: string, nouns = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : nouns}`;
}

/** Seconds for people: `4.2 s`, `3 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
