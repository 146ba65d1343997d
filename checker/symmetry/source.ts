/**
 * The program of a symmetry, written out for one layout: what a state says about each member, and the
 * state with its members renamed. Generated as text, like the program of the packed host and for the
 * same reason: a loop over a table of cells takes several times as long.
 *
 * Names in the text: `W` the bytes of the state, `O` those of the renamed one, `D` the new id of each
 * member, `B` what is said about each member alone, `L` what is said about several together.
 */
import type { Cells, PlainCell, ReferenceCase, ReferenceCell, Step } from './cells.ts';
import { readText } from './cells.ts';

export interface Program {
  /**
   * Adds what the state says about each member to `B`, and writes its links to `L`: a label, how many
   * members, and the members. Returns where they end.
   */
  scan(): number;
  /** Writes the state whose members have the ids in `D` to `O`. */
  move(): void;
}
export interface Environment {
  readonly W: Uint8Array;
  readonly O: Uint8Array;
  readonly B: Int32Array;
  readonly D: Int32Array;
  readonly L: Int32Array;
}

export function programOf(cells: Cells, environment: Environment): Program {
  const scans = [...cells.plain.map(scanPlain), ...cells.references.map(scanReference)];
  const moves = [...groupsOf(cells)].map(moveGroup);
  const text = `'use strict';
const { W, O, B, D, L } = E;
${functions('scan', 'e', scans)}
${functions('move', '', moves)}`;
  return new Function('E', `${text}\nreturn { scan: () => scan(0), move };`)(
    environment,
  ) as Program;
}

/** The most numbers that the links of a state may take. */
export function linksMost({ plain, references }: Cells): number {
  const longest = ({ cases }: ReferenceCell): number =>
    Math.max(...cases.map(({ about }) => about.length));
  return [...plain.map(({ about }) => about.length), ...references.map(longest)].reduce(
    (most, members) => most + 2 + members,
    0,
  );
}

/** Few statements a function: a JavaScript engine does not optimise very long ones. */
const statementsMost = 200;

/** The statements in one or more functions, which take and return the given variable. */
function functions(name: string, variable: string, statements: readonly string[]): string {
  const parts: string[] = [];
  for (let i = 0; i < statements.length; i += statementsMost) {
    parts.push(`function ${name}${parts.length}(${variable}) {
  let n = 0, x = 0;
  ${statements.slice(i, i + statementsMost).join('\n  ')}
  return ${variable || 'x'};
}`);
  }
  const calls = parts.map((_, i) => `${variable && `${variable} = `}${name}${i}(${variable});`);
  return `${parts.join('\n')}
function ${name}(${variable}) {
  ${calls.join(' ')}
  ${variable && `return ${variable};`}
}`;
}

function scanPlain(cell: PlainCell): string {
  const { about, label } = cell;
  const text = readText(cell);
  if (about.length === 0) return '';
  if (about.length === 1) return tell(about[0] as string, `Math.imul(${text}, ${code(label)})`);
  return `n = ${text}; if (n !== 0) { ${link(`Math.imul(n, ${code(label)})`, about)} }`;
}

function scanReference(cell: ReferenceCell): string {
  const { cases, label, used } = cell;
  const branches = cases.map(({ end, targets, about }, i) => {
    const refers = targets.length > 0;
    // The number with every reference at its least id; a reference always says something.
    const rest = ['n', ...targets.map(({ id, weight }) => ` - ${id} * ${weight}`)].join('');
    const says = refers
      ? `Math.imul(${rest} + 1, ${code(`${label} ${i}`)})`
      : `Math.imul(n, ${code(label)})`;
    let text = '';
    if (about.length === 1) text = tell(about[0] as string, says);
    if (about.length > 1)
      text = refers ? link(says, about) : `if (n !== 0) { ${link(says, about)} }`;
    return `if (n < ${end}) { ${text} }`;
  });
  const all = `n = ${readText(cell)}; ${branches.join(' else ')}`;
  return used === null ? all : `if (${used}) { ${all} }`;
}

const tell = (member: string, says: string): string =>
  `x = ${member}; B[x] = (B[x] + ${says}) | 0;`;

const link = (label: string, members: readonly string[]): string => {
  const each = members.map((member, i) => `L[e + ${i + 2}] = ${member};`).join(' ');
  return `L[e] = ${label}; L[e + 1] = ${members.length}; ${each} e += ${members.length + 2};`;
};

interface Group {
  readonly steps: readonly Step[];
  readonly plain: PlainCell[];
  readonly references: ReferenceCell[];
}

/** Cells that lie in the same elements. */
function groupsOf({ plain, references }: Cells): Iterable<Group> {
  const groups = new Map<string, Group>();
  const groupOf = ({ steps }: { readonly steps: readonly Step[] }): Group => {
    const key = steps.map(({ member, stride }) => `${member} ${stride}`).join();
    const known = groups.get(key) ?? { steps, plain: [], references: [] };
    groups.set(key, known);
    return known;
  };
  for (const cell of plain) groupOf(cell).plain.push(cell);
  for (const cell of references) groupOf(cell).references.push(cell);
  return groups.values();
}

function moveGroup({ steps, plain, references }: Group): string {
  const shift = steps.map(({ member, id, stride }) => ` + (D[${member}] - ${id}) * ${stride}`);
  const to = (offset: number): string => `O[x + ${offset}]`;
  const lines = [`x = 0${shift.join('')};`];
  for (const { offset, width } of plain) {
    for (let i = offset; i < offset + width; i++) lines.push(`${to(i)} = W[${i}];`);
  }
  for (const cell of references) {
    const { offset, width, cases, used } = cell;
    const branches = cases.map((each) => `if (n < ${each.end}) { ${rename(each)} }`);
    const all = branches.join(' else ');
    lines.push(`n = ${readText(cell)}; ${used === null ? all : `if (${used}) { ${all} }`}`);
    for (let i = 0; i < width; i++) lines.push(`${to(offset + i)} = n >> ${8 * i};`);
  }
  return lines.join('\n  ');
}

/** Every id is read before the number changes. */
function rename({ targets }: ReferenceCase): string {
  if (targets.length === 0) return '';
  const changes = targets.map(({ member, id, weight }) => `(D[${member}] - ${id}) * ${weight}`);
  return `n += ${changes.join(' + ')};`;
}

/** An odd number for a text, the same always: FNV-1a, mixed. */
export function code(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash) | 1;
}

/** Spreads every bit over all: the finaliser of MurmurHash3. */
export function mix(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
