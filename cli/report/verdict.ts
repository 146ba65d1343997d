/** How verdicts look. */
import type { Verdict } from '../exit.ts';
import { paint, type Style } from './table.ts';

export function verdictWord(verdict: Verdict, style: Style): string {
  const colours = paint(style);
  if (verdict === 'holds') return colours.green(verdict);
  return verdict === 'violated' ? colours.red(colours.bold(verdict)) : colours.yellow(verdict);
}
