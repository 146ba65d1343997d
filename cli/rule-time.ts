/**
 * Rules that do not end. A search cannot go on while a rule runs, so a rule of a user's that never
 * ends would hang it for ever: `interrupted` gives up after some time, and `noted` keeps what was running then.
 */
import { Script } from 'node:vm';
import {
  type AnyCommand,
  type AnyGuard,
  difference,
  initialState,
  type Property,
  type StateShape,
} from '../machine/index.ts';
import type { InputProblem } from './exit.ts';
import type { ScopedSubject } from './subject.ts';

/** Only code that a script runs can be given a time. */
const slot = Symbol.for('hypercheck.rule-time');
const script = new Script("globalThis[Symbol.for('hypercheck.rule-time')]()");

/** What something returns; undefined when it did not end in time, and then it must not be used again. */
export function interrupted<T>(run: () => T, seconds: number): { readonly value: T } | undefined {
  const found: { value?: T } = {};
  const place = globalThis as unknown as Record<symbol, unknown>;
  place[slot] = () => {
    found.value = run();
  };
  try {
    script.runInThisContext({ timeout: seconds * 1000 });
    return found as { value: T };
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw error;
  } finally {
    place[slot] = undefined;
  }
}

/** What was asked or run last. */
interface Running {
  readonly what: string;
  readonly state: unknown;
  readonly args: unknown;
  /** The arguments that it looks at, of all those that are bound. */
  readonly names: readonly string[];
}

export interface Noted {
  /** The same subject; its rules and properties are noted as they begin. */
  readonly subject: ScopedSubject;
  /** What is wrong with the rule that was running when the time was over. */
  problem(seconds: number): InputProblem;
}

export function noted(given: ScopedSubject): Noted {
  let running: Running = { what: 'initial state', state: undefined, args: {}, names: [] };
  type Rule = (state: unknown, args: unknown, context: unknown) => unknown;
  const noting =
    (what: string, names: readonly string[], rule: Rule): Rule =>
    (state, args, context) => {
      running = { what, state, args, names };
      return rule(state, args, context);
    };
  const command = (kind: string, declared: AnyCommand): AnyCommand => ({
    ...declared,
    requires: declared.requires.map(
      ([code, looksAt, refuse]) =>
        [
          code,
          looksAt,
          noting(`command ${kind}, guard ${code}`, looksAt, refuse as Rule),
        ] as AnyGuard,
    ),
    effect: noting(
      `command ${kind}, effect`,
      Object.keys(declared.args),
      declared.effect as Rule,
    ) as AnyCommand['effect'],
  });
  const property = (each: Property<never>): Property<never> => {
    const what = `property ${each.id}`;
    const parts = Object.entries(each).map(([name, part]: [string, unknown]) => {
      if (typeof part !== 'function') return [name, part];
      const noted = (seen: unknown, ...rest: unknown[]): unknown => {
        running = { what, state: stateOf(seen), args: {}, names: [] };
        return part.call(each, seen, ...rest);
      };
      return [name, noted];
    });
    return Object.fromEntries(parts) as Property<never>;
  };
  const { machine } = given;
  const commands = Object.entries(machine.commands).map(([kind, each]) => [
    kind,
    command(kind, each),
  ]);
  return {
    subject: {
      ...given,
      machine: { ...machine, commands: Object.fromEntries(commands) },
      properties: given.properties.map(property),
    },
    problem(seconds) {
      const { what, args, names, state } = running;
      const text = names.length === 0 ? '' : ` with ${JSON.stringify(args, [...names])}`;
      return {
        where: `${given.file ?? machine.name} ${what}`,
        problem: `had not ended after ${seconds} s${text}, ${placeText(given, state)}: a rule must end (--rule-time allows more)`,
      };
    },
  };
}

/** A transition property sees a change, an invariant a state. */
const stateOf = (seen: unknown): unknown =>
  typeof seen === 'object' && seen !== null && 'after' in seen ? seen.after : seen;

/** Where the machine was, as what differs from its initial state. */
function placeText({ machine, scope }: ScopedSubject, state: unknown): string {
  try {
    const here = plain(machine.shape, state);
    const changes = difference(machine.shape, initialState(machine, scope.sizes), here);
    if (changes.length === 0) return 'in the initial state';
    return `where ${changes.map(({ path, after }) => `${path} = ${after}`).join(', ')}`;
  } catch {
    // A lens shows a part, which is no state.
    return 'in a state that cannot be shown';
  }
}

/** The data that accessors show, which neither a copy nor JSON sees. */
function plain(shape: StateShape, seen: unknown): unknown {
  switch (shape.form) {
    case 'record': {
      const fields = Object.entries(shape.fields);
      const record = seen as Readonly<Record<string, unknown>>;
      return Object.fromEntries(fields.map(([name, of]) => [name, plain(of, record[name])]));
    }
    case 'array':
      return Array.from(seen as Iterable<unknown>, (item) => plain(shape.of, item));
    case 'list':
      return [...(seen as Iterable<unknown>)];
    default:
      return seen;
  }
}
