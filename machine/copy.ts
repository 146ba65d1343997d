/**
 * Copies of plain states, compiled from the shape.
 *
 * Fields are reached by name, and a JavaScript engine that meets many names at one place of the
 * program looks each up anew; that lookup is the whole cost. So a value is only written where it
 * differs, and a fresh record is spread, which takes its fields at once.
 */
import type { PlaceShape, RecordShape, StateShape } from './shape.ts';

export interface Copier<S> {
  /** A copy that shares only values (which nobody changes inside). */
  copy(source: S): S;
  /** Makes `target` equal to `source`, in the objects that it has. */
  copyInto(target: S, source: S): void;
}

type Fields = Record<string, unknown>;
interface PlaceCopier {
  fresh(source: unknown): unknown;
  into(target: unknown, source: unknown): void;
}

export function copier<S>(shape: RecordShape<S>): Copier<S> {
  const { fresh, into } = copierOf(shape);
  return { copy: (source) => fresh(source) as S, copyInto: into };
}

export function isPlace(shape: StateShape): shape is PlaceShape {
  return shape.form === 'record' || shape.form === 'array' || shape.form === 'list';
}

function copierOf(shape: PlaceShape): PlaceCopier {
  if (shape.form === 'record') return records(shape);
  if (shape.form === 'array' && isPlace(shape.of)) return rows(copierOf(shape.of));
  return values;
}

/** Tables of values, and lists. */
const values: PlaceCopier = {
  fresh: (source) => (source as unknown[]).slice(),
  into(target, source) {
    const to = target as unknown[];
    const from = source as unknown[];
    if (to.length !== from.length) to.length = from.length;
    for (let i = 0; i < from.length; i++) to[i] = from[i];
  },
};

function rows(of: PlaceCopier): PlaceCopier {
  return {
    fresh: (source) => (source as unknown[]).map(of.fresh),
    into(target, source) {
      const to = target as unknown[];
      const from = source as unknown[];
      for (let i = 0; i < from.length; i++) of.into(to[i], from[i]);
    },
  };
}

function records(shape: RecordShape): PlaceCopier {
  const names: string[] = [];
  const places: string[] = [];
  const copiers: PlaceCopier[] = [];
  for (const [name, field] of Object.entries(shape.fields)) {
    if (!isPlace(field)) names.push(name);
    else {
      places.push(name);
      copiers.push(copierOf(field));
    }
  }
  return {
    fresh(source) {
      const copy: Fields = { ...(source as Fields) };
      for (let i = 0; i < places.length; i++) {
        const name = places[i] as string;
        copy[name] = (copiers[i] as PlaceCopier).fresh(copy[name]);
      }
      return copy;
    },
    into(target, source) {
      const to = target as Fields;
      const from = source as Fields;
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        const value = from[name];
        if (to[name] !== value) to[name] = value;
      }
      for (let i = 0; i < places.length; i++) {
        const name = places[i] as string;
        (copiers[i] as PlaceCopier).into(to[name], from[name]);
      }
    },
  };
}
