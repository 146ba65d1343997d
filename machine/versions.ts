/**
 * A state that keeps its versions. Rules change it in place; after each step a version can be taken:
 * the state as it is then, as plain data that nobody changes any more. A version shares with the one
 * before every place in which nothing was assigned. So taking one costs what the step assigned, many
 * can be kept, and where two have the same object there is nothing to compare.
 *
 * Rules see an object for each place. Its setters copy the record of the last version before they
 * first change it, and the places around it (path copying). Tables and lists of values are arrays of
 * their own, compared with the last version if they were opened. All of this is generated as text,
 * once for each shape: a JavaScript engine optimises accessors only if they are functions of their own.
 */
import { isPlace } from './copy.ts';
import type { ArrayShape, PlaceShape, RecordShape, StateShape, View } from './shape.ts';

export interface Versions<S> {
  /** The state that rules change. */
  readonly state: S;
  /** Makes the state equal to another one, or to a version. */
  assign(other: View<S>): void;
  /** The state as it is now. */
  take(): View<S>;
}

export function versions<S>(shape: RecordShape<S>, initial: S): Versions<S> {
  let make = programs.get(shape);
  if (make === undefined) {
    make = new Function(textOf(shape))() as Make;
    programs.set(shape, make);
  }
  return make(initial) as Versions<S>;
}

type Make = (initial: unknown) => Versions<unknown>;
/** One program for all states of a shape, so that all versions are objects of one make. */
const programs = new WeakMap<RecordShape, Make>();

function textOf(shape: RecordShape): string {
  const classes = new Classes();
  const root = classes.record(shape, '');
  return `'use strict';
/** Rises when a version is taken: what was copied before belongs to that version. */
let era = 1;
/** Records with a table or list that was opened since, and the number of it. */
const opened = [], which = [];
let count = 0;
${classes.text.join('\n')}
return (initial) => {
  const root = new ${root}(initial, null, 0);
  const take = () => {
    for (let i = 0; i < count; i++) opened[i].$close(which[i]);
    count = 0;
    era++;
    return root.$now;
  };
  return { state: root, take, assign(other) { take(); root.$assign(other); } };
};`;
}

/** Tables and lists of values, and arrays of those. */
function isLeaf(shape: StateShape): boolean {
  return (
    shape.form === 'list' || (shape.form === 'array' && (!isPlace(shape.of) || isLeaf(shape.of)))
  );
}

/** A class for each record and each array of records of the shape. */
class Classes {
  readonly text: string[] = [];
  private count = 0;

  /** `link` puts a copied record, `now`, in the place of the old one. */
  record({ fields }: RecordShape, link: string): string {
    const name = `Record${this.count++}`;
    const made: string[] = [];
    const now: string[] = [];
    const members: string[] = [];
    const closing: string[] = [];
    for (const [field, shape] of Object.entries(fields)) {
      const key = JSON.stringify(field);
      const [at, own] = [`[${key}]`, `this[${JSON.stringify(`$of ${field}`)}]`];
      if (!isPlace(shape)) {
        now.push(`${key}: from${at}`);
        members.push(`get ${key}() { return this.$now${at}; }
  set ${key}(value) {
    if (this.$now${at} !== value) (this.$era === era ? this.$now : this.$fork())${at} = value;
  }`);
      } else if (isLeaf(shape)) {
        const { copy, same, fill } = this.leaf(shape);
        const openedAt = `this[${JSON.stringify(`$era of ${field}`)}]`;
        made.push(`${own} = ${copy}(from${at});`, `${openedAt} = 0;`);
        now.push(`${key}: ${copy}(from${at})`);
        members.push(`get ${key}() {
    if (${openedAt} !== era) {
      ${openedAt} = era;
      opened[count] = this;
      which[count++] = ${closing.length};
    }
    return ${own};
  }
  set ${key}(value) { if (value !== ${own}) ${fill}(this${at}, value); }`);
        closing.push(`if (!${same}(${own}, this.$now${at})) this.$own()${at} = ${copy}(${own});`);
      } else {
        const inner =
          shape.form === 'record'
            ? this.record(shape, `this.$up.$own()${at} = now;`)
            : this.rows(shape as ArrayShape, `this.$up.$own()${at} = now;`);
        made.push(`${own} = new ${inner}(from${at}, this, 0);`);
        now.push(`${key}: ${own}.$now`);
        members.push(`get ${key}() { return ${own}.$seen; }
  set ${key}(value) { ${own}.$assign(value); }`);
      }
    }
    const keys = Object.keys(fields).map((field) => JSON.stringify(field));
    this.text.push(`class ${name} {
  constructor(from, up, id) {
    this.$up = up;
    this.$id = id;
    this.$era = 0;
    this.$seen = this;
    ${made.join('\n    ')}
    this.$now = { ${now.join(', ')} };
  }
  ${members.join('\n  ')}
  $own() { return this.$era === era ? this.$now : this.$fork(); }
  $fork() {
    const old = this.$now;
    const now = { ${keys.map((key) => `${key}: old[${key}]`).join(', ')} };
    this.$era = era;
    this.$now = now;
    ${link}
    return now;
  }
  $assign(other) {
    if (other === this || other === this.$now) return;
    ${keys.map((key) => `this[${key}] = other[${key}];`).join('\n    ')}
  }
  $close(leaf) {
    switch (leaf) {
      ${closing.map((text, i) => `case ${i}: ${text} break;`).join('\n      ')}
    }
  }
}`);
    return name;
  }

  /** An array of records, or of arrays of them. */
  private rows({ of }: ArrayShape, link: string): string {
    const name = `Rows${this.count++}`;
    const put = 'this.$up.$own()[this.$id] = now;';
    const inner = of.form === 'record' ? this.record(of, put) : this.rows(of as ArrayShape, put);
    this.text.push(`class ${name} {
  constructor(from, up, id) {
    this.$up = up;
    this.$id = id;
    this.$era = 0;
    this.rows = Array.from(from, (row, i) => new ${inner}(row, this, i));
    this.$seen = this.rows.map((row) => row.$seen);
    this.$now = this.rows.map((row) => row.$now);
  }
  $own() { return this.$era === era ? this.$now : this.$fork(); }
  $fork() {
    const now = this.$now.slice();
    this.$era = era;
    this.$now = now;
    ${link}
    return now;
  }
  $assign(other) {
    if (other === this.$seen || other === this.$now) return;
    for (let i = 0; i < this.rows.length; i++) this.rows[i].$assign(other[i]);
  }
}`);
    return name;
  }

  private readonly depths = new Set<number>();

  /** The names of the functions that copy, compare and fill arrays of so many dimensions. */
  private leaf(shape: PlaceShape): Record<'copy' | 'same' | 'fill', string> {
    const depth = dimensionsOf(shape);
    for (let d = 1; d <= depth; d++) {
      if (this.depths.has(d)) continue;
      this.depths.add(d);
      const [copied, differ, filled] =
        d === 1
          ? ['from.slice()', 'a[i] !== b[i]', 'to[i] = from[i]']
          : [`from.map(copy${d - 1})`, `!same${d - 1}(a[i], b[i])`, `fill${d - 1}(to[i], from[i])`];
      this.text.push(`function copy${d}(from) {
  return ${copied};
}
function same${d}(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (${differ}) return false;
  return true;
}
function fill${d}(to, from) {
  ${d === 1 ? 'to.length = from.length;' : ''}
  for (let i = 0; i < from.length; i++) ${filled};
}`);
    }
    return { copy: `copy${depth}`, same: `same${depth}`, fill: `fill${depth}` };
  }
}

const dimensionsOf = (shape: StateShape): number =>
  shape.form === 'list' ? 1 : shape.form === 'array' ? 1 + dimensionsOf(shape.of) : 0;
