/**
 * The program of a packed host, written out for one machine in one scope.
 *
 * Views of the state are objects whose accessors read and write bytes; the steps of a state are
 * loops over the arguments of each command, with every guard asked in the loop that binds the last
 * argument it looks at. Both are generated as text: a JavaScript engine optimises the accessors of
 * each record, and the loops of each command, only if they are functions of their own.
 *
 * Names in the text: `W` the bytes of the state, `R` and `S` the coefficients of the fingerprint,
 * `P` the compact form, `J` the journal, `K` constants, `A` the arguments, `C` the context of the rules.
 */
import type { Plan } from '../enumerate.ts';
import type { Sizes } from '../scope.ts';
import type { Layout } from './layout.ts';
import { Questions, stepsOf } from './loops.ts';
import { type Recorded, runtimeOf } from './runtime.ts';
import { Views } from './views.ts';

/** The text of the program, and the constants that it refers to as `K[i]`. */
export interface Source {
  readonly text: string;
  readonly constants: readonly unknown[];
}

export function sourceOf(
  layout: Layout,
  sizes: Sizes,
  plans: readonly Plan[],
  first: readonly number[],
  recorded: Recorded,
): Source {
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const views = new Views(sizes, constant, recorded.footprints);
  const root = views.record(layout.root);
  const questions = new Questions(plans, constant, recorded.footprints);
  const steps = plans.map((plan, i) => stepsOf(plan, i, first[i] ?? 0, constant, questions));
  const names = [...new Set(plans.flatMap(({ slots }) => slots.map(({ name }) => name)))];
  const text = [
    runtimeOf(recorded),
    `const [${constants.map((_, i) => `k${i}`).join(', ')}] = K;`,
    ...views.text,
    `const A = {${names.map((name) => `${JSON.stringify(name)}: 0`).join(', ')}};`,
    `const root = new ${root}(0);`,
    ...questions.text,
    ...steps,
    `return { root, args: A, load, loadCompact, changes, undo, begin, commit, discard, putWide, hashes, footprint,
  settle, steps: [${steps.map((_, i) => `steps${i}`).join(', ')}] };`,
  ].join('\n');
  return { text, constants };
}
