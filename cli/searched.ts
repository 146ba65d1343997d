/** What a search of `check` is of, in the thread that leads it and in those that take part. */
import { type BreadthFirstOptions, type SelfTest, selfTest } from '../checker/index.ts';
import { askedIn } from '../generators/index.ts';
import { isLiveness, type Machine, type Property, packed, type Scope } from '../machine/index.ts';
import { badInput } from './exit.ts';
import type { CheckFlags } from './flags.ts';
import type { ScopedSubject } from './subject.ts';
import { targetOf } from './target.ts';

/** What was asked for on the command line: all that a thread is told. */
export interface Asked {
  readonly target: string;
  readonly flags: CheckFlags;
}

/** The machine, the scope and the options, as `check` has them too. A thread calls it by name. */
export async function searched({ target, flags }: Asked): Promise<{
  readonly machine: Machine;
  readonly scope: Scope;
  readonly options: BreadthFirstOptions<unknown>;
}> {
  const subject = await targetOf(target, flags);
  const { machine, scope } = subject;
  const properties = subject.properties.filter((each) => isAsked(each, scope, flags));
  const symmetry = flags.symmetry ? tested({ ...subject, properties }) : undefined;
  return { machine, scope, options: breadthFirstOptionsOf(properties, flags, symmetry) };
}

export function breadthFirstOptionsOf(
  properties: readonly Property<never>[],
  { mode, sleepSets, maxStates, maxDepth }: CheckFlags,
  symmetry: SelfTest | undefined,
): BreadthFirstOptions<unknown> {
  return {
    properties,
    mode,
    sleepSets,
    ...(maxStates === undefined ? {} : { maxStates }),
    ...(maxDepth === undefined ? {} : { maxDepth }),
    ...(symmetry === undefined ? {} : { symmetry: symmetry.symmetry }),
  };
}

/**
 * Whether a search can ask a property: it sees no refusals. A reduced search sees states alone; of a
 * property that was named, the search itself says why it cannot be asked.
 */
export function isAsked(property: Property<never>, scope: Scope, flags: CheckFlags): boolean {
  const { kind } = property;
  if (flags.property === undefined && !askedIn(property, scope)) return false;
  if (kind === 'sometimes' && !('reached' in property)) return false;
  if (kind === 'invariant' || flags.property !== undefined) return true;
  const ofSeveral = isLiveness(property) || kind === 'two-run';
  if (ofSeveral && flags.strategy === 'random') return false;
  return !flags.sleepSets && (!flags.symmetry || kind === 'sometimes');
}

/** States on which a symmetry is tried before it is used. */
const symmetrySamples = 400;

/** The symmetry of a machine, tested with the same states each time. */
export function tested({ machine, scope, properties }: ScopedSubject): SelfTest {
  const { layout } = packed(machine, scope);
  try {
    return selfTest(machine, scope, layout, { seed: 1, samples: symmetrySamples, properties });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw badInput(
      '--symmetry',
      `a rule threw while it was tested (${message}): check without it to see where`,
    );
  }
}
