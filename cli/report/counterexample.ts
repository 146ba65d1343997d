/** A counterexample for people: the trace with what each command changes, and how to replay it. */
import {
  type AnyEvent,
  type Call,
  type Difference,
  difference,
  inPlace,
  type Machine,
  type Scope,
} from '../../machine/index.ts';
import { type Sequence, sequenceText } from './sequence.ts';
import { paint, plural, type Style } from './table.ts';
import { type Timeline, timelineText } from './timeline.ts';

/** How sure it is that no shorter trace does the same. */
export type Minimal = 'proved' | 'among-subsequences' | 'budget';

/** One command of a trace and what came of it. */
export interface ShownStep {
  readonly call: Call;
  /** The code of the rejection, where the command was refused. */
  readonly rejected?: string;
  readonly events: readonly AnyEvent[];
  readonly changes: readonly Difference[];
}

export interface Counterexample {
  readonly property: string;
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  readonly trace: readonly Call[];
  readonly length: number;
  /** How many commands had run when the property was violated. */
  readonly step: number;
  /** The run goes on for ever: it repeats its commands from the one after so many on. */
  readonly loop?: number;
  /** What the command of that step changed, a line for each place. */
  readonly difference: readonly string[];
  /** The commands up to that step and the few after it that ran, with what each changed. */
  readonly steps: readonly ShownStep[];
  /** What CPUs did up to that step, where the trace lets time pass. */
  readonly timelines: readonly Timeline[];
  /** What hosts said to each other up to that step, where VMs move. */
  readonly sequences: readonly Sequence[];
  /** Unknown for a trace from a file. */
  readonly minimal?: Minimal;
  /** States that were searched to prove it. */
  readonly states?: number;
  /** The command that replays it. */
  readonly replay: string;
  readonly scope: string;
  readonly seed?: number;
  readonly path?: string;
  readonly fault?: string | undefined;
  /** Where it is stored. */
  readonly file?: string;
}

/** Runs a trace up to `end` commands and notes what each one changes. */
export function shownSteps<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: readonly Call[],
  end: number,
): readonly ShownStep[] {
  const host = inPlace(machine, scope);
  const state = host.initial();
  return trace.slice(0, end).map((call): ShownStep => {
    const before = host.copier.copy(state);
    const result = host.step(state, call);
    if (!result.ok) return { call, rejected: result.rejection.code, events: [], changes: [] };
    const changes = difference(machine.shape, before, state);
    return { call, events: result.events, changes };
  });
}

export function counterexampleText(example: Counterexample, style: Style): string {
  const colours = paint(style);
  const { property, name, message, step, steps, trace, loop, minimal, states, replay, file } =
    example;
  const { timelines, sequences } = example;
  const lines = [
    colours.red(colours.bold(`Violated: ${property}  ${name}`)),
    `  ${message}`,
    `  ${originText(example)}`,
    '',
    ...timelines.flatMap((each) => [timelineText(each, style), '']),
    ...sequences.flatMap((each) => [sequenceText(each, style), '']),
    ...(step === 0 ? ['> the initial state'] : []),
    ...steps.flatMap((shown, i) => [
      ...(i === loop ? [colours.red('    and then, for ever:')] : []),
      ...stepLines(shown, i + 1, i + 1 === step && loop === undefined, style),
    ]),
    ...(trace.length > steps.length
      ? [`      (${plural(trace.length - steps.length, 'more command')})`]
      : []),
    '',
    ...(minimal === undefined ? [] : [`  ${minimalText(minimal, trace.length, states)}`]),
    ...(file === undefined ? [] : [`  stored:  ${file}`]),
    `  replay:  ${colours.bold(replay)}`,
    '',
  ];
  return lines.join('\n');
}

/** Never more than was searched. */
function minimalText(minimal: Minimal, length: number, states: number | undefined): string {
  switch (minimal) {
    case 'proved':
      return `minimal: proved${states === undefined ? '' : ` (${plural(states, 'state')})`}`;
    case 'among-subsequences':
      return 'minimal among subsequences';
    case 'budget':
      return `budget spent at length ${length}`;
  }
}

function originText({ scope, seed, path, fault }: Counterexample): string {
  const parts = [`scope ${scope}`];
  if (fault !== undefined) parts.unshift(`fault ${fault}`);
  if (seed !== undefined) parts.push(`seed ${seed}`);
  if (path !== undefined) parts.push(`path ${path}`);
  return parts.join(', ');
}

export function stepLines(
  shown: ShownStep,
  number: number,
  marked: boolean,
  style: Style,
): string[] {
  const colours = paint(style);
  const { call, rejected, events, changes } = shown;
  const head = `${String(number).padStart(4)}  ${call.kind}  ${argsText(call.args)}`.trimEnd();
  const refused = rejected === undefined ? '' : colours.dim(`  refused: ${rejected}`);
  return [
    marked ? colours.red(`>${head.slice(1)}`) : `${head}${refused}`,
    ...events.map((event) => colours.dim(`        event ${eventText(event)}`)),
    ...changeLines(changes, marked, style),
  ];
}

/** So many changes of ghosts and history a step shows; more are counted, but where it matters. */
const bookkeepingMax = 4;

function changeLines(changes: readonly Difference[], whole: boolean, style: Style): string[] {
  const kept = changes.filter(({ marker }) => marker === undefined);
  const rest = changes.length - kept.length;
  if (whole || rest <= bookkeepingMax) return changes.map((change) => changeLine(change, style));
  const line = paint(style).dim(`        and ${rest} places that are ghosts or history`);
  return [...kept.map((change) => changeLine(change, style)), line];
}

function changeLine({ path, before, after, marker }: Difference, style: Style): string {
  const note = marker === undefined ? '' : ` (${marker})`;
  const line = `        ${path}: ${before} -> ${after}${note}`;
  return marker === undefined ? line : paint(style).dim(line);
}

/** `vm 0, page 2, overhead [1]`. */
function argsText(args: Call['args']): string {
  return Object.entries(args)
    .map(([name, value]) => `${name} ${plain(value)}`)
    .join(', ');
}

function eventText({ type, ...fields }: AnyEvent): string {
  const shown = Object.entries(fields).map(([name, value]) => `${name} ${plain(value)}`);
  return [type, ...shown].join(', ');
}

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? 'none' : JSON.stringify(value);
