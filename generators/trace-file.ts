/**
 * The trace file: a trace as a JSON document that says which machine and scope it belongs to, what
 * it violates and how it was found. Reading is safe on hostile input: sizes are bounded, and what is
 * wrong comes back as a list.
 */
import {
  type Machine,
  modelHash,
  type Problem,
  problemsMax,
  problemsOfCall,
  type Scope,
  type Sizes,
} from '../machine/index.ts';
import { commandsMax, type Trace } from './trace.ts';

export const traceFormat = 'hypercheck-trace';
export const traceVersion = 1;
/** Longer texts, in UTF-16 code units, are not read. */
export const traceTextMax = 2 ** 26;

/** What a trace file holds. What a trace was not found by, or does not violate, is null. */
export interface TraceFile {
  readonly format: typeof traceFormat;
  readonly version: typeof traceVersion;
  /** The name of the machine. */
  readonly machine: string;
  /** The name of a scope of the machine. */
  readonly scope: string;
  /** The sizes of the scope that were other than those it names. */
  readonly sizes?: Sizes;
  /** `modelHash` of the machine that the trace was found on. */
  readonly modelHash: string;
  /** The seed that fast-check ran with, a 32-bit integer. */
  readonly seed: number | null;
  /** The path that fast-check gives to a counterexample: numbers with colons between. */
  readonly path: string | null;
  readonly commands: Trace;
  /** The run goes on for ever: it repeats its commands from the one after so many on. */
  readonly loop?: number;
  /** The id of a property that the trace violates. */
  readonly property: string | null;
  /** How many commands have run when it is violated. */
  readonly step: number | null;
  /** What is wrong then, in one sentence. */
  readonly message?: string;
}

export type TraceDetails = Partial<
  Pick<TraceFile, 'seed' | 'path' | 'property' | 'step' | 'message' | 'loop'>
>;

/** A trace with what a file says about it. */
export function traceFile<S>(
  machine: Machine<S>,
  scope: Scope,
  commands: Trace,
  details: TraceDetails = {},
): TraceFile {
  const { seed = null, path = null, property = null, step = null, message, loop } = details;
  const named = scopeNamed(machine, scope.name)?.sizes;
  const sizes = Object.fromEntries(
    Object.entries(scope.sizes).filter(([name, size]) => named?.[name] !== size),
  );
  return {
    format: traceFormat,
    version: traceVersion,
    machine: machine.name,
    scope: scope.name,
    ...(Object.keys(sizes).length === 0 ? {} : { sizes }),
    modelHash: modelHash(machine),
    seed,
    path,
    property,
    step,
    ...(message === undefined ? {} : { message }),
    ...(loop === undefined ? {} : { loop }),
    commands,
  };
}

function scopeNamed<S>(machine: Machine<S>, name: string): Scope | undefined {
  return Object.values(machine.scopes).find((each) => each.name === name);
}

/** The text of a trace file: JSON, one command a line, so that files can be compared and edited. */
export function writeTrace({ commands, ...details }: TraceFile): string {
  const head = Object.entries(details).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  );
  const lines = commands.map((call) => `    ${JSON.stringify(call)}`);
  const body = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n${head.join('\n')}\n  "commands": ${body}\n}\n`;
}

export type ReadTrace =
  | { readonly ok: true; readonly file: TraceFile; readonly scope: Scope }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export interface ReadTraceOptions {
  /** Reads a file whose `modelHash` is another one: the trace may mean something else now. */
  readonly anyModel?: boolean;
}

/**
 * Reads a trace of this machine: the file and its scope, or at most `problemsMax` problems, each with
 * its JSON path. Never throws. Fields that this version does not know are left out.
 */
export function readTrace<S>(
  machine: Machine<S>,
  text: string,
  options: ReadTraceOptions = {},
): ReadTrace {
  if (text.length > traceTextMax) {
    return refused('the whole', `has ${text.length} characters, more than ${traceTextMax}`);
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return refused('the whole', `is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  if (!isObject(data)) return refused('the whole', `is ${show(data)}, not an object`);
  const reader = new Reader(data);
  const head = reader.head(machine, options.anyModel === true);
  const commands = reader.commands(machine, head?.scope);
  if (head === undefined || reader.problems.length > 0) {
    return { ok: false, problems: reader.problems };
  }
  const file = traceFile(machine, head.scope, commands, head.details);
  return { ok: true, scope: head.scope, file: { ...file, modelHash: head.hash } };
}

interface Head {
  readonly scope: Scope;
  readonly hash: string;
  readonly details: TraceDetails;
}

/** Reads fields and collects what is wrong with them. */
class Reader {
  readonly problems: Problem[] = [];
  private readonly data: Readonly<Record<string, unknown>>;

  constructor(data: Readonly<Record<string, unknown>>) {
    this.data = data;
  }

  head<S>(machine: Machine<S>, anyModel: boolean): Head | undefined {
    this.expect('format', traceFormat);
    this.expect('version', traceVersion);
    this.expect('machine', machine.name);
    const hash = this.field('modelHash', isText, 'a text');
    const ours = modelHash(machine);
    if (hash !== undefined && hash !== ours && !anyModel) {
      this.add('modelHash', `is ${show(hash)}, but this machine is ${ours}: the model has changed`);
    }
    const name = this.field('scope', isText, 'a text');
    const scope = name === undefined ? undefined : scopeNamed(machine, name);
    if (name !== undefined && scope === undefined) {
      const scopes = Object.values(machine.scopes).map((each) => each.name);
      this.add('scope', `is ${show(name)}, not one of ${scopes.join(', ')}`);
    }
    const details = this.details();
    if (scope === undefined || hash === undefined) return undefined;
    const sizes = { ...scope.sizes, ...this.sizes(scope) };
    return { scope: { ...scope, sizes }, hash, details };
  }

  private sizes(scope: Scope): Sizes {
    if (!Object.hasOwn(this.data, 'sizes')) return {};
    const sizes = this.field('sizes', isObject, 'an object') ?? {};
    for (const [name, size] of Object.entries(sizes)) {
      if (!Object.hasOwn(scope.sizes, name)) {
        this.add(`sizes.${name.slice(0, 60)}`, `is no size of scope '${scope.name}'`);
      } else if (!isSize(size)) this.add(`sizes.${name}`, `is ${show(size)}, not a size`);
    }
    return sizes as Sizes;
  }

  private details(): TraceDetails {
    const seed = this.field('seed', nullOr(isSeed), 'null or a 32-bit integer');
    const path = this.field('path', nullOr(isPath), 'null or numbers with colons between');
    const property = this.field('property', nullOr(isText), 'null or a text');
    const step = this.field('step', nullOr(isStep), 'null or a number of commands');
    const message = Object.hasOwn(this.data, 'message')
      ? this.field('message', isText, 'a text')
      : undefined;
    const loop = Object.hasOwn(this.data, 'loop') ? this.loop() : undefined;
    return {
      seed: seed ?? null,
      path: path ?? null,
      property: property ?? null,
      step: step ?? null,
      ...(message === undefined ? {} : { message }),
      ...(loop === undefined ? {} : { loop }),
    };
  }

  /** There must be commands to repeat. */
  private loop(): number | undefined {
    const loop = this.field('loop', isStep, 'a number of commands');
    const { commands } = this.data;
    if (loop !== undefined && Array.isArray(commands) && loop >= commands.length) {
      this.add('loop', `is ${loop}, but there are ${commands.length} commands`);
    }
    return loop;
  }

  commands<S>(machine: Machine<S>, scope: Scope | undefined): Trace {
    const commands = this.field('commands', Array.isArray, 'an array');
    if (commands === undefined || scope === undefined) return [];
    if (commands.length > commandsMax) {
      this.add('commands', `has ${commands.length} commands, more than ${commandsMax}`);
      return [];
    }
    commands.forEach((call, i) => {
      if (this.problems.length >= problemsMax) return;
      for (const { path, problem } of problemsOfCall(machine, scope, call)) {
        this.add(path === 'the whole' ? `commands[${i}]` : `commands[${i}].${path}`, problem);
      }
    });
    return commands;
  }

  private expect(name: string, wanted: string | number): void {
    if (!Object.hasOwn(this.data, name)) this.add(name, 'is missing');
    else if (this.data[name] !== wanted) {
      this.add(name, `is ${show(this.data[name])}, not ${show(wanted)}`);
    }
  }

  private field<T>(
    name: string,
    fits: (value: unknown) => value is T,
    what: string,
  ): T | undefined {
    const value = Object.hasOwn(this.data, name) ? this.data[name] : undefined;
    if (value !== undefined && fits(value)) return value;
    this.add(name, value === undefined ? 'is missing' : `is ${show(value)}, not ${what}`);
    return undefined;
  }

  private add(path: string, problem: string): void {
    if (this.problems.length < problemsMax) this.problems.push({ path, problem });
  }
}

function refused(path: string, problem: string): ReadTrace {
  return { ok: false, problems: [{ path, problem }] };
}

/** A value in a few characters, whatever it is. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

const textMax = 10_000;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= textMax;
const isSeed = (value: unknown): value is number =>
  typeof value === 'number' && value === (value | 0);
const isPath = (value: unknown): value is string => isText(value) && /^\d+(:\d+)*$/.test(value);
/** A state of more elements would fill the memory before anything is found wrong with it. */
const sizeMax = 1_000_000;
const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= sizeMax;
const isStep = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= commandsMax;
function nullOr<T>(fits: (value: unknown) => value is T) {
  return (value: unknown): value is T | null => value === null || fits(value);
}
