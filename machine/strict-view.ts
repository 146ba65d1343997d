/** The views that the strict host hands to rules: proxies that know their path and their shape. */
import { problems } from './check.ts';
import { isPlace } from './copy.ts';
import { BrokenRule, OutOfBounds } from './errors.ts';
import type { Rational } from './rational.ts';
import { resolve, type Sizes } from './scope.ts';
import type { ArrayShape, ListShape, RecordShape, StateShape, VariantShape } from './shape.ts';
import { tableOperations } from './strict-table.ts';

export interface Frame {
  readonly shape: RecordShape;
  readonly sizes: Sizes;
  readonly command: string;
  /** Objects that were assigned before, by any command. */
  readonly assigned: WeakSet<object>;
}
type Phase = 'lens' | 'requires' | 'effect' | 'over';
type Fields = Record<string | number, unknown>;
interface Marks {
  readonly ghost: boolean;
  readonly history: boolean;
}

/** Throws what is wrong with a value, if anything is. */
export function throwProblem(
  shape: StateShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  command: string,
): void {
  const [first] = problems(shape, sizes, value);
  if (first === undefined) return;
  const inner = first.path === 'the whole' ? '' : first.path;
  const dot = path === '' || inner === '' || inner.startsWith('[') ? '' : '.';
  const Problem = first.bound === true ? OutOfBounds : BrokenRule;
  throw new Problem(`${path}${dot}${inner}` || 'the whole', first.problem, command);
}

/** What one rule may do with one state: the views, and what they have seen. */
export class Session {
  phase: Phase = 'lens';
  readonly whole: unknown;
  private readonly frame: Frame;
  private readonly views = new WeakMap<object, object>();
  /** The path of everything that a rule was given, by the view. */
  private readonly paths = new WeakMap<object, string>();
  /** The object in the state, by its view. */
  private readonly behind = new WeakMap<object, object>();
  private readonly given: {
    readonly value: object;
    readonly copy: object;
    readonly path: string;
  }[] = [];
  /** A counter that was read, which only writing it right away allows. */
  private counted:
    | { readonly of: object; readonly name: string; readonly path: string; readonly what: string }
    | undefined;

  constructor(frame: Frame, state: unknown) {
    this.frame = frame;
    this.whole = this.viewOf(frame.shape, state, '', { ghost: false, history: false });
  }

  fail(path: string, problem: string): never {
    throw new BrokenRule(path || 'the whole', problem, this.frame.command);
  }

  /** Ends the rule: what it was given is worth nothing from here on. */
  end(): void {
    this.settle(undefined, '');
    this.phase = 'over';
    for (const { value, copy, path } of this.given) {
      const [now, then] = [Object.entries(value), Object.entries(copy)];
      const same =
        now.length === then.length &&
        now.every(([name, field], i) => name === then[i]?.[0] && Object.is(field, then[i]?.[1]));
      if (!same) this.fail(path, 'was given an object that was changed after it was assigned');
    }
  }

  /** Plain data that a rule may only read: arguments, sizes, what a lens composes. */
  readOnly<T>(value: T, path: string): T {
    if (typeof value !== 'object' || value === null) return value;
    const refuse = (): never => this.fail(path, 'is not part of the state: it cannot be changed');
    const view = new Proxy(value as object, {
      get: (target, name) => {
        this.use(path);
        const field: unknown = Reflect.get(target, name, target);
        return typeof name === 'symbol' || typeof field === 'function'
          ? field
          : this.composed(field, `${path}.${name}`);
      },
      set: refuse,
      deleteProperty: refuse,
      defineProperty: refuse,
    });
    this.paths.set(view, path);
    // The proxy has the type of what it stands for.
    return view as T;
  }

  /** What a lens returns: views of places as they are, fresh objects around them read-only. */
  composed(value: unknown, path: string): unknown {
    if (typeof value !== 'object' || value === null || this.paths.has(value)) return value;
    return this.readOnly(value, path);
  }

  /** Refuses a view inside data that leaves the rule. */
  checkOutside(value: unknown, path: string): void {
    if (typeof value !== 'object' || value === null) return;
    const inside = this.paths.get(value);
    if (inside !== undefined) this.fail(path, `holds the object at ${inside}: write a copy`);
    for (const [name, field] of Object.entries(value)) this.checkOutside(field, `${path}.${name}`);
  }

  /** Every operation of a view begins here. */
  private use(path: string, of?: object, name = ''): void {
    if (this.phase === 'over') this.fail(path, 'is used after the rule that got it');
    this.settle(of, name);
  }

  private settle(of: object | undefined, name: string): void {
    const { counted } = this;
    this.counted = undefined;
    if (counted === undefined || (counted.of === of && counted.name === name)) return;
    this.fail(counted.path, `is ${counted.what}, not read it`);
  }

  private viewOf(shape: StateShape, raw: unknown, path: string, marks: Marks): unknown {
    if (shape.form !== 'variant' && !isPlace(shape)) return raw;
    const target = raw as object;
    const known = this.views.get(target);
    if (known !== undefined) return known;
    const view = new Proxy(target, this.handler(shape, path, marks));
    this.views.set(target, view);
    this.paths.set(view, path || 'the whole');
    this.behind.set(view, target);
    return view;
  }

  private handler(
    shape: RecordShape | ArrayShape | ListShape | VariantShape,
    path: string,
    marks: Marks,
  ): ProxyHandler<object> {
    const refuse = (what: string) => (): never => {
      this.use(path);
      return this.fail(path, what);
    };
    const whole = refuse('is spread, listed or copied whole: name its fields');
    const common: ProxyHandler<object> = {
      ownKeys: whole,
      getOwnPropertyDescriptor: whole,
      deleteProperty: refuse('loses a field: fields stay'),
      defineProperty: refuse('has a field redefined'),
      setPrototypeOf: refuse('has its prototype changed'),
      preventExtensions: refuse('is frozen'),
    };
    if (shape.form === 'record') return { ...common, ...this.recordHandler(shape, path, marks) };
    if (shape.form === 'variant') return { ...common, ...this.variantHandler(shape, path) };
    if (shape.form === 'list') return { ...common, ...this.listHandler(shape, path, marks) };
    return { ...common, ...this.tableHandler(shape, path, marks) };
  }

  private recordHandler(shape: RecordShape, path: string, outer: Marks): ProxyHandler<Fields> {
    const fieldOf = (name: string): StateShape => {
      const field = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined;
      return field ?? this.fail(path, `has no field '${name}'`);
    };
    return {
      get: (target, name) => {
        this.use(path);
        if (typeof name === 'symbol') return undefined;
        return this.read(target, name, fieldOf(name), join(path, name), outer);
      },
      has: (_, name) => {
        this.use(path);
        return fieldOf(String(name)) !== undefined;
      },
      set: (target, name, value) => {
        const field = fieldOf(String(name));
        const counts = this.counted?.of === target && this.counted.name === name;
        this.use(path, target, String(name));
        if (commutes(field) && !counts && this.phase === 'effect') {
          this.fail(join(path, String(name)), 'is a counter: an effect may add to it, not set it');
        }
        this.write(target, String(name), field, value, join(path, String(name)));
        return true;
      },
    };
  }

  private variantHandler(shape: VariantShape, path: string): ProxyHandler<Fields> {
    const check = (target: Fields, name: string): void => {
      this.use(path);
      const kind = String(target.kind);
      if (name === 'kind' || Object.hasOwn(shape.cases[kind] ?? {}, name)) return;
      this.fail(path, `is '${kind}', which has no field '${name}'`);
    };
    return {
      get(target, name) {
        if (typeof name === 'symbol') return undefined;
        check(target, name);
        return target[name];
      },
      has(target, name) {
        check(target, String(name));
        return true;
      },
      set: (_, name) => this.fail(join(path, String(name)), 'is part of a value: replace it whole'),
    };
  }

  private tableHandler(shape: ArrayShape, path: string, outer: Marks): ProxyHandler<unknown[]> {
    const element = (target: unknown[], id: number): unknown =>
      this.read(target, String(id), shape.of, `${path}[${id}]`, outer);
    return {
      get: (target, name) => {
        this.use(path);
        if (name === 'length') return target.length;
        const id = idOf(name);
        if (id !== undefined) return id < target.length ? element(target, id) : undefined;
        const fail = (problem: string): never => this.fail(path, problem);
        return tableOperations(name, target.length, (i) => element(target, i), fail);
      },
      has: () => this.fail(path, 'is asked for an id with `in`: compare with its length'),
      set: (target, name, value) => {
        this.use(path, target, String(name));
        const id = idOf(name);
        if (id === undefined || id >= target.length) {
          this.fail(path, `has no element '${String(name)}': arrays keep their length`);
        }
        if (shape.of.form === 'list' && !this.isIn(value, target, name)) {
          this.fail(`${path}[${id}]`, 'is a place: change it inside');
        }
        this.write(target, String(id), shape.of, value, `${path}[${id}]`);
        return true;
      },
    };
  }

  private listHandler(shape: ListShape, path: string, marks: Marks): ProxyHandler<unknown[]> {
    const { sizes, command } = this.frame;
    const bound = resolve(shape.bound, sizes);
    return {
      get: (target, name) => {
        this.use(path);
        const id = idOf(name);
        if (id !== undefined && marks.history) {
          this.fail(path, 'is history: a rule may add to it, not read it');
        }
        if (id !== undefined || name === 'length' || name in Array.prototype) {
          return Reflect.get(target, name, target);
        }
        return this.fail(path, `has no operation '${String(name)}'`);
      },
      has: (target, name) => Reflect.has(target, name),
      // Lists shrink by deleting elements; a hole that stays is found at the end of the command.
      deleteProperty: (target, name) => {
        this.writes(path);
        return Reflect.deleteProperty(target, name);
      },
      set: (target, name, value) => {
        this.writes(path);
        const id = idOf(name);
        if (id !== undefined) {
          if (id >= bound) {
            throw new OutOfBounds(path, `has ${id + 1} elements, more than ${bound}`, command);
          }
          throwProblem(shape.of, sizes, value, `${path}[${id}]`, command);
        } else if (name !== 'length') this.fail(path, `has no field '${String(name)}'`);
        return Reflect.set(target, name, value, target);
      },
    };
  }

  private read(of: object, name: string, shape: StateShape, path: string, outer: Marks): unknown {
    const ghost = outer.ghost || shape.marker === 'ghost';
    const history = outer.history || shape.marker === 'history';
    if (ghost && (this.phase === 'requires' || (this.phase === 'lens' && !isPlace(shape)))) {
      this.fail(path, `is a ghost: ${this.phase} may not read it`);
    }
    if (history && !isPlace(shape)) {
      if (this.phase !== 'effect') this.fail(path, `is history: ${this.phase} may not read it`);
      this.counted = { of, name, path, what: 'history: a rule may count it up' };
    } else if (commutes(shape) && this.phase === 'effect') {
      this.counted = { of, name, path, what: 'a counter: an effect may add to it' };
    }
    const raw = (of as Fields)[name];
    if (shape.form === 'rational') this.paths.set(raw as object, path);
    return this.viewOf(shape, raw, path, { ghost, history });
  }

  /** A view put back in its own place changes nothing. */
  private isIn(value: unknown, of: object, name: string | symbol): boolean {
    if (typeof value !== 'object' || value === null || !this.behind.has(value)) return false;
    return this.behind.get(value) === Reflect.get(of, name);
  }

  private writes(path: string): void {
    this.use(path);
    if (this.phase !== 'effect') this.fail(path, `is written by ${this.phase}`);
  }

  private write(of: object, name: string, shape: StateShape, value: unknown, path: string): void {
    if (this.phase !== 'effect') this.fail(path, `is written by ${this.phase}`);
    const { sizes, command, assigned } = this.frame;
    const target = of as Fields;
    if (shape.form === 'rational') {
      // A number, though JavaScript has it as an object: it may come from anywhere.
      throwProblem(shape, sizes, value, path, command);
      const { n, d } = value as Rational;
      target[name] = Object.freeze({ n, d });
    } else if (typeof value === 'object' && value !== null) {
      const from = this.paths.get(value);
      if (this.isIn(value, target, name)) return;
      if (from !== undefined) this.fail(path, `is given the object at ${from}: write a copy`);
      if (shape.form === 'record' || shape.form === 'array') {
        this.fail(path, 'is a place: change it inside');
      }
      if (assigned.has(value)) {
        this.fail(path, 'is given an object that was assigned before: write it fresh');
      }
      throwProblem(shape, sizes, value, path, command);
      const copy = Array.isArray(value) ? [...value] : { ...value };
      assigned.add(value);
      this.given.push({ value, copy: Array.isArray(copy) ? [...copy] : { ...copy }, path });
      target[name] = copy;
    } else {
      throwProblem(shape, sizes, value, path, command);
      target[name] = value;
    }
  }
}

const commutes = (shape: StateShape): boolean => shape.form === 'int' && shape.commutes === true;

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The id that a property key spells, if it does. */
function idOf(name: string | symbol): number | undefined {
  if (typeof name === 'symbol' || !/^(0|[1-9]\d{0,9})$/.test(name)) return undefined;
  return Number(name);
}
