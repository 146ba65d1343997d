/** What `check` explores, and `drive` holds a system against: a scope of the VMM, the reference model, or a machine of the user's own. */
import { initialState, type Machine, packed, problems, type Scope } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { BadInput, badInput, type InputProblem } from './exit.ts';
import type { CheckFlags } from './flags.ts';
import { subjectOfFile } from './machine-file.ts';
import {
  narrow,
  type ScopedSubject,
  type Subject,
  sharedPagesSubject,
  subjectOf,
} from './subject.ts';

type TargetFlags = Pick<CheckFlags, 'fault' | 'property' | 'scope' | 'set'>;

/** Throws everything that is wrong with the target and the flags that change it. */
export async function targetOf(target: string, flags: TargetFlags): Promise<ScopedSubject> {
  const subject = await subjectNamedBy(target, flags);
  const { scope } = subject;
  if (scope === undefined) throw new Error(`'${target}' has no scope`);
  const wrong: InputProblem[] = [];
  const sized = resized(scope, flags.set, wrong);
  if (wrong.length > 0) throw new BadInput(wrong);
  wrong.push(...initialProblems(subject, sized));
  if (wrong.length > 0) throw new BadInput(wrong);
  return { ...subject, scope: sized };
}

const vmmScopes: readonly string[] = Object.values(vmmMachine.scopes).map(({ name }) => name);

async function subjectNamedBy(target: string, flags: TargetFlags): Promise<Subject> {
  if (vmmScopes.includes(target)) {
    if (flags.scope === undefined) return subjectOf({ ...flags, scope: target });
    throw badInput('--scope', `'${target}' is a scope already`);
  }
  const subject = await machineNamedBy(target);
  const wrong: InputProblem[] = [];
  if (flags.fault !== undefined) {
    wrong.push({ where: '--fault', problem: `${subject.machine.name} has no seeded bugs` });
  }
  const narrowed = narrow(subject, flags, wrong);
  if (wrong.length > 0) throw new BadInput(wrong);
  return narrowed;
}

function machineNamedBy(target: string): Subject | Promise<Subject> {
  if (target === sharedPagesSubject.machine.name) return sharedPagesSubject;
  if (/[./\\]/.test(target)) return subjectOfFile(target);
  throw badInput(
    target,
    'is no scope (see hypercheck list scopes), not shared-pages, and no machine file such as machine.mjs',
  );
}

/** The scope with some sizes changed; adds what is wrong with them. */
function resized(scope: Scope, set: CheckFlags['set'], wrong: InputProblem[]): Scope {
  const names = Object.keys(scope.sizes);
  for (const name of Object.keys(set)) {
    if (names.includes(name)) continue;
    const problem = `scope ${scope.name} has no size '${name}': one of ${names.join(', ')}`;
    wrong.push({ where: '--set', problem });
  }
  return { ...scope, sizes: { ...scope.sizes, ...set } };
}

/** What is wrong with the state in which a machine begins, or keeps it from being searched. */
function initialProblems({ machine, file }: Subject, scope: Scope): readonly InputProblem[] {
  const where = file ?? `scope ${scope.name}`;
  try {
    const initial = initialState(machine as Machine, scope.sizes);
    const wrong = problems(machine.shape, scope.sizes, initial);
    if (wrong.length === 0) packed(machine, scope);
    return wrong.map(({ path, problem }) => ({
      where: `${where} initial state`,
      problem: `${path} ${problem}`,
    }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [{ where, problem: `the machine cannot begin in this scope: ${message}` }];
  }
}
