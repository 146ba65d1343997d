/**
 * Properties of a part, asked of the whole: once for each place where the part occurs. The
 * counterpart of `lift` for commands.
 */
import type { Model } from './command.ts';
import type { Change, Property, TwoRun, Within } from './property.ts';
import type { View } from './shape.ts';

/** Where a part occurs in a whole. */
export interface Places<W extends Model, P extends Model> {
  count(size: W['sizes']): number;
  /** The part at a place: composed of places of the whole, nothing copied. */
  at(state: View<W['state']>, place: number): View<P['state']>;
  /** The place that an accepted command of the part happened at. */
  of(change: Change<W>): number;
}

/** The property of the part, as one of the whole. Sizes of the whole include those of the part. */
export function liftProperty<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Property<P>,
): Property<W> {
  const part = (change: Change<W>): Change<P> => partOf(places, change, places.of(change));
  switch (property.kind) {
    case 'invariant': {
      const { when } = property;
      const lifted: Property<W> = {
        ...property,
        violation(state, size) {
          for (let i = 0; i < places.count(size); i++) {
            const here = places.at(state, i);
            if (when?.(here, size) === false) continue;
            const message = property.violation(here, size);
            if (message !== null) return message;
          }
          return null;
        },
        when: (state, size) =>
          when === undefined ||
          range(places.count(size)).some((i) => when(places.at(state, i), size)),
      };
      return lifted;
    }
    case 'transition': {
      const { when, ...rest } = property;
      const lifted = {
        ...rest,
        violation: (change: Change<W>) => property.violation(part(change)),
      };
      if (when === undefined) return lifted;
      return { ...lifted, when: (change: Change<W>) => when(part(change)) };
    }
    case 'sometimes':
      return { ...property, reached: (change) => property.reached(part(change)) };
    case 'within':
      return liftWithin(places, property);
    case 'two-run':
      // What two runs of the part show is the same seen from the whole.
      return property as unknown as TwoRun<W>;
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

function partOf<W extends Model, P extends Model>(
  places: Places<W, P>,
  change: Change<W>,
  place: number,
): Change<P> {
  const { events, size } = change;
  // A lifted call is the part's own with arguments more.
  const call = change.call as unknown as Change<P>['call'];
  const before = places.at(change.before, place);
  return { before, call, after: places.at(change.after, place), events, size };
}

/** Instances of the whole are numbered place by place. */
function liftWithin<W extends Model, P extends Model>(
  places: Places<W, P>,
  property: Within<P>,
): Within<W> {
  const split = (instance: number, size: W['sizes']): readonly [place: number, inner: number] => {
    const each = property.instances(size);
    return [Math.floor(instance / each), instance % each];
  };
  const stateAt =
    <R>(ask: (state: View<P['state']>, inner: number, size: W['sizes']) => R) =>
    (state: View<W['state']>, instance: number, size: W['sizes']): R => {
      const [place, inner] = split(instance, size);
      return ask(places.at(state, place), inner, size);
    };
  const changeAt =
    (ask: (change: Change<P>, inner: number) => boolean) =>
    (change: Change<W>, instance: number): boolean => {
      const [place, inner] = split(instance, change.size);
      return ask(partOf(places, change, place), inner);
    };
  return {
    ...property,
    instances: (size) => places.count(size) * property.instances(size),
    starts: stateAt(property.starts),
    bound: stateAt(property.bound),
    done: stateAt(property.done),
    counts: changeAt(property.counts),
    assuming: changeAt(property.assuming),
  };
}
