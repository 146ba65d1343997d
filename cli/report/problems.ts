/** How bad input is told: a list of what is wrong and where. */
import type { InputProblem } from '../exit.ts';
import { paint, plural, type Style } from './table.ts';

/** More than these are counted, not shown. */
const shownMax = 20;

export interface BadInputDocument {
  readonly verdict: 'bad-input';
  readonly problems: readonly InputProblem[];
}

export function problemsText(problems: readonly InputProblem[], style: Style): string {
  const head = paint(style).red(`Bad input: ${plural(problems.length, 'problem')}`);
  const shown = problems.slice(0, shownMax).map(({ where, problem }) => {
    return `  ${printable(where)}: ${printable(problem)}\n`;
  });
  const rest = problems.length - shownMax;
  if (rest > 0) shown.push(`  and ${plural(rest, 'more problem')}\n`);
  return `${head}\n${shown.join('')}`;
}

/** Names and values of hostile files may hold control characters, which a terminal would obey. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
