/**
 * Shapes: the state of a machine, declared once.
 *
 * A shape describes plain data (numbers, strings, booleans, arrays, records, null) whose size a
 * scope bounds. From one declaration come the TypeScript type (`Infer`), the copy, the encoding,
 * the check of outside data, the JSON schema and the difference printer.
 *
 * There are two sorts of shape, and the sort says how a rule may change what it describes:
 * - *values* (`bool int enumOf ref option variant fraction`) are replaced whole;
 * - *places* (`record array list`) stay where they are and are changed inside.
 */

import type { Rational } from './rational.ts';

/** A number bound: a literal, the name of a size of the scope, or a function of all sizes. */
export type Bound = number | string | ((sizes: never) => number);

/** A named set of consecutive ids 0..n-1; the scope says how many. */
export interface Index<N extends string = string> {
  readonly name: N;
  /** The index set whose members each own a separate copy of this one (a page belongs to a VM). */
  readonly within?: Index;
  /** Ids whose order means something (a chain, a clock): never renamed by symmetry. */
  readonly ordered: boolean;
}

/** An id of index set `N`: a plain number that cannot be mistaken for an id of another set. */
export type Id<N extends string> = number & { readonly '~index'?: N };

export interface Shape<T = unknown> {
  readonly form: string;
  /**
   * `ghost`: only properties may read it. `history`: no rule reads it, and a property only to see
   * what one command adds to it.
   */
  readonly marker?: 'ghost' | 'history';
  /** In a command's arguments: the host is free to choose this value. */
  readonly choice?: true;
  readonly '~type'?: T;
}
export interface BoolShape extends Shape<boolean> {
  readonly form: 'bool';
}
export interface IntShape extends Shape<number> {
  readonly form: 'int';
  /** Effects only add to it, so that it does not matter which of two came first. */
  readonly commutes?: true;
  readonly min: number;
  readonly max: Bound;
}
export interface EnumShape<V extends string = string> extends Shape<V> {
  readonly form: 'enum';
  readonly values: readonly V[];
}
export interface RefShape<N extends string = string> extends Shape<Id<N>> {
  readonly form: 'ref';
  readonly index: Index<N>;
}
export interface OptionShape<T = unknown> extends Shape<T | null> {
  readonly form: 'option';
  readonly of: ScalarShape;
}
export interface VariantShape<T = unknown> extends Shape<T> {
  readonly form: 'variant';
  readonly cases: Readonly<Record<string, Readonly<Record<string, ScalarShape>>>>;
}
/** An exact fraction: at most `most` either way, over denominators up to `denominator`. */
export interface RationalShape extends Shape<Rational> {
  readonly form: 'rational';
  readonly most: Bound;
  readonly denominator: Bound;
}
export interface RecordShape<T = unknown> extends Shape<T> {
  readonly form: 'record';
  readonly fields: Readonly<Record<string, StateShape>>;
}
export interface ArrayShape<T = unknown> extends Shape<T> {
  readonly form: 'array';
  readonly index: Index;
  readonly of: StateShape;
}
export interface ListShape<T = unknown> extends Shape<T> {
  readonly form: 'list';
  readonly of: ScalarShape;
  readonly bound: Bound;
}
/** Some members of an index set, ascending. Only in the arguments of a command. */
export interface SubsetShape<N extends string = string> extends Shape<readonly Id<N>[]> {
  readonly form: 'subset';
  readonly index: Index<N>;
  readonly min: number;
  readonly max: Bound;
}

export type ScalarShape = BoolShape | IntShape | EnumShape | RefShape;
export type ValueShape = ScalarShape | OptionShape | VariantShape | RationalShape;
export type PlaceShape = RecordShape | ArrayShape | ListShape;
export type StateShape = ValueShape | PlaceShape;
export type ArgumentShape = ScalarShape | OptionShape | SubsetShape;

/** The TypeScript type that a shape describes. Export it as `interface State extends Infer<..> {}`. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

/** What every host lets a rule do with an array, besides reading its length and iterating. */
export interface TableView<N extends string, X> extends Iterable<X> {
  readonly length: number;
  readonly [id: number]: X;
  /** The element at an id of the scope. */
  at(id: Id<N>): X;
  some(test: (item: X, id: Id<N>) => boolean): boolean;
  every(test: (item: X, id: Id<N>) => boolean): boolean;
  filter(test: (item: X, id: Id<N>) => boolean): X[];
  map<Y>(change: (item: X, id: Id<N>) => Y): Y[];
  reduce<Y>(join: (sum: Y, item: X, id: Id<N>) => Y, start: Y): Y;
  forEach(visit: (item: X, id: Id<N>) => void): void;
  findIndex(test: (item: X, id: Id<N>) => boolean): number;
}
/** An array of values: elements are assigned. */
export interface Table<N extends string, X> extends TableView<N, X> {
  [id: number]: X;
}
/** An array of places: elements are changed inside, never assigned. */
export interface Rows<N extends string, X> extends TableView<N, X> {
  readonly '~rows'?: true;
}

type Fields = Readonly<Record<string, StateShape>>;
type RecordOf<F> = { -readonly [K in keyof F]: Infer<F[K]> } & {};
type CaseOf<K, F> = { readonly kind: K } & { readonly [P in keyof F]: Infer<F[P]> };
type VariantOf<C> = { [K in keyof C]: CaseOf<K, C[K]> & {} }[keyof C];

/** What rules and properties read: the same data, nothing assignable. */
export type View<T> = T extends number | string | boolean | null
  ? T
  : T extends readonly (infer X)[]
    ? readonly X[]
    : T extends TableView<infer N, infer X>
      ? TableView<N, View<X>>
      : { readonly [K in keyof T]: View<T[K]> };

export function index<N extends string>(
  name: N,
  options: { readonly within?: Index; readonly ordered?: boolean } = {},
): Index<N> {
  const ordered = options.ordered ?? false;
  return options.within === undefined
    ? { name, ordered }
    : { name, ordered, within: options.within };
}

export const bool: BoolShape = { form: 'bool' };

/** An integer from `min` to `max`, both included. */
export function int(max: Bound, min = 0): IntShape {
  return { form: 'int', min, max };
}
/** A number that effects only add to (`d.free--`), never read or set. Guards may read it. */
export function counter(shape: IntShape): IntShape {
  return { ...shape, commutes: true };
}
export function enumOf<const V extends string>(...values: readonly V[]): EnumShape<V> {
  return { form: 'enum', values };
}
export function ref<N extends string>(to: Index<N>): RefShape<N> {
  return { form: 'ref', index: to };
}
export function option<S extends ScalarShape>(of: S): OptionShape<Infer<S>> {
  return { form: 'option', of };
}
/** A tagged union; `kind` names the case. Written whole: `page.at = { kind: 'mapped', frame }`. */
export function variant<
  const C extends Readonly<Record<string, Readonly<Record<string, ScalarShape>>>>,
>(cases: C): VariantShape<VariantOf<C>> {
  return { form: 'variant', cases };
}
/** An exact fraction from `-most` to `most`, its denominator at most `denominator`. */
export function fraction(most: Bound, denominator: Bound): RationalShape {
  return { form: 'rational', most, denominator };
}
export function record<const F extends Fields>(fields: F): RecordShape<RecordOf<F>> {
  return { form: 'record', fields };
}
/** A record with a field for each entry of a table: the place in which the entry keeps its state. */
export function recordOf<const T extends Readonly<Record<string, { readonly state: PlaceShape }>>>(
  of: T,
): RecordShape<RecordOf<{ [K in keyof T]: T[K]['state'] }>> {
  const fields = Object.entries(of).map(([name, { state }]) => [name, state]);
  return { form: 'record', fields: Object.fromEntries(fields) };
}
/** The names of the entries of a table, in its order. */
export function keysOf<T extends object>(of: T): readonly (keyof T & string)[] {
  return Object.keys(of) as (keyof T & string)[];
}
export function array<N extends string, S extends PlaceShape>(
  over: Index<N>,
  of: S,
): ArrayShape<Rows<N, Infer<S>>>;
export function array<N extends string, S extends ValueShape>(
  over: Index<N>,
  of: S,
): ArrayShape<Table<N, Infer<S>>>;
export function array(over: Index, of: StateShape): ArrayShape {
  return { form: 'array', index: over, of };
}
/** A set of ids: a table of booleans. */
export function set<N extends string>(over: Index<N>): ArrayShape<Table<N, boolean>> {
  return array(over, bool);
}
/** A queue or stack of at most `bound` values. */
export function list<S extends ScalarShape>(of: S, bound: Bound): ListShape<Infer<S>[]> {
  return { form: 'list', of, bound };
}
export function subset<N extends string>(of: Index<N>, max: Bound, min = 1): SubsetShape<N> {
  return { form: 'subset', index: of, min, max };
}
export function ghost<S extends StateShape>(shape: S): S {
  return { ...shape, marker: 'ghost' };
}
/** Counters that only reports show: outside the fingerprint, read by no rule. */
export function history<S extends StateShape>(shape: S): S {
  return { ...shape, marker: 'history' };
}
export function choice<S extends ArgumentShape>(shape: S): S {
  return { ...shape, choice: true };
}
