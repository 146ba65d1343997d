/** What a command works on: a machine, maybe with a seeded bug, in a scope, under some properties. */
import { sharedPages, sharedPagesProperties } from '../examples/index.ts';
import { type VmmFault, vmmFaults } from '../faults/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import type { Machine, Property, Scope } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { BadInput, type InputProblem } from './exit.ts';
import type { SubjectFlags } from './flags.ts';

export interface Subject {
  readonly machine: Machine;
  /** The seeded bug that the machine has. */
  readonly fault: VmmFault | undefined;
  /** Undefined where the command has scopes of its own. */
  readonly scope: Scope | undefined;
  readonly properties: readonly Property<never>[];
  /** The file that the machine is from, where it is not of the package. */
  readonly file?: string;
}

/** A subject in one scope. */
export interface ScopedSubject extends Subject {
  readonly scope: Scope;
}

/** The VMM, whole. */
const vmmSubject: Subject = {
  machine: vmmMachine as Machine,
  fault: undefined,
  scope: undefined,
  properties: vmmProperties,
};

/** The reference model, by which checkers are compared. */
export const sharedPagesSubject: ScopedSubject = {
  machine: sharedPages as Machine,
  fault: undefined,
  scope: sharedPages.scopes.large,
  properties: sharedPagesProperties,
};

/** The VMM as the flags ask for it. Throws everything that is wrong with the ids. */
export function subjectOf(flags: SubjectFlags): Subject {
  const problems: InputProblem[] = [];
  const { fault: id } = flags;
  const fault =
    id === undefined ? undefined : found('--fault', id, vmmFaults, (each) => each.id, problems);
  const narrowed = narrow(vmmSubject, flags, problems);
  if (problems.length > 0) throw new BadInput(problems);
  return fault === undefined ? narrowed : { ...narrowed, fault, machine: faulted(fault) };
}

/** A subject in the scope and under the properties that the flags name; adds what is wrong. */
export function narrow(
  subject: Subject,
  { scope, property }: Pick<SubjectFlags, 'scope' | 'property'>,
  problems: InputProblem[],
): Subject {
  const scopes = Object.values(subject.machine.scopes);
  const named =
    scope === undefined
      ? subject.scope
      : found('--scope', scope, scopes, ({ name }) => name, problems);
  const properties = property?.flatMap((each) => {
    return found('--property', each, subject.properties, ({ id }) => id, problems) ?? [];
  });
  return { ...subject, scope: named, properties: properties ?? subject.properties };
}

/** The machine as files name it: with the seeded bug that it has. */
function faulted(fault: VmmFault): Machine {
  return { ...fault.apply(vmmMachine), name: `${vmmMachine.name}+${fault.id}` } as Machine;
}

/** The subject of the package whose machine has a name. */
export function subjectNamed(name: string): Subject | undefined {
  if (name === vmmMachine.name) return vmmSubject;
  if (name === sharedPages.name) return sharedPagesSubject;
  const fault = vmmFaults.find(({ id }) => name === `${vmmMachine.name}+${id}`);
  return fault === undefined ? undefined : subjectOf({ fault: fault.id });
}

/** The faults with these ids, all when absent. */
export function faultsOf(ids: readonly string[] | undefined): readonly VmmFault[] {
  if (ids === undefined) return vmmFaults;
  const known = vmmFaults.map(({ id }) => id);
  const problems = ids
    .filter((id) => !known.includes(id))
    .map((id) => unknown('--fault', id, known));
  if (problems.length > 0) throw new BadInput(problems);
  return vmmFaults.filter(({ id }) => ids.includes(id));
}

/** Which model the properties are of does not matter to what asks them. */
export const allProperties: readonly Property<never>[] = vmmProperties;

function found<T>(
  flag: string,
  id: string,
  all: readonly T[],
  idOf: (one: T) => string,
  problems: InputProblem[],
): T | undefined {
  const one = all.find((each) => idOf(each) === id);
  if (one === undefined) problems.push(unknown(flag, id, all.map(idOf)));
  return one;
}

function unknown(flag: string, id: string, known: readonly string[]): InputProblem {
  const near = known.filter((each) => likeness(each) === likeness(id));
  const hint = near.length === 0 ? listHint(flag, known) : `did you mean ${near.join(' or ')}?`;
  return { where: flag, problem: `there is no '${id}': ${hint}` };
}

/** Mistakes of case, of the family before the slash and of the dash are the usual ones. */
const likeness = (id: string): string =>
  id.toLowerCase().replace(/^.*\//, '').replace(/[-_ ]/g, '');

function listHint(flag: string, known: readonly string[]): string {
  if (known.length <= 12) return `one of ${known.join(', ')}`;
  const what = flag === '--property' ? 'properties' : `${flag.slice(2)}s`;
  return `see hypercheck list ${what}`;
}
