/** Copies of plain states, compiled from the shape. */
import type { PlaceShape, RecordShape, StateShape } from './shape.ts';

export interface Copier<S> {
  /** A copy that shares only values (which nobody changes inside). */
  copy(source: S): S;
  /** Makes `target` equal to `source`, in the objects that it has. */
  copyInto(target: S, source: S): void;
}

type Into = (target: never, source: never) => void;

export function copier<S>(shape: RecordShape<S>): Copier<S> {
  const into = intoPlace(shape) as (target: S, source: S) => void;
  return { copy: (source) => fresh(shape, source) as S, copyInto: into };
}

function isPlace(shape: StateShape): shape is PlaceShape {
  return shape.form === 'record' || shape.form === 'array' || shape.form === 'list';
}

function fresh(shape: StateShape, source: unknown): unknown {
  if (shape.form === 'record') {
    const from = source as Record<string, unknown>;
    const copy: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(shape.fields)) copy[name] = fresh(field, from[name]);
    return copy;
  }
  if (shape.form === 'array') {
    const of = shape.of;
    return (source as unknown[]).map((item) => fresh(of, item));
  }
  if (shape.form === 'list') return [...(source as unknown[])];
  return source;
}

function intoPlace(shape: PlaceShape): Into {
  if (shape.form === 'record') return intoRecord(shape);
  if (shape.form === 'list') return intoList as Into;
  if (isPlace(shape.of)) {
    const item = intoPlace(shape.of);
    return ((target: never[], source: never[]) => {
      for (let i = 0; i < source.length; i++) item(target[i] as never, source[i] as never);
    }) as Into;
  }
  return ((target: unknown[], source: unknown[]) => {
    for (let i = 0; i < source.length; i++) target[i] = source[i];
  }) as Into;
}

function intoList(target: unknown[], source: unknown[]): void {
  target.length = source.length;
  for (let i = 0; i < source.length; i++) target[i] = source[i];
}

function intoRecord(shape: RecordShape): Into {
  const values: string[] = [];
  const places: { readonly name: string; readonly into: Into }[] = [];
  for (const [name, field] of Object.entries(shape.fields)) {
    if (isPlace(field)) places.push({ name, into: intoPlace(field) });
    else values.push(name);
  }
  return ((target: Record<string, unknown>, source: Record<string, unknown>) => {
    for (const name of values) target[name] = source[name];
    for (const { name, into } of places) into(target[name] as never, source[name] as never);
  }) as Into;
}
