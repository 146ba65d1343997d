/**
 * Properties of a part, asked of the whole: once for each place where the part occurs. The
 * counterpart of `lift` for commands.
 */
import type { Model } from './command.ts';
import {
  asPromised,
  type Change,
  type Liveness,
  noNotes,
  type Property,
  type Reads,
  remembered,
  type Transition,
  type TwoRun,
  type Within,
} from './property.ts';
import type { Sizes } from './scope.ts';
import type { View } from './shape.ts';

/** Where a part occurs in a whole. */
export interface Places<W extends Model, P extends Model> {
  count(size: W['sizes']): number;
  /** The part at a place: composed of places of the whole, nothing copied. */
  at(state: View<W['state']>, place: number): View<P['state']>;
  /** The place that an accepted command of the part happened at; -1 for commands of other parts. */
  of(change: Change<W>): number;
  /** The arguments of a command of the part that name its place. */
  readonly args: readonly string[];
}

/** The property of the part, as one of the whole. Sizes of the whole include those of the part. */
export function liftProperty<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Property<P>,
): Property<W> {
  const lifted = liftedProperty(places, property);
  const { count } = places;
  const { at, changeAt } = partsOf(places);
  origins.set(lifted, { property, count, at, changeAt } as unknown as Origin);
  return lifted;
}

/** The property of a part that another was lifted from, and how the part is found in a whole. */
export interface Origin {
  readonly property: Property;
  count(size: Sizes): number;
  at(state: unknown, place: number): unknown;
  changeAt(change: Change, place: number): Change;
}
const origins = new WeakMap<object, Origin>();

/** Where a property was lifted from: where there is but one place, it may be asked there directly. */
export const originOf = (property: Property): Origin | undefined => origins.get(property);

function liftedProperty<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Property<P>,
): Property<W> {
  const { at, change: part, reads: readsOf } = partsOf(places);
  switch (property.kind) {
    case 'invariant': {
      // Taken out once: JavaScript finds a field of objects of so many makes slowly.
      // Members of the part are not told apart by their place: they are asked all together.
      const { when, reads, violation, local: _, ...rest } = property;
      const lifted: Property<W> = {
        ...rest,
        ...readsOf(reads),
        violation(state, size) {
          for (let i = 0; i < places.count(size); i++) {
            const here = at(state, i);
            if (when?.(here, size) === false) continue;
            const message = violation.call(property, here, size);
            if (message !== null) return message;
          }
          return null;
        },
      };
      if (when === undefined) return lifted;
      return {
        ...lifted,
        when(state, size) {
          for (let i = 0; i < places.count(size); i++) if (when(at(state, i), size)) return true;
          return false;
        },
      };
    }
    case 'transition':
      return liftTransition(places, property);
    case 'conjecture':
      return { ...liftTransition(places, asPromised(property)), kind: 'conjecture' };
    case 'sometimes':
      if ('refused' in property) return property;
      return { ...property, reached: (change) => property.reached(part(change)) };
    case 'within':
      return liftWithin(places, property);
    case 'two-run':
      // What two runs of the part show is the same seen from the whole.
      return property as unknown as TwoRun<W>;
    case 'eventually':
    case 'leads-to':
      return liftLiveness(places, property);
  }
}

function liftTransition<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Transition<P>,
): Transition<W> {
  const { change: part, reads: readsOf } = partsOf(places);
  const { when, reads, violation, ...rest } = property;
  const lifted = {
    ...rest,
    ...readsOf(reads),
    violation: (change: Change<W>) => violation.call(property, part(change)),
  };
  if (when === undefined) return lifted;
  return { ...lifted, when: (change: Change<W>) => when(part(change)) };
}

/** The parts at the places of a whole. */
interface Parts<W extends Model, P extends Model> {
  at(state: View<W['state']>, place: number): View<P['state']>;
  /** The change of the part, at the place that it happened at. */
  change(change: Change<W>): Change<P>;
  changeAt(change: Change<W>, place: number): Change<P>;
  /** What a property of the part reads, in the whole: one function for all that share one. */
  reads(of: Reads<P> | undefined): { readonly reads?: Reads<W> };
}

/** All properties of a part ask for the same few parts, so they remember them together. */
const known = new WeakMap<object, Parts<never, never>>();

function partsOf<W extends Model, P extends Model>(places: Places<W, P>): Parts<W, P> {
  const found = known.get(places) as Parts<W, P> | undefined;
  if (found !== undefined) return found;
  const parts = remembering(places);
  known.set(places, parts as unknown as Parts<never, never>);
  return parts;
}

/**
 * The last parts that were asked for. A part is composed of places, and a place stays where it is,
 * so a part stays right while its whole changes in place.
 */
function remembering<W extends Model, P extends Model>(places: Places<W, P>): Parts<W, P> {
  interface Seen {
    state: View<W['state']> | undefined;
    place: number;
    part: View<P['state']>;
  }
  const nothing = (): Seen => ({ state: undefined, place: -1, part: undefined as never });
  // A state before and a state after.
  const seen = [nothing(), nothing()] as const;
  let oldest = 0;
  const at = (state: View<W['state']>, place: number): View<P['state']> => {
    const [a, b] = seen;
    if (a.state === state && a.place === place) return a.part;
    if (b.state === state && b.place === place) return b.part;
    const next = oldest === 0 ? a : b;
    oldest = 1 - oldest;
    next.state = state;
    next.place = place;
    next.part = places.at(state, place);
    return next.part;
  };
  const changes = remembered<W, (Change<P> | undefined)[]>(() => [undefined]);
  const changeAt = (change: Change<W>, place: number): Change<P> => {
    const known = changes(change);
    const found = known[place];
    if (found !== undefined) return found;
    const { events, size } = change;
    // A lifted call is the part's own with arguments more.
    const call = change.call as unknown as Change<P>['call'];
    const before = at(change.before, place);
    const changed = {
      before,
      call,
      after: at(change.after, place),
      events,
      size,
      notes: noNotes(),
    };
    known[place] = changed;
    return changed;
  };
  const change = (each: Change<W>): Change<P> => changeAt(each, places.of(each));
  const lifted = new Map<Reads<P>['changed'], Reads<W>['changed']>();
  const changedBy = (inPart: Reads<P>['changed']): Reads<W>['changed'] => {
    const found = lifted.get(inPart);
    if (found !== undefined) return found;
    // What the places have in common may have changed for all of them.
    const changed = (each: Change<W>): number => {
      let parts = 0;
      for (let i = 0; i < places.count(each.size); i++) parts |= inPart(changeAt(each, i));
      return parts;
    };
    lifted.set(inPart, changed);
    return changed;
  };
  const reads: Parts<W, P>['reads'] = (of) =>
    of === undefined ? {} : { reads: { parts: of.parts, changed: changedBy(of.changed) } };
  return { at, change, changeAt, reads };
}

/** Instances of the whole are numbered place by place. */
function numbered<W extends Model, P extends Model>(
  places: Places<W, P>,
  instances: (size: P['sizes']) => number,
) {
  const parts = partsOf(places);
  const placeOf = (instance: number, size: W['sizes']): number =>
    Math.floor(instance / instances(size));
  const innerOf = (instance: number, size: W['sizes']): number => instance % instances(size);
  const stateAt =
    <R>(ask: (state: View<P['state']>, inner: number, size: W['sizes']) => R) =>
    (state: View<W['state']>, instance: number, size: W['sizes']): R => {
      const here = parts.at(state, placeOf(instance, size));
      return ask(here, innerOf(instance, size), size);
    };
  const changeAt =
    (ask: (change: Change<P>, inner: number) => boolean) =>
    (change: Change<W>, instance: number): boolean => {
      const here = parts.changeAt(change, placeOf(instance, change.size));
      return ask(here, innerOf(instance, change.size));
    };
  const all = (size: W['sizes']): number => places.count(size) * instances(size);
  return { stateAt, changeAt, placeOf, instances: all };
}

function liftWithin<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Within<P>,
): Within<W> {
  const { stateAt, changeAt, placeOf, instances } = numbered(places, property.instances);
  const { reads, ...rest } = property;
  const counts = changeAt(property.counts);
  const assuming = changeAt(property.assuming);
  return {
    ...rest,
    ...partsOf(places).reads(reads),
    instances,
    starts: stateAt(property.starts),
    bound: stateAt(property.bound),
    done: stateAt(property.done),
    counts: (change, instance) =>
      places.of(change) === placeOf(instance, change.size) && counts(change, instance),
    // What happens at another place breaks no premise here.
    assuming: (change, instance) => {
      const at = places.of(change);
      return (at !== -1 && at !== placeOf(instance, change.size)) || assuming(change, instance);
    },
  };
}

/** Whatever is fair in the part is fair at each place by itself. */
function liftLiveness<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Liveness<P>,
): Liveness<W> {
  const { stateAt, instances } = numbered(places, property.instances ?? (() => 1));
  const fairness = property.fairness.map((each) => ({
    ...each,
    each: [...places.args, ...(each.each ?? [])],
  }));
  if (property.kind === 'eventually') {
    return { ...property, instances, fairness, holds: stateAt(property.holds) };
  }
  const { starts, done } = property;
  return { ...property, instances, fairness, starts: stateAt(starts), done: stateAt(done) };
}
