/**
 * Properties: what must be true of a machine. A property has an id of the specification and a name
 * that is a true sentence; it says nothing about how it is checked.
 *
 * `violation` returns null while the property holds, and otherwise one sentence that names the
 * culprit ("frame 3 counts 2 references but 1 page maps it"). `when` is the premise: an evaluation
 * counts as one that could have failed only where the premise is true.
 */
import type { Call, Model } from './command.ts';
import type { AnyEvent } from './machine.ts';
import type { View } from './shape.ts';

/** The calls that a model names, or any calls. */
type CallIn<M extends Model> = M extends { readonly call: infer C extends object } ? C : Call;

interface Named {
  readonly id: string;
  readonly name: string;
  /**
   * The kinds (or families) of commands that can make it false, or bring it about; all when absent. A transition
   * property looks at no others, and a scope that has none of them need not ask.
   */
  readonly commands?: readonly string[];
}

/**
 * What a property reads of a state. Where a command changed none of it, an invariant that held before
 * holds still, and a transition property holds: neither need be asked.
 */
export interface Reads<M extends Model = Model> {
  /** The parts of the state in which the two states of a change differ, a bit each. */
  changed(change: Change<M>): number;
  /** The parts that the property reads. */
  readonly parts: number;
}

/** True of every reachable state. */
export interface Invariant<M extends Model = Model> extends Named {
  readonly kind: 'invariant';
  when?(state: View<M['state']>, size: M['sizes']): boolean;
  violation(state: View<M['state']>, size: M['sizes']): string | null;
  readonly reads?: Reads<M>;
  /**
   * The same in parts: `violation` says null exactly where each of these does for every member.
   * After a change from a state in which it held, only members are asked that the change touched.
   */
  readonly local?: readonly Local<M>[];
}

/** A rule of each member of an index set (each page, each frame). */
export interface Local<M extends Model = Model> {
  /** For each member the parts that changed of what it sees. */
  around(change: Change<M>): readonly number[];
  /** The parts of what a member sees that the rule reads. */
  readonly parts: number;
  violation(state: View<M['state']>, member: number, size: M['sizes']): string | null;
}

/** What a property sees of one accepted command. It is a fresh object for each command. */
export interface Change<M extends Model = Model> {
  readonly before: View<M['state']>;
  readonly call: CallIn<M>;
  readonly after: View<M['state']>;
  readonly events: readonly AnyEvent[];
  readonly size: M['sizes'];
  /** What is `remembered` about it. */
  notes?: unknown[];
}

/** The kinds that a name of a command, or of a family of them, stands for. */
type KindOf<K extends string> = K extends `${infer F}.*` ? `${F}.${string}` : K;
/** The calls of some kinds or families, where a model names its calls. */
type CallBy<M extends Model, K extends string> = string extends CallIn<M>['kind']
  ? CallIn<M>
  : Extract<CallIn<M>, { readonly kind: KindOf<K> }>;
/** The change that an accepted command of one of some kinds made. */
type ChangeBy<M extends Model, K extends string> = Omit<Change<M>, 'call'> & {
  readonly call: CallBy<M, K>;
};
/** A property of changes whose `commands` say which calls it sees: all where it has none. */
type Declared<M extends Model, K extends string> = Omit<
  Transition<M>,
  'kind' | 'commands' | 'when' | 'violation'
> & {
  readonly commands?: readonly K[];
  when?(change: ChangeBy<M, K>): boolean;
  violation(change: ChangeBy<M, K>): string | null;
};

/** True of every accepted command of the kinds that it looks at. */
export interface Transition<M extends Model = Model> extends Named {
  readonly kind: 'transition';
  readonly reads?: Reads<M>;
  when?(change: Change<M>): boolean;
  violation(change: Change<M>): string | null;
}

/**
 * Believed of every accepted command of the kinds that it looks at, and proved of none: a bound that
 * only measuring bears out. It is asked and reported as a transition property is, until it breaks
 * once; that is told with its trace, and no run fails by it.
 */
export interface Conjecture<M extends Model = Model> extends Omit<Transition<M>, 'kind'> {
  readonly kind: 'conjecture';
}

/**
 * Bounded response, for each of `instances`: once `starts`, `done` holds before more than
 * `bound(state)` counted commands were accepted, as long as `assuming` stays true.
 */
export interface Within<M extends Model = Model> extends Named {
  readonly kind: 'within';
  /** What `starts` and `done` read. */
  readonly reads?: Reads<M>;
  instances(size: M['sizes']): number;
  starts(state: View<M['state']>, instance: number, size: M['sizes']): boolean;
  /** How many counted commands the response may take, from the state that starts it. */
  bound(state: View<M['state']>, instance: number, size: M['sizes']): number;
  /** Whether an accepted command counts against the bound. */
  counts(change: Change<M>, instance: number): boolean;
  /** The premise of the promise; when it breaks the promise is void. */
  assuming(change: Change<M>, instance: number): boolean;
  done(state: View<M['state']>, instance: number, size: M['sizes']): boolean;
}

/** A situation that must be reachable, so that nothing holds only because nothing happens. */
export interface Reached<M extends Model = Model> extends Named {
  readonly kind: 'sometimes';
  reached(change: Change<M>): boolean;
}
/** A refusal that must be reachable. */
export interface Refused extends Named {
  readonly kind: 'sometimes';
  readonly refused: { readonly command: string; readonly code: string };
}
export type Sometimes<M extends Model = Model> = Reached<M> | Refused;

/**
 * A property of two runs that begin alike: for each call of the one, and what came of it, the other
 * makes the call that `vary` says (with another secret, or without what an observer must not notice),
 * or none where it says null. What `observe` shows of the two must be equal call by call.
 */
export interface TwoRun<M extends Model = Model> extends Named {
  readonly kind: 'two-run';
  /** The names of the scopes in which it is asked. */
  readonly scopes: readonly string[];
  readonly vary: (
    call: CallIn<M>,
    size: M['sizes'],
    events: readonly AnyEvent[],
  ) => CallIn<M> | null;
  /** What the observer sees of a call; undefined where it sees nothing, and nothing is compared. */
  readonly observe: (call: CallIn<M>, outcome: Outcome) => unknown;
}
/** What came of a call: its events, or the code of its rejection. */
export type Outcome =
  | { readonly ok: true; readonly events: readonly AnyEvent[] }
  | { readonly ok: false; readonly code: string };

/**
 * Calls that a run may not put off for ever. Weakly fair: what is possible from some time on happens
 * again and again. Strongly fair: what is possible again and again happens again and again.
 */
export interface Fairness {
  /** Command kinds. Their calls count as one: any of them will do. */
  readonly commands: readonly string[];
  readonly strength: 'weak' | 'strong';
  /** Arguments whose values split the calls: those of equal values are treated fairly by themselves. */
  readonly each?: readonly string[];
}

/**
 * A property of whole runs: of those that never end and are fair, and of those that end because
 * their last state has no steps. No prefix of a run violates it, so only an exhaustive search can
 * check it.
 */
interface OfRuns<M extends Model> extends Named {
  readonly fairness: readonly Fairness[];
  /** Command kinds that cease: a run in which one of them happens again and again is not asked. */
  readonly ceasing?: readonly string[];
  /** How many properties of a kind this is; one when absent. */
  instances?(size: M['sizes']): number;
}
/** Every run comes to a state in which it `holds`. */
export interface Eventually<M extends Model = Model> extends OfRuns<M> {
  readonly kind: 'eventually';
  holds(state: View<M['state']>, instance: number, size: M['sizes']): boolean;
}
/** Whenever it `starts`, it is `done` there and then or later in the run. */
export interface LeadsTo<M extends Model = Model> extends OfRuns<M> {
  readonly kind: 'leads-to';
  starts(state: View<M['state']>, instance: number, size: M['sizes']): boolean;
  done(state: View<M['state']>, instance: number, size: M['sizes']): boolean;
}
export type Liveness<M extends Model = Model> = Eventually<M> | LeadsTo<M>;

export type Property<M extends Model = Model> =
  | Invariant<M>
  | Transition<M>
  | Conjecture<M>
  | Within<M>
  | Sometimes<M>
  | TwoRun<M>
  | Liveness<M>;

let remembering = 0;

/** Room for all that can be remembered: an array that grows would take several times as much. */
export const noNotes = (): unknown[] => new Array(remembering);

/**
 * Remembers what `find` finds out about a change, for all properties that ask for it. Changes are
 * not asked about in any order, and many at a time.
 */
export function remembered<M extends Model, X extends object>(
  find: (change: Change<M>) => X,
): (change: Change<M>) => X {
  const number = remembering++;
  return (change) => {
    change.notes ??= noNotes();
    const known = change.notes[number] as X | undefined;
    if (known !== undefined) return known;
    const found = find(change);
    change.notes[number] = found;
    return found;
  };
}

export function isLiveness<P extends { readonly kind: string }>(
  property: P,
): property is P & { readonly kind: Liveness['kind'] } {
  return property.kind === 'eventually' || property.kind === 'leads-to';
}

export function isConjecture<P extends { readonly kind: string }>(
  property: P,
): property is P & { readonly kind: 'conjecture' } {
  return property.kind === 'conjecture';
}

/** A conjecture as if it were promised: who breaks it violates it. */
export const asPromised = <M extends Model>(conjecture: Conjecture<M>): Transition<M> => ({
  ...conjecture,
  kind: 'transition',
});

export function isTwoRun<P extends { readonly kind: string }>(
  property: P,
): property is P & { readonly kind: 'two-run' } {
  return property.kind === 'two-run';
}

/** Declares properties of one model: `const property = propertiesOf<Memory>()`. */
export function propertiesOf<M extends Model>() {
  return {
    invariant: (p: Omit<Invariant<M>, 'kind'>): Invariant<M> => ({ kind: 'invariant', ...p }),
    transition: <const K extends string = string>(p: Declared<M, K>): Transition<M> => ({
      kind: 'transition',
      ...p,
    }),
    conjecture: <const K extends string = string>(p: Declared<M, K>): Conjecture<M> => ({
      kind: 'conjecture',
      ...p,
    }),
    within: (p: Omit<Within<M>, 'kind'>): Within<M> => ({ kind: 'within', ...p }),
    sometimes: (p: Omit<Reached<M>, 'kind'>): Sometimes<M> => ({ kind: 'sometimes', ...p }),
    refused: (p: Omit<Refused, 'kind'>): Sometimes<M> => ({ kind: 'sometimes', ...p }),
    twoRun: (p: Omit<TwoRun<M>, 'kind'>): TwoRun<M> => ({ kind: 'two-run', ...p }),
    eventually: (p: Omit<Eventually<M>, 'kind'>): Eventually<M> => ({ kind: 'eventually', ...p }),
    leadsTo: (p: Omit<LeadsTo<M>, 'kind'>): LeadsTo<M> => ({ kind: 'leads-to', ...p }),
  };
}
