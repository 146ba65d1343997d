/**
 * Keys of states: a short string for each state, the same for equal states and different for
 * different ones. A key is read back into the state, so a search needs to keep nothing else.
 *
 * A key is a string of bytes (characters 0..255, which a JavaScript engine keeps in one byte each).
 * Every value is a digit of a mixed-radix number whose radix is the count of values that its shape
 * allows; as many digits share a byte as fit. A case of a variant and the length of a list come
 * before what they contain, so that reading back always knows the radix of the next digit.
 */
import { problems } from './check.ts';
import { copier } from './copy.ts';
import { Reader, Writer } from './digits.ts';
import { BrokenRule, OutOfBounds } from './errors.ts';
import { leastValue } from './least.ts';
import { isReduced, type Rational } from './rational.ts';
import { resolve, type Sizes } from './scope.ts';
import type { ListShape, RecordShape, StateShape, VariantShape } from './shape.ts';

export interface Encoder<S> {
  /**
   * The key of a state. Throws `OutOfBounds` where a number is outside its bounds, and `BrokenRule`
   * where the state has a value that its shape does not describe.
   */
  encode(state: S): string;
  /** The state, written into `target` or fresh; what the key leaves out has its least value. */
  decode(key: string, target?: S): S;
}

/** What a key leaves out: always the history, on demand the ghosts too. */
export interface EncoderOptions {
  readonly ghosts?: boolean;
}

/** How one shape is written to and read from a stream of digits. */
interface Codec {
  write(value: unknown, to: Writer): void;
  /** A value is returned; a place is filled where it is, in `current`, and returned. */
  read(from: Reader, current: unknown): unknown;
}

export function encoder<S>(
  shape: RecordShape<S>,
  sizes: Sizes,
  options: EncoderOptions = {},
): Encoder<S> {
  const codec = codecOf(shape, sizes, options.ghosts ?? true);
  const writer = new Writer();
  const copies = copier(shape);
  const least = leastValue(shape, sizes) as S;
  return {
    encode(state) {
      writer.start();
      codec.write(state, writer);
      if (writer.failed) throw whatIsWrong(shape, sizes, state);
      return writer.finish();
    },
    decode: (key, target) => codec.read(new Reader(key), target ?? copies.copy(least)) as S,
  };
}

/** The digits know that a value is wrong, not which; finding it out may be slow. */
function whatIsWrong(shape: RecordShape, sizes: Sizes, state: unknown): Error {
  const found = problems(shape, sizes, state);
  const first = found[0] ?? { path: 'the state', problem: 'has no key' };
  const Problem = first.bound === true ? OutOfBounds : BrokenRule;
  return new Problem(first.path, first.problem);
}

function codecOf(shape: StateShape, sizes: Sizes, ghosts: boolean): Codec {
  switch (shape.form) {
    case 'bool':
      return boolCodec;
    case 'int':
      return integers(shape.min, resolve(shape.max, sizes));
    case 'ref':
      return integers(0, resolve(shape.index.name, sizes) - 1);
    case 'enum':
      return choices(shape.values);
    case 'option':
      return optional(codecOf(shape.of, sizes, ghosts));
    case 'variant':
      return variants(shape, sizes);
    case 'rational':
      return fractions(resolve(shape.most, sizes), resolve(shape.denominator, sizes));
    case 'record':
      return records(shape, sizes, ghosts);
    case 'array':
      return arrays(codecOf(shape.of, sizes, ghosts), resolve(shape.index.name, sizes));
    case 'list':
      return lists(shape, sizes, ghosts);
  }
}

const boolCodec: Codec = {
  write: (value, to) => to.put(value === true ? 1 : value === false ? 0 : -1, 2),
  read: (from) => from.take(2) === 1,
};

function integers(min: number, max: number): Codec {
  const count = max - min + 1;
  if (count > Number.MAX_SAFE_INTEGER) throw new Error(`${min}..${max} is too wide for a key`);
  if (count <= 256) {
    return {
      // What is no number would turn into one: `null - 0` is 0.
      write: (value, to) => to.put(typeof value === 'number' ? value - min : -1, count),
      read: (from) => from.take(count) + min,
    };
  }
  return {
    write(value, to) {
      if (!Number.isSafeInteger(value)) return to.fail();
      let rest = (value as number) - min;
      if (rest < 0 || rest >= count) return to.fail();
      for (let left = count; left > 1; left = Math.ceil(left / 256)) {
        to.put(rest % 256, 256);
        rest = Math.floor(rest / 256);
      }
    },
    read(from) {
      let sum = min;
      let weight = 1;
      for (let left = count; left > 1; left = Math.ceil(left / 256)) {
        sum += from.take(256) * weight;
        weight *= 256;
      }
      return sum;
    },
  };
}

function choices(values: readonly unknown[]): Codec {
  const digits = integers(0, values.length - 1);
  return {
    write: (value, to) => digits.write(values.indexOf(value), to),
    read: (from) => values[digits.read(from, null) as number],
  };
}

function optional(of: Codec): Codec {
  return {
    write(value, to) {
      to.put(value === null ? 0 : 1, 2);
      if (value !== null) of.write(value, to);
    },
    read: (from) => (from.take(2) === 0 ? null : of.read(from, null)),
  };
}

function fractions(most: number, denominator: number): Codec {
  const above = integers(-most * denominator, most * denominator);
  const below = integers(1, denominator);
  return {
    write(value, to) {
      if (typeof value !== 'object' || value === null) return to.fail();
      const given = value as Rational;
      if (!isReduced(given) || Math.abs(given.n) > most * given.d) to.fail();
      above.write(given.n, to);
      below.write(given.d, to);
    },
    read(from, current) {
      const n = above.read(from, null) as number;
      const d = below.read(from, null) as number;
      const old = current as Rational;
      return old.n === n && old.d === d ? old : { n, d };
    },
  };
}

interface Case {
  readonly kind: string;
  readonly digit: number;
  readonly fields: readonly { readonly name: string; readonly codec: Codec }[];
}

function variants(shape: VariantShape, sizes: Sizes): Codec {
  const all = Object.entries(shape.cases).map(
    ([kind, fields], digit): Case => ({
      kind,
      digit,
      fields: Object.entries(fields).map(([name, of]) => ({
        name,
        codec: codecOf(of, sizes, true),
      })),
    }),
  );
  if (all.length > 256) throw new Error('a variant has more than 256 cases');
  const cases = new Map<unknown, Case>(all.map((each) => [each.kind, each]));
  return {
    write(value, to) {
      const found = cases.get((value as Record<string, unknown> | null | undefined)?.kind);
      if (found === undefined) return to.fail();
      to.put(found.digit, all.length);
      for (const { name, codec } of found.fields) {
        codec.write((value as Record<string, unknown>)[name], to);
      }
    },
    read(from, current) {
      const { kind, fields } = all[from.take(all.length)] as Case;
      const old = current as Readonly<Record<string, unknown>>;
      let same = old.kind === kind;
      const value: Record<string, unknown> = { kind };
      for (const { name, codec } of fields) {
        value[name] = codec.read(from, null);
        same &&= value[name] === old[name];
      }
      return same ? old : value;
    },
  };
}

/** A field of a record: a small integer, which is written on the spot, or anything else. */
interface Slot {
  readonly name: string;
  readonly min: number;
  /** How many values the integer has; 0 for anything else. */
  readonly count: number;
  readonly codec: Codec;
}

function slotOf(name: string, shape: StateShape, sizes: Sizes, ghosts: boolean): Slot {
  const codec = codecOf(shape, sizes, ghosts);
  if (shape.form !== 'int' && shape.form !== 'ref') return { name, min: 0, count: 0, codec };
  const min = shape.form === 'int' ? shape.min : 0;
  const max = resolve(shape.form === 'int' ? shape.max : shape.index.name, sizes);
  const count = shape.form === 'int' ? max - min + 1 : max;
  return { name, min, count: count > 256 ? 0 : count, codec };
}

function records(shape: RecordShape, sizes: Sizes, ghosts: boolean): Codec {
  const written: Slot[] = [];
  const left: { readonly name: string; readonly shape: StateShape }[] = [];
  for (const [name, of] of Object.entries(shape.fields)) {
    const leave = of.marker === 'history' || (of.marker === 'ghost' && !ghosts);
    if (leave) left.push({ name, shape: of });
    else written.push(slotOf(name, of, sizes, ghosts));
  }
  return {
    write(value, to) {
      if (typeof value !== 'object' || value === null) return to.fail();
      const from = value as Readonly<Record<string, unknown>>;
      for (let i = 0; i < written.length; i++) {
        const { name, min, count, codec } = written[i] as Slot;
        const field = from[name];
        if (count === 0) codec.write(field, to);
        // What is no number would turn into one: `null - 0` is 0.
        else to.put(typeof field === 'number' ? field - min : -1, count);
      }
    },
    read(from, current) {
      const target = current as Record<string, unknown>;
      for (let i = 0; i < written.length; i++) {
        const { name, min, count, codec } = written[i] as Slot;
        const old = target[name];
        const value = count === 0 ? codec.read(from, old) : from.take(count) + min;
        if (value !== old) target[name] = value;
      }
      for (const { name, shape: of } of left) target[name] = leastValue(of, sizes);
      return target;
    },
  };
}

function arrays(of: Codec, size: number): Codec {
  return {
    write(value, to) {
      if (!Array.isArray(value) || value.length !== size) return to.fail();
      const items: readonly unknown[] = value;
      for (let i = 0; i < size; i++) of.write(items[i], to);
    },
    read(from, current) {
      const items = current as unknown[];
      for (let i = 0; i < size; i++) items[i] = of.read(from, items[i]);
      return items;
    },
  };
}

function lists(shape: ListShape, sizes: Sizes, ghosts: boolean): Codec {
  const of = codecOf(shape.of, sizes, ghosts);
  const length = integers(0, resolve(shape.bound, sizes));
  return {
    write(value, to) {
      if (!Array.isArray(value)) return to.fail();
      const items: readonly unknown[] = value;
      length.write(items.length, to);
      for (let i = 0; i < items.length; i++) of.write(items[i], to);
    },
    read(from, current) {
      const items = current as unknown[];
      items.length = length.read(from, null) as number;
      for (let i = 0; i < items.length; i++) items[i] = of.read(from, null);
      return items;
    },
  };
}
