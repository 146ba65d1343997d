/**
 * What labels and notes tell besides numbers: settings that were written and processes that ended
 * (decision 23 of the design). Anything else in a text is not judged.
 */
const EXIT = 'gone|exit|exits|exited|killed|dead|died|dies|quit|ended|terminated';
const ANY_EXIT = new RegExp(`\\b(${EXIT}|kill|kills|closed|left|alone|only|without)\\b`, 'i');

/** Settings that a text names as in `max_page_sharing=2`. */
export interface Told {
  readonly limit?: number;
  readonly useZero?: boolean;
  /** `run=0`, `run=1` or `run=2`. */
  readonly run?: number;
}

/** Reads the settings out of a label or note. */
export function settings(text: string): Told {
  const limit = numberOf(text, /\bmax_page_sharing\s*=\s*(\d{1,9})\b/);
  const zero = numberOf(text, /\buse_zero_pages\s*=\s*([01])\b/);
  const run = numberOf(text, /\brun\s*=\s*([012])\b/);
  return {
    ...(limit === undefined ? {} : { limit: Math.max(2, limit) }),
    ...(zero === undefined ? {} : { useZero: zero === 1 }),
    ...(run === undefined ? {} : { run }),
  };
}

function numberOf(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Whether the text says that this process ended. */
export function saysExit(text: string, name: string): boolean {
  const word = name.replace(/[^\w]/g, '\\$&');
  const after = new RegExp(`(^|\\W)${word}\\W+((is|was|has|now)\\W+)*(${EXIT})\\b`, 'i');
  const before = new RegExp(`\\b(without|kill|killed|exit of|end of)\\W+${word}(\\W|$)`, 'i');
  return after.test(text) || before.test(text);
}

/** Whether the text speaks of some exit, of which process it does not say. */
export function hintsExit(text: string): boolean {
  return ANY_EXIT.test(text);
}
