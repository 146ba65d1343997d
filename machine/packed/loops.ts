/** The text of the loops that take every step of a state. */
import type { Plan } from '../enumerate.ts';

/** The answers to a guard are kept where it can be asked in at most so many ways. */
const answersKept = 4096;

/** The loops of one command: `visit` is called in the state after each step, and told its number. */
export function stepsOf(
  { command, first, slots, depth }: Plan,
  id: number,
  firstCall: number,
  constant: (value: unknown) => string,
  questions: Questions,
): string {
  const { footprints } = questions;
  const lines: string[] = [];
  // A call has read what the guards of all its loops have read.
  const note = (level: number): void => {
    if (footprints) lines.push(`const reads${level} = reads;`);
  };
  const skipped = `const call = ${firstCall} + ${numberText(slots, slots)};
  if (skip !== null && skip(call)) ${slots.length === 0 ? 'return false' : 'continue'};`;
  // Whether a call sleeps is known sooner than whether it may happen.
  const skipsFirst = (level: number): boolean => footprints && level === slots.length;
  if (footprints) lines.push('reads = 0;');
  if (skipsFirst(0)) lines.push(skipped);
  for (const guard of first) lines.push(`if (${questions.ask(guard, [], depth)}) return false;`);
  note(0);
  for (const [i, slot] of slots.entries()) {
    const value = valueText(slot, `i${i}`, constant);
    const bound = slots.slice(0, i + 1);
    lines.push(`for (let i${i} = 0; i${i} < ${slot.values.length}; i${i}++) {`);
    lines.push(`A[${JSON.stringify(slot.name)}] = ${value};`);
    if (i === depth - 1) lines.push(`const part = P${id}[${numberText(slots, bound)}];`);
    if (footprints) lines.push(`reads = reads${i};`);
    if (skipsFirst(i + 1)) lines.push(skipped);
    for (const guard of slot.guards) {
      lines.push(`if (${questions.ask(guard, bound, depth)}) continue;`);
    }
    note(i + 1);
  }
  const effect = constant(command.effect);
  return `/** ${command.kind} */
function steps${id}(visit, skip) {
  ${depth === 0 ? `const part = ${command.lens === undefined ? 'root' : `P${id}[0]`};` : ''}
  ${lines.join('\n  ')}
  ${footprints ? '' : skipped}
  begin();
  ${effect}(part, A, C);
  commit();
  if (visit(call)) return true;
  undo();
  ${'}'.repeat(slots.length)}
  return false;
}
const P${id} = ${partsOf({ command, first, slots, depth }, constant)};`;
}

type Slots = Plan['slots'];

/** The number of the values of some arguments, among all their values: the last counts fastest. */
function numberText(slots: Slots, some: Slots): string {
  return some.reduce((text, slot, i) => {
    const own = `i${slots.indexOf(slot)}`;
    return i === 0 ? own : `(${text}) * ${slot.values.length} + ${own}`;
  }, '0');
}

/** Tells apart arguments of one name that range over different values. */
function domainOf({ name, values }: Slots[number]): string {
  return `${name} ${values.length} ${JSON.stringify([values[0], values.at(-1)])}`;
}

/**
 * Guards as questions. A guard that several commands share, or that a loop asks again with the same
 * arguments, is asked once a state; its answer is kept with the stamp of the state.
 */
export class Questions {
  readonly text: string[] = [];
  readonly footprints: boolean;
  private readonly constant: (value: unknown) => string;
  private readonly kept = new Map<string, string>();
  private readonly uses = new Map<unknown, number>();

  constructor(plans: readonly Plan[], constant: (value: unknown) => string, footprints: boolean) {
    this.constant = constant;
    this.footprints = footprints;
    for (const { command } of plans) {
      for (const { refuse } of command.guards) {
        this.uses.set(refuse, (this.uses.get(refuse) ?? 0) + 1);
      }
    }
  }

  /** The expression that asks a guard where some arguments are bound, the lens's first. */
  ask({ refuse, looksAt }: Plan['first'][number], bound: Slots, depth: number): string {
    const seen = bound.filter(({ name }, i) => i < depth || looksAt.includes(name));
    const values = seen.reduce((product, slot) => product * slot.values.length, 1);
    const again = seen.length < bound.length || (this.uses.get(refuse) ?? 0) > 1;
    const question = this.name(refuse);
    if (!again || values > answersKept) return `${question}(part, A, C)`;
    const key = [question, ...seen.map(domainOf)].join(' ');
    let name = this.kept.get(key);
    if (name === undefined) {
      name = `asked${this.kept.size}`;
      this.kept.set(key, name);
      this.text.push(this.keeping(name, question, values));
    }
    return `${name}(${numberText(bound, seen)}, part)`;
  }

  private readonly names = new Map<unknown, string>();
  private name(refuse: unknown): string {
    const known = this.names.get(refuse) ?? this.constant(refuse);
    this.names.set(refuse, known);
    return known;
  }

  private keeping(name: string, question: string, values: number): string {
    const [look, found] = this.footprints
      ? [`const before = reads; reads = 0;`, `reads${name}[at] = reads; reads |= before;`]
      : ['', ''];
    return `const kept${name} = keep(${values});
${this.footprints ? `const reads${name} = new Int32Array(${values});` : ''}
function ${name}(at, part) {
  const known = kept${name}[at];
  if (known >> 1 === stamp) {
    ${this.footprints ? `reads |= reads${name}[at];` : ''}
    return (known & 1) === 1;
  }
  ${look}
  const refused = ${question}(part, A, C);
  ${found}
  kept${name}[at] = stamp * 2 + (refused ? 1 : 0);
  return refused;
}`;
  }
}

/** The value of an argument in its loop: integers are counted, anything else is looked up. */
function valueText(
  { shape, values }: Plan['slots'][number],
  i: string,
  constant: (value: unknown) => string,
): string {
  if (shape.form === 'ref') return i;
  if (shape.form === 'int') return shape.min === 0 ? i : `${i} + ${shape.min}`;
  return `${constant(values)}[${i}]`;
}

/** What the lens of a command shows for each choice of the arguments that it looks at. */
function partsOf({ command, slots, depth }: Plan, constant: (value: unknown) => string): string {
  if (command.lens === undefined) return '[]';
  const choices = slots
    .slice(0, depth)
    .reduce<Record<string, unknown>[]>(
      (all, { name, values }) =>
        all.flatMap((args) => values.map((value) => ({ ...args, [name]: value }))),
      [{}],
    );
  const lens = constant(command.lens);
  return `[${choices.map((args) => `part(${lens}, ${constant(args)})`).join(', ')}]`;
}
