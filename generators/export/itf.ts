/**
 * Counterexamples in the Informal Trace Format, which Apalache, Quint and their trace viewers read:
 * https://apalache-mc.org/docs/adr/015adr-trace.html. Each state names the action that led to it and
 * the arguments that were picked, as the traces of `quint run --mbt` do.
 */
import type {
  ArgumentShape,
  Call,
  Rational,
  StateShape,
  VariantShape,
} from '../../machine/index.ts';
import { type Example, type Replayed, replayed, titleOf } from './example.ts';

/** A value of a trace. */
export type ItfValue =
  | boolean
  | number
  | string
  | readonly ItfValue[]
  | { readonly [name: string]: ItfValue };

export interface ItfState {
  readonly '#meta': {
    readonly index: number;
    /** The code with which the action was refused: the state is as it was. */
    readonly refused?: string;
  };
  readonly [variable: string]: ItfValue | ItfState['#meta'];
}

export interface ItfTrace {
  readonly '#meta': Readonly<Record<string, string>>;
  readonly vars: readonly string[];
  readonly states: readonly ItfState[];
  /** The state that follows the last one again, where the run goes on for ever. */
  readonly loop?: number;
}

/** What Quint calls the action that led to a state, and the values that it chose. */
const actionTaken = 'mbt::actionTaken';
const nondetPicks = 'mbt::nondetPicks';

const unit: ItfValue = { '#tup': [] };
const none: ItfValue = { tag: 'None', value: unit };
const some = (value: ItfValue): ItfValue => ({ tag: 'Some', value });

export function itfTrace<S>(example: Example<S>): ItfTrace {
  const { machine, trace, run } = example;
  const { fields } = machine.shape;
  const { initial, calls }: Replayed<S> = replayed(example);
  const names = [...new Set(trace.flatMap(({ args }) => Object.keys(args)))];
  const picksOf = (call: Call | undefined): ItfValue => {
    const shapes = call === undefined ? {} : (machine.commands[call.kind]?.args ?? {});
    const picks = names.map((name) => {
      const shape = shapes[name];
      return [name, shape === undefined ? none : some(itfValue(shape, call?.args[name]))] as const;
    });
    return Object.fromEntries(picks);
  };
  const stateOf = (
    index: number,
    state: S,
    call: Call | undefined,
    refused?: string,
  ): ItfState => ({
    '#meta': { index, ...(refused === undefined ? {} : { refused }) },
    ...(itfValue(machine.shape, state) as Readonly<Record<string, ItfValue>>),
    [actionTaken]: call?.kind ?? 'init',
    [nondetPicks]: picksOf(call),
  });
  return {
    '#meta': {
      format: 'ITF',
      'format-description': 'https://apalache-mc.org/docs/adr/015adr-trace.html',
      source: machine.name,
      status: example.violation === undefined ? 'ok' : 'violation',
      description: titleOf(example),
    },
    vars: [...Object.keys(fields), actionTaken, nondetPicks],
    states: [
      stateOf(0, initial, undefined),
      ...calls.map(({ call, state, refused }, i) => stateOf(i + 1, state, call, refused)),
    ],
    ...(run?.loop === undefined ? {} : { loop: run.loop }),
  };
}

/** A value in the words of the format: sequences, records, variants with a tag. */
function itfValue(shape: StateShape | ArgumentShape, value: unknown): ItfValue {
  switch (shape.form) {
    case 'option':
      return value === null ? none : some(itfValue(shape.of, value));
    case 'variant':
      return itfVariant(shape, value as Readonly<Record<string, unknown>>);
    case 'record':
      return itfRecord(shape.fields, value);
    case 'rational': {
      const { n, d } = value as Rational;
      return { n, d };
    }
    case 'array':
    case 'list':
      return [...(value as Iterable<unknown>)].map((item) => itfValue(shape.of, item));
    case 'subset':
      return { '#set': value as readonly number[] };
    default:
      return value as boolean | number | string;
  }
}

function itfVariant(shape: VariantShape, value: Readonly<Record<string, unknown>>): ItfValue {
  const tag = value.kind as string;
  const fields = shape.cases[tag] ?? {};
  const empty = Object.keys(fields).length === 0;
  return { tag, value: empty ? unit : itfRecord(fields, value) };
}

function itfRecord(fields: Readonly<Record<string, StateShape>>, value: unknown): ItfValue {
  const from = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(fields).map(([name, shape]) => [name, itfValue(shape, from[name])]),
  );
}
