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
import { BrokenRule, OutOfBounds } from './errors.ts';
import { resolve, type Sizes } from './scope.ts';
import type { ListShape, RecordShape, StateShape, VariantShape } from './shape.ts';

export interface Encoder<S> {
  /**
   * The key of a state. Throws `OutOfBounds` where a number is outside its bounds, and `BrokenRule`
   * where the state has a value that its shape does not describe.
   */
  encode(state: S): string;
  /** A fresh state; what the key leaves out has its least value. */
  decode(key: string): S;
}

/** What a key leaves out: always the history, on demand the ghosts too. */
export interface EncoderOptions {
  readonly ghosts?: boolean;
}

/** How one shape is written to and read from a stream of digits. */
interface Codec {
  write(value: unknown, to: Writer): void;
  read(from: Reader): unknown;
}

export function encoder<S>(
  shape: RecordShape<S>,
  sizes: Sizes,
  options: EncoderOptions = {},
): Encoder<S> {
  const codec = codecOf(shape, sizes, options.ghosts ?? true);
  const writer = new Writer();
  return {
    encode(state) {
      writer.start();
      codec.write(state, writer);
      if (writer.failed) throw whatIsWrong(shape, sizes, state);
      return writer.finish();
    },
    decode: (key) => codec.read(new Reader(key)) as S,
  };
}

/** The digits know that a value is wrong, not which; finding it out may be slow. */
function whatIsWrong(shape: RecordShape, sizes: Sizes, state: unknown): Error {
  const found = problems(shape, sizes, state);
  const first = found[0] ?? { path: 'the state', problem: 'has no key' };
  const Problem = first.bound === true ? OutOfBounds : BrokenRule;
  return new Problem(first.path, first.problem);
}

class Writer {
  failed = false;
  private readonly bytes: number[] = [];
  private byte = 0;
  private radix = 1;

  start(): void {
    this.failed = false;
    this.bytes.length = 0;
    this.byte = 0;
    this.radix = 1;
  }
  fail(): void {
    this.failed = true;
  }
  /** One digit, of 0..count-1 with count at most 256. */
  put(digit: number, count: number): void {
    if (!(digit >= 0 && digit < count) || digit !== (digit | 0)) this.fail();
    if (this.radix * count > 256) {
      this.bytes.push(this.byte);
      this.byte = digit;
      this.radix = count;
    } else {
      this.byte += digit * this.radix;
      this.radix *= count;
    }
  }
  finish(): string {
    this.bytes.push(this.byte);
    return textOf(this.bytes);
  }
}

/** Long states are written in parts: the arguments of one call are limited. */
function textOf(bytes: readonly number[]): string {
  const part = 4096;
  if (bytes.length <= part) return String.fromCharCode.apply(null, bytes as number[]);
  let text = '';
  for (let i = 0; i < bytes.length; i += part) {
    text += String.fromCharCode.apply(null, bytes.slice(i, i + part));
  }
  return text;
}

class Reader {
  private next = 0;
  private byte: number;
  private radix = 1;
  private readonly key: string;

  constructor(key: string) {
    this.key = key;
    this.byte = key.charCodeAt(this.next++);
  }
  take(count: number): number {
    if (this.radix * count > 256) {
      this.byte = this.key.charCodeAt(this.next++);
      this.radix = 1;
    }
    const digit = this.byte % count;
    this.byte = (this.byte - digit) / count;
    this.radix *= count;
    return digit;
  }
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
    read: (from) => values[digits.read(from) as number],
  };
}

function optional(of: Codec): Codec {
  return {
    write(value, to) {
      to.put(value === null ? 0 : 1, 2);
      if (value !== null) of.write(value, to);
    },
    read: (from) => (from.take(2) === 0 ? null : of.read(from)),
  };
}

interface Field {
  readonly name: string;
  readonly codec: Codec;
}

function variants(shape: VariantShape, sizes: Sizes): Codec {
  const kinds = Object.keys(shape.cases);
  const digits = choices(kinds);
  const cases = new Map<unknown, readonly Field[]>();
  for (const [kind, fields] of Object.entries(shape.cases)) {
    const codecs = Object.entries(fields).map(([name, of]) => ({
      name,
      codec: codecOf(of, sizes, true),
    }));
    cases.set(kind, codecs);
  }
  return {
    write(value, to) {
      const kind = (value as Record<string, unknown> | null | undefined)?.kind;
      digits.write(kind, to);
      const fields = cases.get(kind);
      if (fields === undefined) return;
      for (const { name, codec } of fields) {
        codec.write((value as Record<string, unknown>)[name], to);
      }
    },
    read(from) {
      const kind = digits.read(from);
      const value: Record<string, unknown> = { kind };
      for (const { name, codec } of cases.get(kind) ?? []) value[name] = codec.read(from);
      return value;
    },
  };
}

function records(shape: RecordShape, sizes: Sizes, ghosts: boolean): Codec {
  const all = Object.entries(shape.fields).map(([name, of]) => {
    const left = of.marker === 'history' || (of.marker === 'ghost' && !ghosts);
    const least = (): unknown => leastOf(of, sizes);
    return { name, codec: codecOf(of, sizes, ghosts), least: left ? least : undefined };
  });
  const written = all.filter((field) => field.least === undefined);
  return {
    write(value, to) {
      if (typeof value !== 'object' || value === null) return to.fail();
      for (let i = 0; i < written.length; i++) {
        const { name, codec } = written[i] as Field;
        codec.write((value as Record<string, unknown>)[name], to);
      }
    },
    read(from) {
      const value: Record<string, unknown> = {};
      for (const { name, codec, least } of all) {
        value[name] = least === undefined ? codec.read(from) : least();
      }
      return value;
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
    read: (from) => Array.from({ length: size }, () => of.read(from)),
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
    read: (from) => Array.from({ length: length.read(from) as number }, () => of.read(from)),
  };
}

/** The least value of a shape: the first of everything, lists empty, options absent. */
export function leastOf(shape: StateShape, sizes: Sizes): unknown {
  switch (shape.form) {
    case 'bool':
      return false;
    case 'int':
      return shape.min;
    case 'ref':
      return 0;
    case 'enum':
      return shape.values[0];
    case 'option':
      return null;
    case 'list':
      return [];
    case 'array':
      return Array.from({ length: resolve(shape.index.name, sizes) }, () =>
        leastOf(shape.of, sizes),
      );
    case 'record':
      return leastFields(shape.fields, {}, sizes);
    case 'variant': {
      const [kind, fields] = Object.entries(shape.cases)[0] as [string, object];
      return leastFields(fields as RecordShape['fields'], { kind }, sizes);
    }
  }
}

function leastFields(
  fields: RecordShape['fields'],
  into: Record<string, unknown>,
  sizes: Sizes,
): Record<string, unknown> {
  for (const [name, field] of Object.entries(fields)) into[name] = leastOf(field, sizes);
  return into;
}
