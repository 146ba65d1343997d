/** Watching the runs of a property up to its first failure. */
import * as fc from 'fast-check';

type DecorateRun = NonNullable<ReturnType<fc.Plugin<unknown>>['decorateRun']>;

/**
 * Calls `before` with the values of each run until one has failed: what shrinks a failure is left
 * alone. A run for which `before` returns an outcome does not happen.
 */
export function untilFailure(
  before: (values: unknown) => fc.PreconditionFailure | undefined,
): DecorateRun {
  let failed = false;
  return (run) => (values) => {
    if (failed) return run(values);
    const instead = before(values);
    if (instead !== undefined) return instead;
    const result = run(values);
    if (result instanceof Promise) {
      return result.then((outcome) => {
        failed ||= isFailure(outcome);
        return outcome;
      });
    }
    failed = isFailure(result);
    return result;
  };
}

/** Skipped values are no failures. */
function isFailure(result: unknown): boolean {
  return result !== null && !fc.PreconditionFailure.isFailure(result);
}
