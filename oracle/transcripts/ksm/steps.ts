/** The steps a test process is asked for, and the form of the answer to each. */
import { differs } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import type { Answer } from './answers.ts';
import type { Command } from './commands.ts';
import { type Layout, pageCount } from './population.ts';
import type { Out } from './records.ts';

/** A step that waits for its answer. */
export interface Step {
  readonly kind: 'start' | 'page' | 'count' | 'stat' | 'advice' | 'exit';
  /** Keys that the answer has, and their values where the question gives them. */
  readonly echo?: Readonly<Record<string, number | undefined>>;
  /** The answer as an observation, or what is wrong with it. */
  readonly answer?: (out: Out) => Answer | string;
  /** What the answer tells was done. */
  readonly command?: (name: string, out: Out) => Command | undefined;
}

/** Parses a step, or says what is wrong with it. */
export function step(text: string, layout: Layout): Step | string {
  const [verb, first, second, ...more] = text.trim().split(/\s+/);
  const pages = pageCount(layout);
  if (more.length > 0) return `too many arguments in "${text.slice(0, 100)}"`;
  if (verb === 'stat' && first === undefined) return statStep();
  if ((verb === 'exit' || verb === 'quit') && first === undefined) return { kind: 'exit' };
  if ((verb === 'unmerge' || verb === 'merge') && first === undefined) return advice(verb);
  const number = first !== undefined && /^\d{1,15}$/.test(first) ? Number(first) : undefined;
  if (number === undefined) return `unknown step "${text.slice(0, 100)}"`;
  if (verb === 'writes' && second === undefined) return writes(number);
  if (number >= pages) return `page ${number} is outside the ${pages} pages of the process`;
  if (verb === 'frame' && second === undefined) return frameStep(number);
  if (verb === 'read' && second === undefined) return readStep(number);
  if (verb === 'write' && second !== undefined) return writeStep(number, second);
  return `unknown step "${text.slice(0, 100)}"`;
}

function frameStep(page: number): Step {
  const answer = (out: Out): Answer | string =>
    out.pfn === undefined ? 'no pfn' : { kind: 'frame', page, frame: out.pfn };
  return { kind: 'page', echo: { frame: page, pfn: undefined }, answer };
}

function readStep(page: number): Step {
  const answer = (out: Out): Answer | string =>
    out.value === undefined ? 'no value' : { kind: 'read', page, word: out.value };
  return { kind: 'page', echo: { read: page, value: undefined }, answer };
}

function writeStep(page: number, value: string): Step | string {
  if (!/^(0x[0-9a-f]{1,16}|-?\d{1,20})$/i.test(value)) return `no word: "${value.slice(0, 50)}"`;
  const word = BigInt.asUintN(64, BigInt(value)).toString(16).padStart(16, '0');
  const answer = ({ framesDiffer }: Out): Answer | string =>
    framesDiffer === undefined ? 'no framesDiffer' : { kind: 'write', page, word, framesDiffer };
  return { kind: 'page', echo: { write: page, framesDiffer: undefined }, answer };
}

function writes(pages: number): Step {
  return {
    kind: 'count',
    echo: { writes: pages },
    command: (name) => ({ kind: 'rewrite', name, pages }),
  };
}

function advice(verb: 'merge' | 'unmerge'): Step {
  const kind = verb === 'merge' ? 'advise' : 'unmerge';
  return {
    kind: 'advice',
    echo: { [verb]: 0 },
    command: (name) => ({ kind, name }),
  };
}

function statStep(): Step {
  return { kind: 'stat', echo: { ksm_stat: undefined }, answer: ({ ksm_stat }) => stat(ksm_stat) };
}

function stat(text: string | undefined): Answer | string {
  const number = (key: string): number | undefined => {
    const found = new RegExp(`(?:^|;)${key} (-?\\d{1,15})(?:;|$)`).exec(text ?? '')?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const items = number('ksm_rmap_items');
  const zeros = number('ksm_zero_pages');
  const merging = number('ksm_merging_pages');
  const profit = number('ksm_process_profit');
  if (items === undefined || zeros === undefined || merging === undefined || profit === undefined) {
    return 'ksm_stat lacks one of rmap_items, zero_pages, merging_pages, process_profit';
  }
  const flag = (key: string): string | undefined =>
    new RegExp(`(?:^|;)${key}: (yes|no)(?:;|$)`).exec(text ?? '')?.[1];
  const flags = { any: flag('ksm_merge_any'), mergeable: flag('ksm_mergeable') };
  return { kind: 'stat', items, zeros, merging, profit, ...flags };
}

/** Whether the answer has the form of the question (its keys, and the page asked for). */
export function checkAnswer(
  question: Step | undefined,
  out: Out,
  layout: Layout | undefined,
): Contradiction | undefined {
  const keys = Object.keys(out).join(', ');
  if (question === undefined) return differs('out', keys, 'no answer: nothing was asked');
  if (question.kind === 'start') {
    const ready = differs('out.ready', out.ready, true);
    const pages = layout === undefined ? undefined : pageCount(layout);
    return ready ?? differs('out.pages', out.pages, pages);
  }
  for (const [key, value] of Object.entries(question.echo ?? {})) {
    if (!(key in out)) return differs('out', keys, `an answer with ${key}`);
    const wrong = value === undefined ? undefined : differs(`out.${key}`, out[key], value);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
