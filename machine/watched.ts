/**
 * A run of which properties are asked, many steps at a time.
 *
 * A hundred properties asked of one state, then of the next, run a hundred times through code that
 * the processor has forgotten since: that took four times as long as the questions themselves. So
 * the states of a block of steps are kept, which `versions` makes cheap, and one property is asked of
 * all of them before the next. A block that violates something is asked again step by step, so that
 * what is told and counted never depends on the blocks.
 */
import type { Call } from './command.ts';
import { engine } from './engine.ts';
import { evaluation } from './evaluate.ts';
import { type AnyEvent, initialState, type Machine, type Step } from './machine.ts';
import { type Change, noNotes, type Property } from './property.ts';
import type { Scope } from './scope.ts';
import type { View } from './shape.ts';
import type { Tallies, Violation } from './tally.ts';
import { versions } from './versions.ts';

export interface Watched<S> {
  /** Begins a run, in the initial state where no other is given, and asks the invariants of that. */
  start(state?: S): readonly Violation[];
  /** Takes a step. */
  step(call: Call): Step<S>;
  /** Takes a step of which it is known that nothing refuses it, and what it tells. */
  repeat(call: Call, events: readonly AnyEvent[]): void;
  /** Notes a refusal that came from elsewhere. */
  refused(command: string, code: string): void;
  /** Steps that were taken, refused ones included, and not yet asked of. */
  readonly waiting: number;
  /** Steps since the start that were asked of, refused ones included. */
  readonly asked: number;
  /**
   * Asks every property of the steps that wait. Where one is violated `heard` is told of each step in
   * turn: how many there were since the start, and what is violated. It returns true to hear no more;
   * the steps after that count as never asked of. Throws what a property throws.
   */
  ask(heard: (steps: number, violations: readonly Violation[]) => boolean): void;
  readonly tallies: Tallies;
}

interface Refusal {
  readonly command: string;
  readonly code: string;
}

export function watched<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
): Watched<S> {
  // Which model the properties are of does not matter to what asks them.
  const asked = evaluation(machine as Machine, scope, properties as readonly Property[]);
  const rules = engine(machine as Machine, scope);
  const run = versions(machine.shape, initialState(machine, scope.sizes));
  const initial = run.take();
  const size = scope.sizes;
  let before: View<S> = initial;
  let done = 0;
  const waiting: (Change | Refusal)[] = [];
  const changes: Change[] = [];

  const accepted = (call: Call, events: readonly AnyEvent[]): void => {
    const after = run.take();
    // The change is of the state S, which properties of any model leave open.
    const change = { before, call, after, events, size, notes: noNotes() } as unknown as Change;
    before = after;
    waiting.push(change);
    changes.push(change);
  };
  const askOf = (change: Change): readonly Violation[] => {
    const found: Violation[] = [];
    asked.change(change, found);
    asked.state(change.after, found, change);
    asked.promises.advance(change, found);
    asked.promises.open(change.after, change);
    return found;
  };
  return {
    tallies: asked.tallies,
    get waiting() {
      return waiting.length;
    },
    get asked() {
      return done;
    },
    start(state) {
      run.assign((state ?? initial) as View<S>);
      before = run.take();
      waiting.length = changes.length = done = 0;
      asked.promises.clear();
      const found: Violation[] = [];
      asked.state(before, found);
      asked.promises.open(before);
      return found;
    },
    step(call) {
      const step = rules.step(run.state, call);
      if (step.ok) accepted(call, step.events);
      else waiting.push({ command: call.kind, code: step.rejection.code });
      return step;
    },
    repeat(call, events) {
      rules.run(run.state, call);
      accepted(call, events);
    },
    refused: asked.refused,
    ask(heard) {
      const together = changes.length > 1 && asked.block(changes);
      try {
        for (const each of waiting) {
          done++;
          const isChange = 'after' in each;
          if (!isChange) asked.refused(each.command, each.code);
          if (!together && heard(done, isChange ? askOf(each) : [])) break;
        }
      } finally {
        waiting.length = changes.length = 0;
      }
    },
  };
}
