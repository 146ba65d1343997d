/** Asks what a search is to ask: of each step, and of each state when it is found. */
import {
  type Change,
  type Evaluation,
  evaluation,
  type Machine,
  type Property,
  type Scope,
  type Violation,
} from '../machine/index.ts';

export class Questions {
  readonly asked: Evaluation;
  /** Whether steps are asked at all. */
  readonly ofSteps: boolean;
  /** Whether the state before a step has to be known. */
  readonly compares: boolean;
  /** Words in which the promises that a run has open are kept. */
  readonly promiseWords: number;

  private readonly goal: ((state: never) => boolean) | undefined;
  private readonly found: Violation[] = [];

  constructor(
    machine: Machine,
    scope: Scope,
    properties: readonly Property[],
    goal: ((state: never) => boolean) | undefined,
  ) {
    this.asked = evaluation(machine, scope, properties);
    this.goal = goal;
    this.ofSteps = properties.some(({ kind }) => kind !== 'invariant');
    this.compares = properties.some((p) => p.kind !== 'invariant' || p.reads !== undefined);
    this.promiseWords = Math.ceil(this.asked.promises.instances / 2);
  }

  /** Whether a step violates a property, and which promises are open after it. */
  step(change: Change, promisesBefore: Int32Array): boolean {
    const { asked, found } = this;
    asked.change(change, found);
    if (this.promiseWords > 0) {
      asked.promises.restore(promisesBefore, 0);
      asked.promises.advance(change, found);
      asked.promises.open(change.after);
    }
    return this.anyFound();
  }

  /** What a state is, if it ends the search; after a change, only what it affects is asked. */
  state(state: unknown, change?: Change): 'violated' | 'reached' | undefined {
    this.asked.state(state, this.found, change);
    if (this.anyFound()) return 'violated';
    return this.goal?.(state as never) === true ? 'reached' : undefined;
  }

  private anyFound(): boolean {
    const any = this.found.length > 0;
    this.found.length = 0;
    return any;
  }
}

/** Promises are part of the state of a run: its fingerprint counts them in. */
export function addPromises(
  fingerprint: Int32Array,
  words: Int32Array,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const word = Math.imul((words[at + i] as number) + 0x9e3779b9 * (i + 1), 0x85ebca6b);
    fingerprint[0] = (fingerprint[0] as number) + word;
    fingerprint[1] = (fingerprint[1] as number) + Math.imul(word ^ (word >>> 15), 0xc2b2ae35);
  }
}
