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
import type { AnyEvent, Machine, Rejection } from '../machine.ts';
import type { Scope } from '../scope.ts';
import type { View } from '../shape.ts';
import { whatIsBroken } from './broken.ts';
import { numberCalls } from './calls.ts';
import { type Layout, layoutOf } from './layout.ts';
import { readNode, writeNode } from './nodes.ts';
import { coefficients, coefficientsOf, compactPlacesOf, regionsOf } from './places.ts';
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

  /** The compact form of the state: as few bits as its values need, and so the state itself. */
  readonly compact: Compact;

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

export interface Compact {
  /** How many it has. */
  readonly words: number;
  /**
   * Writes the form of the state that the host is in; only where `compact` was asked for. A form of
   * one word is followed by a zero.
   */
  write(into: Int32Array, at: number): void;
  /** The same of packed words. */
  of(from: Int32Array, at: number, into: Int32Array, intoAt: number): void;
  /** Makes a compact form the loaded state; only where `compact` was asked for. */
  load(from: Int32Array, at: number): void;
  /** The form of the state that the host is in, where it has more than two words. */
  readonly live: Int32Array;
  /** Whether the step changed any of the words that have a 1. */
  changes(any: Uint8Array): boolean;
}

export interface PackedOptions {
  /** Lanes of the fingerprint: with one, the second stays 0. */
  readonly lanes?: 1 | 2;
  /** Keeps the compact form up to date, and no fingerprint. */
  readonly compact?: boolean;
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
  loadCompact(from: Int32Array, at: number): void;
  changes(any: Uint8Array): boolean;
  settle(): void;
  undo(): void;
  begin(): void;
  commit(): void;
  discard(): void;
  putWide(offset: number, width: number, number: number): void;
  hashes(into: Int32Array, at: number): void;
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
  const { seed = 1, compact = false } = options;
  const places = compactPlacesOf(layout);
  // A compact form of at most two words is kept in the lanes of the fingerprint.
  const inLanes = compact && places.words <= 2;
  const lanes = inLanes ? 2 : compact ? 0 : (options.lanes ?? 2);
  const [first, second] = inLanes
    ? [coefficientsOf(places, 0), coefficientsOf(places, 1)]
    : [coefficients(layout.bytes, seed), coefficients(layout.bytes, seed ^ 0x5bd1e995)];
  const compactWords = new Int32Array(places.words);
  const regions = regionsOf(layout);
  const source = sourceOf(layout, scope.sizes, all, numbered.first, {
    lanes,
    compact: compact && !inLanes,
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
    P: compactWords,
    L: places.word,
    H: places.shift,
    M: places.mask,
    F: places.first,
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
    fingerprint: (into) => program.hashes(into, 0),
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
    compact: {
      words: places.words,
      write: inLanes
        ? program.hashes
        : (into, at) => {
            for (let i = 0; i < compactWords.length; i++) into[at + i] = compactWords[i] as number;
          },
      of(from, at, into, intoAt) {
        into.fill(0, intoAt, intoAt + places.words);
        for (let i = 0; i < layout.bytes; i++) {
          const byte = ((from[at + (i >> 2)] as number) >>> ((i & 3) << 3)) & 255;
          (into[intoAt + (places.word[i] as number)] as number) |=
            byte << (places.shift[i] as number);
        }
      },
      load: program.loadCompact,
      live: compactWords,
      changes: program.changes,
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
    read: () => readNode(layout.root, bytes, scope.sizes) as S,
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
