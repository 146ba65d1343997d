/** What a command works on: the model or a faulted one, in a scope, under some properties. */
import { type VmmFault, type VmmMachine, vmmFaults } from '../faults/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import type { Property, Scope } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { BadInput, type InputProblem } from './exit.ts';
import type { SubjectFlags } from './flags.ts';

/** The machine as files name it: with the seeded bug that it has. */
function faulted(fault: VmmFault): VmmMachine {
  return { ...fault.apply(vmmMachine), name: `${vmmMachine.name}+${fault.id}` };
}

export interface Subject {
  readonly machine: VmmMachine;
  /** The seeded bug that the machine has. */
  readonly fault: VmmFault | undefined;
  /** Undefined where the command has scopes of its own. */
  readonly scope: Scope | undefined;
  readonly properties: readonly Property<never>[];
}

/** Throws everything that is wrong with the ids. */
export function subjectOf({ fault, scope, property }: SubjectFlags): Subject {
  const problems: InputProblem[] = [];
  const find = <T>(flag: string, id: string, all: readonly T[], idOf: (one: T) => string) => {
    const found = all.find((one) => idOf(one) === id);
    if (found === undefined) problems.push(unknown(flag, id, all.map(idOf)));
    return found;
  };
  const foundFault =
    fault === undefined ? undefined : find('--fault', fault, vmmFaults, ({ id }) => id);
  const foundScope =
    scope === undefined
      ? undefined
      : find('--scope', scope, Object.values(vmmMachine.scopes), ({ name }) => name);
  const properties = property?.flatMap((each) => {
    return find('--property', each, allProperties, ({ id }) => id) ?? [];
  });
  if (problems.length > 0) throw new BadInput(problems);
  return {
    machine: foundFault === undefined ? vmmMachine : faulted(foundFault),
    fault: foundFault,
    scope: foundScope,
    properties: properties ?? allProperties,
  };
}

/** The subject that a file names; the model where it names none that is known. */
export function subjectNamed(name: unknown): Subject {
  const fault = vmmFaults.find(({ id }) => name === `${vmmMachine.name}+${id}`);
  return subjectOf(fault === undefined ? {} : { fault: fault.id });
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
