/**
 * The packed host: a state is a row of bytes, rules see it through accessor objects, and what a
 * step changes is journaled, so that it is undone in the time it took. An exhaustive search runs
 * here. The journal also keeps a fingerprint up to date: a sum over all bytes of the byte times a
 * random odd coefficient of its place, in one or two lanes of 32 bits.
 */
import { problems } from '../check.ts';
import type { Call, Context } from '../command.ts';
import { engine, rejectionOf } from '../engine.ts';
import { type Plan, plans } from '../enumerate.ts';
import { BrokenRule, OutOfBounds } from '../errors.ts';
import { leastValue } from '../least.ts';
import type { AnyEvent, Machine, Rejection } from '../machine.ts';
import type { Scope, Sizes } from '../scope.ts';
import type { View } from '../shape.ts';
import { type Layout, layoutOf, type Node, type ValueNode } from './layout.ts';
import { sourceOf } from './source.ts';

/** One state at a time: the loaded one, or the one after a step of it. */
export interface Packed<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly layout: Layout;
  /** The state as rules and properties see it. */
  readonly view: View<S>;
  /** The bytes of the state, and the same as words; the last word is filled up with zeros. */
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  /** The two lanes of the fingerprint of the state. */
  fingerprint(into: Int32Array): void;
  /** The same of packed words, without loading them. */
  fingerprintOf(from: Int32Array, at: number, into: Int32Array): void;

  /** Packs a plain state; throws `OutOfBounds` or `BrokenRule` where it has no packed form. */
  write(state: S): void;
  /** The state as plain data; history is at its least value. */
  read(): S;
  /** Makes the words from an index on the loaded state. */
  load(from: Int32Array, at: number): void;

  /** How many calls the machine has in the scope, allowed or not; each has a number. */
  readonly calls: number;
  /** The commands, and the numbers of their calls: from `first` up to, not including, `end`. */
  readonly kinds: readonly {
    readonly kind: string;
    readonly first: number;
    readonly end: number;
  }[];
  call(number: number): Call;
  /** The number of a call; -1 where its arguments are not of the scope. */
  numberOf(call: Call): number;
  /**
   * Takes every step that the loaded state allows, one after the other, in the order of the
   * declarations, except those that `skip` names. `visit` sees the state after each and is told the number of the call; a step is
   * undone when it returns, unless it returns true, which ends it all in the state of that step.
   * Throws what a rule throws, with the command: `OutOfBounds`, `BrokenRule`, or the rule's own.
   */
  steps(visit: (call: number) => boolean, skip?: (call: number) => boolean): boolean;
  /** The call that a rule was asked about, or that was run, last. */
  running(): Call;
  /**
   * What the step read, wrote and added to: in `visit`, three words of bits, one bit for each of at
   * most 32 regions of the state. Two steps of one state whose footprints do not meet commute.
   */
  footprint(into: Int32Array, at: number): void;
  /** The events since they were last taken: in `visit`, those of the step. */
  takeEvents(): readonly AnyEvent[];
  /** Takes one step, which stays; a refusal changes nothing. */
  step(
    call: Call,
  ):
    | { readonly ok: true; readonly events: readonly AnyEvent[] }
    | { readonly ok: false; readonly rejection: Rejection };
}

export interface PackedOptions {
  /** Lanes of the fingerprint: with one, the second stays 0. */
  readonly lanes?: 1 | 2;
  /** Whether steps note what they read and write. */
  readonly footprints?: boolean;
  /** Chooses the coefficients of the fingerprint. */
  readonly seed?: number;
  /** The command kinds that may happen; those of the scope when absent. */
  readonly commands?: readonly string[];
}

/** What the generated program gives. */
interface Program<S> {
  readonly root: S;
  readonly args: Record<string, unknown>;
  load(from: Int32Array, at: number): void;
  settle(): void;
  undo(): void;
  begin(): void;
  commit(): void;
  discard(): void;
  putWide(offset: number, width: number, number: number): void;
  hashes(into: Int32Array): void;
  footprint(into: Int32Array, at: number): void;
  readonly steps: readonly ((
    visit: (call: number) => boolean,
    skip: ((call: number) => boolean) | null,
  ) => boolean)[];
}

const noEvents: readonly AnyEvent[] = [];

/** Throws `BrokenRule` where the shape cannot be packed in the scope. */
export function packed<S>(
  machine: Machine<S>,
  scope: Scope,
  options: PackedOptions = {},
): Packed<S> {
  const core = engine(machine as Machine, scope);
  const layout = layoutOf(machine.shape, scope.sizes);
  const all = plans(core).filter(({ command }) => options.commands?.includes(command.kind) ?? true);
  const numbered = numberCalls(all);
  const words = Math.ceil(layout.bytes / 4);
  const buffer = new ArrayBuffer(4 * words);
  const bytes = new Uint8Array(buffer);
  const stateWords = new Int32Array(buffer);

  let events: readonly AnyEvent[] = noEvents;
  const context: Context = {
    ...core.context,
    emit: (event) => {
      events = [...events, event as AnyEvent];
    },
  };
  const takeEvents = (): readonly AnyEvent[] => {
    const taken = events;
    events = noEvents;
    return taken;
  };
  let running = '';
  const broken = (offset: number, name: string | null, value: unknown): never => {
    throw whatIsBroken(layout, scope.sizes, { offset, name, value }, running);
  };
  const { seed = 1, lanes = 2 } = options;
  const first = coefficients(layout.bytes, seed);
  const second = coefficients(layout.bytes, seed ^ 0x5bd1e995);
  const regions = regionsOf(layout);
  const source = sourceOf(layout, scope.sizes, all, numbered.first, {
    lanes,
    footprints: options.footprints ?? false,
  });
  const program = compile<S>(source.text, {
    W: bytes,
    V: stateWords,
    R: first,
    S: second,
    K: source.constants,
    C: context,
    G: regions.bits,
    N: regions.counters,
    words,
    broken,
  });
  program.settle();

  /** A rule that threw leaves the loaded state. */
  const failed = (error: unknown): never => {
    program.discard();
    program.undo();
    throw error;
  };
  return {
    machine,
    scope,
    layout,
    view: program.root as View<S>,
    bytes,
    words: stateWords,
    fingerprint: program.hashes,
    footprint: program.footprint,
    fingerprintOf(from, at, into) {
      let [low, high] = [0, 0];
      for (let i = 0; i < layout.bytes; i++) {
        const byte = ((from[at + (i >> 2)] as number) >>> ((i & 3) << 3)) & 255;
        low = (low + Math.imul(byte, first[i] as number)) | 0;
        if (lanes === 2) high = (high + Math.imul(byte, second[i] as number)) | 0;
      }
      into[0] = low;
      into[1] = high;
    },
    load: program.load,
    write(state) {
      const [wrong] = problems(machine.shape, scope.sizes, state);
      if (wrong !== undefined) {
        const Problem = wrong.bound === true ? OutOfBounds : BrokenRule;
        throw new Problem(wrong.path, wrong.problem);
      }
      writeNode(layout.root, state, program.putWide);
      program.settle();
    },
    read: () => readNode(layout.root, bytes, scope) as S,
    calls: numbered.calls,
    kinds: all.map(({ command }, i) => ({
      kind: command.kind,
      first: numbered.first[i] as number,
      end: numbered.first[i + 1] ?? numbered.calls,
    })),
    call: numbered.call,
    numberOf: numbered.numberOf,
    takeEvents,
    running() {
      const { declared } = core.command(running);
      const names = Object.keys(declared.args);
      return {
        kind: running,
        args: Object.fromEntries(names.map((name) => [name, program.args[name]])),
      };
    },
    steps(visit, skip) {
      events = noEvents;
      try {
        for (let i = 0; i < all.length; i++) {
          running = (all[i] as Plan).command.kind;
          const stopped = program.steps[i]?.(visit, skip ?? null) ?? false;
          if (!stopped) continue;
          program.discard();
          program.settle();
          return true;
        }
        return false;
      } catch (error) {
        return failed(error);
      }
    },
    step(call) {
      const { guards, effect, lens } = core.command(call.kind);
      running = call.kind;
      events = noEvents;
      try {
        const seen = lens === undefined ? program.root : lens(program.root, call.args);
        for (const guard of guards) {
          if (guard.refuse(seen, call.args, context)) {
            return { ok: false, rejection: rejectionOf(guard, call.args) };
          }
        }
        program.begin();
        effect(seen, call.args, context);
        program.commit();
      } catch (error) {
        return failed(error);
      }
      program.discard();
      program.settle();
      return { ok: true, events: takeEvents() };
    },
  };
}

/** A text of its own for each machine and scope: the engine optimises it for itself alone. */
function compile<S>(text: string, environment: object): Program<S> {
  return new Function('E', text)(environment) as Program<S>;
}

/** The regions of a state, one bit each: neighbouring values share one where there are many. */
function regionsOf({ values, bytes }: Layout): {
  readonly bits: Int32Array;
  /** 1 where a byte is of a counter. */
  readonly counters: Uint8Array;
} {
  const bits = new Int32Array(bytes);
  const counters = new Uint8Array(bytes);
  const size = Math.ceil(values.length / 32);
  for (const [i, { offset, width, shape }] of values.entries()) {
    const commutes = shape.form === 'int' && shape.commutes === true;
    for (let at = offset; at < offset + width; at++) {
      bits[at] = 1 << Math.floor(i / size);
      counters[at] = commutes ? 1 : 0;
    }
  }
  return { bits, counters };
}

/** Odd numbers, as good as random. The mixing function is the finaliser of SplitMix32. */
function coefficients(count: number, seed: number): Int32Array {
  const found = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let z = (seed + Math.imul(i + 1, 0x9e3779b9)) | 0;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    found[i] = (z ^ (z >>> 16)) | 1;
  }
  return found;
}

interface NumberedCalls {
  readonly calls: number;
  /** For each plan, the number of its first call. */
  readonly first: readonly number[];
  call(number: number): Call;
  numberOf(call: Call): number;
}

/** Calls are numbered plan by plan, the last argument counting fastest. */
function numberCalls(all: readonly Plan[]): NumberedCalls {
  const first: number[] = [];
  let calls = 0;
  for (const { slots } of all) {
    first.push(calls);
    calls += slots.reduce((product, { values }) => product * values.length, 1);
  }
  if (calls > 2 ** 31) throw new Error(`${calls} calls in one scope are too many to be numbered`);
  return {
    calls,
    first,
    call(number) {
      const i = first.findLastIndex((each) => each <= number);
      const { command, slots } = all[i] as Plan;
      let rest = number - (first[i] as number);
      const values = slots
        .toReversed()
        .map(({ values: of }) => {
          const value = of[rest % of.length];
          rest = Math.floor(rest / of.length);
          return value;
        })
        .reverse();
      const args = Object.fromEntries(slots.map(({ name }, at) => [name, values[at]]));
      return { kind: command.kind, args };
    },
    numberOf({ kind, args }) {
      const i = all.findIndex(({ command }) => command.kind === kind);
      let number = 0;
      for (const { name, values } of all[i]?.slots ?? []) {
        const at = values.findIndex((value) => same(value, args[name]));
        if (at === -1) return -1;
        number = number * values.length + at;
      }
      return i === -1 ? -1 : (first[i] as number) + number;
    },
  };
}

const same = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((each, i) => each === b[i])
    : a === b;

type Put = (offset: number, width: number, number: number) => void;

function writeNode(node: Node, value: unknown, put: Put): void {
  switch (node.form) {
    case 'value':
      put(node.offset, node.width, node.numbers.number(value));
      return;
    case 'record':
      for (const [name, field] of Object.entries(node.fields)) {
        writeNode(field, (value as Readonly<Record<string, unknown>>)[name], put);
      }
      return;
    case 'array':
      for (const [i, item] of node.items.entries()) {
        writeNode(item, (value as readonly unknown[])[i], put);
      }
      return;
    case 'list': {
      const items = value as readonly unknown[];
      writeNode(node.length, items.length, put);
      for (const [i, item] of node.items.entries()) {
        if (i < items.length) writeNode(item, items[i], put);
        else put(item.offset, item.width, 0);
      }
      return;
    }
    case 'history':
      return;
  }
}

function readNode(node: Node, bytes: Uint8Array, scope: Scope): unknown {
  switch (node.form) {
    case 'value': {
      let number = 0;
      for (let i = node.width - 1; i >= 0; i--) {
        number = 256 * number + (bytes[node.offset + i] as number);
      }
      return node.numbers.value(number);
    }
    case 'record':
      return Object.fromEntries(
        Object.entries(node.fields).map(([name, field]) => [name, readNode(field, bytes, scope)]),
      );
    case 'array':
      return node.items.map((item) => readNode(item, bytes, scope));
    case 'list': {
      const length = readNode(node.length, bytes, scope) as number;
      return node.items.slice(0, length).map((item) => readNode(item, bytes, scope));
    }
    case 'history':
      return leastValue(node.shape, scope.sizes);
  }
}

/** What an accessor was given that it cannot take. */
interface Given {
  readonly offset: number;
  /** The field that was assigned, where it is a place; null for a value, a table or a list. */
  readonly name: string | null;
  readonly value: unknown;
}

function whatIsBroken(
  { root }: Layout,
  sizes: Sizes,
  { offset, name, value }: Given,
  command: string,
): Error {
  if (name === 'lens') {
    return new BrokenRule(
      'the lens',
      'gives a table of values or a list: give the record around it',
      command,
    );
  }
  if (name !== null) {
    const [within] = nodesOf(root).filter(
      (node) => node.form === 'record' && node.offset === offset && name in node.fields,
    );
    const path = [within?.path, name].filter((each) => each !== undefined && each !== '');
    return new BrokenRule(path.join('.'), 'is a place: change it inside', command);
  }
  const isMany = Array.isArray(value);
  const node = nodesOf(root).find((each) =>
    isMany
      ? (each.form === 'list' && each.length.offset === offset) ||
        (each.form === 'array' &&
          each.items[0]?.form === 'value' &&
          each.items[0].offset === offset)
      : each.form === 'value' && each.offset === offset,
  );
  if (node === undefined || node.form === 'array') {
    return new BrokenRule(node?.path ?? 'the whole', 'has lost or gained elements', command);
  }
  const shape = node.form === 'list' ? node.shape : (node as ValueNode).shape;
  const wrong = problems(shape, sizes, value)[0] ?? { path: '', problem: `is ${String(value)}` };
  const inner = wrong.path === 'the whole' ? '' : wrong.path;
  const dot = inner === '' || inner.startsWith('[') ? '' : '.';
  const Problem = wrong.bound === true ? OutOfBounds : BrokenRule;
  return new Problem(`${node.path}${dot}${inner}`, wrong.problem, command);
}

/** Every node of a layout. */
function nodesOf(node: Node): Node[] {
  switch (node.form) {
    case 'record':
      return [node, ...Object.values(node.fields).flatMap(nodesOf)];
    case 'array':
      return [node, ...node.items.flatMap(nodesOf)];
    case 'list':
      return [node, ...node.items];
    default:
      return [node];
  }
}
