/** States made by hand: commands up to a point, and then one thing that is wrong. */
import { memoryProperties } from '../../invariants/index.ts';
import {
  type AnyEvent,
  type Change,
  copier,
  evaluation,
  inPlace,
  type Machine,
  type Property,
  type Violation,
} from '../../machine/index.ts';
import {
  type CheckedMemory,
  initialMemory,
  type Memory,
  type MemoryCall,
  type MemorySizes,
  memory,
  memoryCommands,
  memoryOperations,
  scopes,
} from '../../model/index.ts';

/** The memory of one host as a machine of its own. */
export const memoryMachine: Machine<Memory> = {
  name: 'memory',
  version: 1,
  shape: memory,
  commands: memoryCommands,
  operations: memoryOperations,
  initial: initialMemory,
  scopes,
};
const scope = scopes.fuzz;

type ArgumentsOf<K extends MemoryCall['kind']> = Extract<MemoryCall, { readonly kind: K }>['args'];
export type Step = MemoryCall & { readonly forced?: true };

/** A command by its name without the subsystem. */
export function call<K extends MemoryCall['kind'] extends `memory.${infer N}` ? N : never>(
  kind: K,
  args: ArgumentsOf<`memory.${K}`>,
): Step {
  return { kind: `memory.${kind}`, args } as unknown as Step;
}

/** The command happens although the model would refuse it. */
export const forced = (step: Step): Step => ({ ...step, forced: true });

const host = inPlace(memoryMachine, scope);
const copies = copier(memory);

/** Takes a step in place; throws where the model refuses what is not forced. */
export function take(state: Memory, { forced: force, ...step }: Step): readonly AnyEvent[] {
  if (force === true) return host.engine.run(state, step);
  const result = host.step(state, step);
  if (!result.ok) throw new Error(`${JSON.stringify(step)} is refused: ${result.rejection.code}`);
  return result.events;
}

export function after(...steps: readonly Step[]): Memory {
  const state = host.initial();
  for (const step of steps) take(state, step);
  return state;
}

const kindOf = (kind: Property['kind']) => memoryProperties.filter((each) => each.kind === kind);

/** The ids of the invariants that a state violates. */
export function stateViolations(state: Memory, size: Partial<MemorySizes> = {}): string[] {
  const asked = evaluation(
    memoryMachine as Machine,
    { ...scope.sizes, ...size },
    kindOf('invariant') as readonly Property[],
  );
  const found: Violation[] = [];
  asked.state(state, found);
  return found.map(({ property }) => property);
}

/** The ids of the properties that a change violates: of the step, and of the state after it. */
export function changeViolations(
  before: Memory,
  step: Step,
  spoil: (after: Memory, events: AnyEvent[]) => void,
): string[] {
  const state = copies.copy(before);
  const events = [...take(state, step)];
  spoil(state, events);
  const { forced: _, ...command } = step;
  const change: Change<CheckedMemory> = {
    before,
    call: command,
    after: state,
    events,
    size: scope.sizes,
  };
  const asked = evaluation(
    memoryMachine as Machine,
    scope.sizes,
    kindOf('transition') as readonly Property[],
  );
  const found: Violation[] = [];
  asked.change(change as unknown as Change, found);
  return [...found.map(({ property }) => property), ...stateViolations(state)];
}

/** The ids of the properties that a run of a machine violates, commands refused being left out. */
export function runViolations(machine: Machine<Memory>, steps: readonly Step[]): string[] {
  const faulty = inPlace(machine, scope);
  const asked = evaluation(
    machine as Machine,
    scope.sizes,
    kindOf('within') as readonly Property[],
  );
  const state = faulty.initial();
  const found: Violation[] = [];
  for (const step of steps) {
    const before = copies.copy(state);
    const result = faulty.step(state, step);
    if (!result.ok) throw new Error(`${JSON.stringify(step)} is refused: ${result.rejection.code}`);
    const change = { before, call: step, after: state, events: result.events, size: scope.sizes };
    asked.promises.advance(change as unknown as Change, found);
    asked.promises.open(state);
  }
  return found.map(({ property }) => property);
}
