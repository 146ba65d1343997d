/**
 * Checks data from outside (a file, a protocol, a test) against shapes. Hostile input is safe: the
 * shape leads, so neither depth nor length of the data matter, and the number of problems is bounded.
 */
import type { AnyCommand } from './command.ts';
import type { Machine } from './machine.ts';
import { isReduced } from './rational.ts';
import { names, resolve, type Scope, type Sizes } from './scope.ts';
import type {
  ArgumentShape,
  ArrayShape,
  ListShape,
  RationalShape,
  StateShape,
  SubsetShape,
} from './shape.ts';

/** One thing that is wrong with a value, and where: `host.frames[2].refs`, `= 9 is outside 0..4`. */
export interface Problem {
  readonly path: string;
  readonly problem: string;
  /** The value would fit a larger scope: a number over its bound, an id outside, a list too long. */
  readonly bound?: true;
}

/** No more problems than these are collected. */
export const problemsMax = 100;

/** What is wrong with `value` as a state of this shape; empty when nothing is. */
export function problems(shape: StateShape, sizes: Sizes, value: unknown): readonly Problem[] {
  const report = new Report();
  checkPlace(shape, sizes, value, '', report);
  return report.found;
}

/** What is wrong with `data` as a call of this machine in a scope; empty when nothing is. */
export function problemsOfCall<S>(
  machine: Machine<S>,
  scope: Scope,
  data: unknown,
): readonly Problem[] {
  const report = new Report();
  const call = fieldsOf(data, ['kind', 'args'], '', report);
  if (call === undefined) return report.found;
  const { kind } = call;
  const command = commandOf(machine as Machine, scope, kind);
  if (command === undefined) {
    report.add('kind', `is ${show(kind)}, which is no command of scope '${scope.name}'`);
    return report.found;
  }
  const args = fieldsOf(call.args, Object.keys(command.args), 'args', report);
  if (args === undefined) return report.found;
  for (const [name, shape] of Object.entries(command.args)) {
    if (Object.hasOwn(args, name)) {
      checkArgument(shape, scope.sizes, args[name], `args.${name}`, report);
    }
  }
  return report.found;
}

function commandOf(machine: Machine, scope: Scope, kind: unknown): AnyCommand | undefined {
  if (typeof kind !== 'string' || !Object.hasOwn(machine.commands, kind)) return undefined;
  if (!names(scope.commands, kind)) return undefined;
  return machine.commands[kind];
}

class Report {
  readonly found: Problem[] = [];
  get full(): boolean {
    return this.found.length >= problemsMax;
  }
  add(path: string, problem: string): void {
    if (!this.full) this.found.push({ path: path === '' ? 'the whole' : path, problem });
  }
  addBound(path: string, problem: string): void {
    if (!this.full) this.found.push({ path, problem, bound: true });
  }
}

/** A value in a few characters, whatever it is. */
function show(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  return String(value).slice(0, 40);
}
function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The object at a path, if it is one; reports fields that it should not have or lacks. */
function fieldsOf(
  value: unknown,
  names: readonly string[],
  path: string,
  report: Report,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.add(path, `is ${show(value)}, not an object`);
    return undefined;
  }
  for (const name of names) {
    if (!Object.hasOwn(value, name)) report.add(join(path, name), 'is missing');
  }
  for (const name of Object.keys(value)) {
    if (report.full) break;
    if (!names.includes(name)) report.add(path, `has an unknown field ${show(name)}`);
  }
  // Only own fields that a shape names are read from here on.
  return value as Readonly<Record<string, unknown>>;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function checkPlace(
  shape: StateShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  if (report.full) return;
  if (shape.form === 'record') {
    const fields = fieldsOf(value, Object.keys(shape.fields), path, report);
    if (fields === undefined) return;
    for (const [name, field] of Object.entries(shape.fields)) {
      if (Object.hasOwn(fields, name)) {
        checkPlace(field, sizes, fields[name], join(path, name), report);
      }
    }
  } else if (shape.form === 'array') checkArray(shape, sizes, value, path, report);
  else if (shape.form === 'list') checkList(shape, sizes, value, path, report);
  else checkValue(shape, sizes, value, path, report);
}

function checkArray(
  { index, of }: ArrayShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  const size = resolve(index.name, sizes);
  const length = { min: size, max: size, wanted: `elements, not ${size} (${index.name})` };
  checkElements(value, length, path, report, (element, at) => {
    checkPlace(of, sizes, element, at, report);
  });
}

function checkList(
  shape: ListShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  const max = resolve(shape.bound, sizes);
  const length = { min: 0, max, wanted: `elements, more than ${max}` };
  checkElements(value, length, path, report, (element, at) => {
    checkValue(shape.of, sizes, element, at, report);
  });
}

/** How many elements there may be, and what is said of any other number. */
interface Length {
  readonly min: number;
  readonly max: number;
  readonly wanted: string;
}

/** Of an array that is too long, only as many elements are looked at as there may be. */
function checkElements(
  value: unknown,
  { min, max, wanted }: Length,
  path: string,
  report: Report,
  check: (element: unknown, path: string) => void,
): void {
  if (!Array.isArray(value)) {
    report.add(path, `is ${show(value)}, not an array`);
    return;
  }
  if (value.length < min || value.length > max) {
    report.addBound(path, `has ${value.length} ${wanted}`);
  }
  for (let i = 0; i < Math.min(max, value.length) && !report.full; i++) {
    check(value[i], `${path}[${i}]`);
  }
}

function checkArgument(
  shape: ArgumentShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  if (shape.form === 'subset') checkSubset(shape, sizes, value, path, report);
  else checkValue(shape, sizes, value, path, report);
}

function checkSubset(
  { index, min, max: bound }: SubsetShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  const max = resolve(bound, sizes);
  const last = resolve(index.name, sizes) - 1;
  let before = Number.NEGATIVE_INFINITY;
  checkElements(
    value,
    { min, max, wanted: `members, not ${min}..${max}` },
    path,
    report,
    (element, at) => {
      checkInt(0, last, element, at, report);
      if (typeof element !== 'number') return;
      if (element <= before) report.add(at, 'is not above the one before: members ascend');
      before = element;
    },
  );
}

type ValueShape = Exclude<StateShape, { form: 'record' | 'array' | 'list' }>;

function checkValue(
  shape: ValueShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  switch (shape.form) {
    case 'bool':
      if (typeof value !== 'boolean') report.add(path, `is ${show(value)}, not true or false`);
      return;
    case 'int':
      checkInt(shape.min, resolve(shape.max, sizes), value, path, report);
      return;
    case 'ref':
      checkInt(0, resolve(shape.index.name, sizes) - 1, value, path, report);
      return;
    case 'enum':
      if (!shape.values.includes(value as string)) {
        report.add(path, `is ${show(value)}, not one of ${shape.values.join(', ')}`);
      }
      return;
    case 'option':
      if (value !== null) checkValue(shape.of, sizes, value, path, report);
      return;
    case 'variant':
      checkVariant(shape.cases, sizes, value, path, report);
      return;
    case 'rational':
      checkRational(shape, sizes, value, path, report);
      return;
  }
}

function checkInt(min: number, max: number, value: unknown, path: string, report: Report): void {
  if (!Number.isSafeInteger(value)) {
    report.add(path, `is ${show(value)}, not an integer`);
  } else if ((value as number) < min || (value as number) > max) {
    report.addBound(path, `= ${value} is outside ${min}..${max}`);
  }
}

function checkRational(
  { most: bound, denominator }: RationalShape,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  const found = fieldsOf(value, ['n', 'd'], path, report);
  if (found === undefined || !Object.hasOwn(found, 'n') || !Object.hasOwn(found, 'd')) return;
  const { n, d } = found as { readonly n: number; readonly d: number };
  if (!Number.isSafeInteger(n) || !Number.isSafeInteger(d) || d < 1) {
    report.add(path, `is ${show(n)}/${show(d)}, not a fraction of integers`);
    return;
  }
  const most = resolve(bound, sizes);
  if (!isReduced({ n, d })) report.add(path, `is ${n}/${d}, not in lowest terms`);
  else if (Math.abs(n) > most * d)
    report.addBound(path, `= ${n}/${d} is outside -${most}..${most}`);
  else if (d > resolve(denominator, sizes)) {
    report.addBound(path, `= ${n}/${d} has a denominator above ${resolve(denominator, sizes)}`);
  }
}

function checkVariant(
  cases: Readonly<Record<string, Readonly<Record<string, ValueShape>>>>,
  sizes: Sizes,
  value: unknown,
  path: string,
  report: Report,
): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report.add(path, `is ${show(value)}, not an object`);
    return;
  }
  const kind = Object.hasOwn(value, 'kind') ? (value as { kind: unknown }).kind : undefined;
  const fields = typeof kind === 'string' && Object.hasOwn(cases, kind) ? cases[kind] : undefined;
  if (fields === undefined) {
    const known = Object.keys(cases).join(', ');
    report.add(join(path, 'kind'), `is ${show(kind)}, not one of ${known}`);
    return;
  }
  const found = fieldsOf(value, ['kind', ...Object.keys(fields)], path, report);
  if (found === undefined) return;
  for (const [name, field] of Object.entries(fields)) {
    if (Object.hasOwn(found, name)) {
      checkValue(field, sizes, found[name], join(path, name), report);
    }
  }
}
