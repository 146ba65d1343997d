/** What a liveness property asks of a run, for one of its instances: both kinds in one form. */
import type { Liveness, Sizes } from '../../machine/index.ts';

export interface Duty {
  /** Whether a state of a run, its first one or a later one, begins it; unless it is done there. */
  begins(state: unknown, isFirst: boolean): boolean;
  done(state: unknown): boolean;
}

export function dutyOf(property: Liveness, instance: number, size: Sizes): Duty {
  if (property.kind === 'eventually') {
    return {
      begins: (_, isFirst) => isFirst,
      done: (state) => property.holds(state as never, instance, size),
    };
  }
  return {
    begins: (state) => property.starts(state as never, instance, size),
    done: (state) => property.done(state as never, instance, size),
  };
}
