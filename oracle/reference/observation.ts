/**
 * Observations: a part of the state as a system shows it, held against a state of the model.
 *
 * An observation has the form of the state with anything left out: any fields of a record, any
 * fields of a variant besides its `kind`, and any elements of an array, which is then given as an
 * object by id (`{ "2": .. }`). Ghosts and history are no part of a system: they are passed over.
 */
import {
  type ArrayShape,
  type Problem,
  printValue,
  problems,
  type Rational,
  type RecordShape,
  resolve,
  type Sizes,
  type StateShape,
  type VariantShape,
} from '../../machine/index.ts';
import { isObject, own } from './form.ts';
import { type Disagreement, show } from './reply.ts';

type Fields = Readonly<Record<string, unknown>>;

/** No more of what is wrong, or differs, is collected. */
const foundMax = 20;

/** What is wrong with `data` as an observation; with `full`, that something is left out, too. */
export function problemsOfObservation(
  shape: StateShape,
  sizes: Sizes,
  data: unknown,
  full: boolean,
): readonly Problem[] {
  const found: Problem[] = [];
  checkPart({ sizes, full, found }, shape, data, '');
  return found.slice(0, foundMax);
}

interface Check {
  readonly sizes: Sizes;
  readonly full: boolean;
  readonly found: Problem[];
}

function checkPart(check: Check, shape: StateShape, data: unknown, path: string): void {
  const { found, sizes } = check;
  if (found.length >= foundMax || shape.marker !== undefined) return;
  if (shape.form === 'record') checkFields(check, shape.fields, data, path);
  else if (shape.form === 'variant') checkVariant(check, shape, data, path);
  else if (shape.form === 'array') {
    const size = resolve(shape.index.name, sizes);
    checkElements(check, data, size, path, (element, at) => {
      checkPart(check, shape.of, element, at);
    });
  } else {
    for (const { path: inner, problem } of problems(shape, sizes, data)) {
      found.push({ path: inner === 'the whole' ? named(path) : `${path}${inner}`, problem });
    }
  }
}

function checkFields(
  check: Check,
  fields: Readonly<Record<string, StateShape>>,
  data: unknown,
  path: string,
): void {
  const { found, full } = check;
  if (!isObject(data)) {
    found.push({ path: named(path), problem: `is ${show(data)}, not an object` });
    return;
  }
  for (const name of Object.keys(data)) {
    if (found.length >= foundMax) return;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field !== undefined) checkPart(check, field, data[name], join(path, name));
    else found.push({ path: named(path), problem: `has an unknown field ${show(name)}` });
  }
  if (!full) return;
  for (const [name, { marker }] of Object.entries(fields)) {
    if (marker !== undefined || Object.hasOwn(data, name)) continue;
    found.push({ path: join(path, name), problem: 'is missing, and all is compared' });
  }
}

function checkVariant(check: Check, { cases }: VariantShape, data: unknown, path: string): void {
  const kind = isObject(data) ? own(data, 'kind') : undefined;
  const fields = typeof kind === 'string' && Object.hasOwn(cases, kind) ? cases[kind] : undefined;
  if (!isObject(data) || fields === undefined) {
    const known = Object.keys(cases).join(', ');
    const problem = `is ${show(isObject(data) ? kind : data)}, not one of ${known}`;
    check.found.push({ path: join(path, 'kind'), problem });
    return;
  }
  const { kind: _, ...rest } = data;
  checkFields(check, fields, rest, path);
}

function checkElements(
  { found, full }: Check,
  data: unknown,
  size: number,
  path: string,
  each: (element: unknown, path: string) => void,
): void {
  if (Array.isArray(data)) {
    if (data.length !== size) {
      found.push({ path: named(path), problem: `has ${data.length} elements, not ${size}` });
      return;
    }
    data.forEach((element, i) => {
      each(element, `${path}[${i}]`);
    });
    return;
  }
  if (!isObject(data)) {
    found.push({ path: named(path), problem: `is ${show(data)}, not an array` });
    return;
  }
  const ids = Object.keys(data);
  if (full && ids.length < size) {
    found.push({ path: named(path), problem: `has ${ids.length} elements, not ${size}` });
  }
  for (const id of ids) {
    if (found.length >= foundMax) return;
    if (/^(0|[1-9]\d{0,8})$/.test(id) && Number(id) < size)
      each(data[id], `${path}[${Number(id)}]`);
    else found.push({ path: named(path), problem: `has no element ${show(id)}: 0..${size - 1}` });
  }
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const named = (path: string): string => (path === '' ? 'the observation' : path);

/** Whether a state is what was observed; false for what is no observation, too. */
export type Agreement = (state: unknown, observed: unknown) => boolean;

/** One for each shape: most observations agree, and those need no list of what does not. */
export function agreement(shape: StateShape, sizes: Sizes, full: boolean): Agreement {
  if (shape.marker !== undefined) return () => true;
  switch (shape.form) {
    case 'record':
      return recordAgreement(shape, sizes, full);
    case 'array':
      return arrayAgreement(shape, sizes, full);
    case 'variant':
      return (state, observed) => {
        if (!isObject(observed) || !Object.hasOwn(observed, 'kind')) return false;
        const from = state as Fields;
        for (const name in observed) if (from[name] !== observed[name]) return false;
        return !full || Object.keys(observed).length === Object.keys(from).length;
      };
    case 'list':
      return (state, observed) => Array.isArray(observed) && sameList(state, observed);
    case 'rational':
      return (state, observed) => isObject(observed) && sameFraction(state, observed);
    default:
      return (state, observed) => state === observed;
  }
}

function recordAgreement({ fields }: RecordShape, sizes: Sizes, full: boolean): Agreement {
  const of = new Map(
    Object.entries(fields).map(([name, field]) => [name, agreement(field, sizes, full)]),
  );
  const all = Object.values(fields).filter(({ marker }) => marker === undefined).length;
  return (state, observed) => {
    if (!isObject(observed)) return false;
    let seen = 0;
    for (const name in observed) {
      const agrees = of.get(name);
      if (agrees === undefined || !agrees((state as Fields)[name], observed[name])) return false;
      seen++;
    }
    return !full || seen >= all;
  };
}

function arrayAgreement({ index, of }: ArrayShape, sizes: Sizes, full: boolean): Agreement {
  const agrees = agreement(of, sizes, full);
  const size = resolve(index.name, sizes);
  return (state, observed) => {
    const elements = state as readonly unknown[];
    if (Array.isArray(observed)) {
      if (observed.length !== size) return false;
      for (let i = 0; i < size; i++) if (!agrees(elements[i], observed[i])) return false;
      return true;
    }
    // Given by id, or no array at all: the list of what is wrong says so.
    if (!isObject(observed) || full) return false;
    for (const id in observed) {
      const at = Number(id);
      if (!(at >= 0 && at < size) || String(at) !== id || !agrees(elements[at], observed[id]))
        return false;
    }
    return true;
  };
}

/** Where a state differs from a well-formed observation; not more than so many places. */
export function disagreements(
  shape: StateShape,
  state: unknown,
  observed: unknown,
): readonly Disagreement[] {
  const found: Disagreement[] = [];
  compare(shape, state, observed, '', found);
  return found;
}

function compare(
  shape: StateShape,
  state: unknown,
  observed: unknown,
  path: string,
  found: Disagreement[],
): void {
  if (found.length >= foundMax || shape.marker !== undefined) return;
  if (shape.form === 'record') {
    const from = observed as Fields;
    for (const name of Object.keys(from)) {
      const field = shape.fields[name] as StateShape;
      compare(field, (state as Fields)[name], from[name], join(path, name), found);
    }
    return;
  }
  if (shape.form === 'array') {
    const elements = state as readonly unknown[];
    for (const id of Object.keys(observed as object)) {
      const at = Number(id);
      const element = (observed as Fields)[id];
      compare(shape.of, elements[at], element, `${path}[${at}]`, found);
    }
    return;
  }
  if (shape.form === 'variant') {
    compareVariant(shape, state as Fields, observed as Fields, path, found);
    return;
  }
  if (sameValue(shape, state, observed)) return;
  found.push({
    path,
    allowed: printValue(shape, state),
    observed: printValue(shape, observed),
  });
}

/** Of a case, the fields that were given are compared. */
function compareVariant(
  { cases }: VariantShape,
  state: Fields,
  observed: Fields,
  path: string,
  found: Disagreement[],
): void {
  if (Object.keys(observed).every((name) => state[name] === observed[name])) return;
  const print = (value: Fields): string => {
    const fields = cases[String(value.kind)] ?? {};
    const given = Object.entries(fields).filter(([name]) => Object.hasOwn(value, name));
    const inside = given.map(([name, field]) => `${name} ${printValue(field, value[name])}`);
    return inside.length === 0 ? String(value.kind) : `${value.kind}(${inside.join(', ')})`;
  };
  found.push({ path, allowed: print(state), observed: print(observed) });
}

function sameValue({ form }: StateShape, state: unknown, observed: unknown): boolean {
  if (form === 'list') return sameList(state, observed);
  return form === 'rational' ? sameFraction(state, observed) : state === observed;
}

/** Both are in lowest terms. */
function sameFraction(state: unknown, observed: unknown): boolean {
  const [a, b] = [state as Rational, observed as Rational];
  return a.n === b.n && a.d === b.d;
}

function sameList(state: unknown, observed: unknown): boolean {
  const [a, b] = [state as readonly unknown[], observed as readonly unknown[]];
  return a.length === b.length && a.every((each, i) => each === b[i]);
}
