/** Records of a log, checked against the shape that the keys of each name. */
import type * as z from 'zod';
import type { Problem } from './verdict.ts';

type Result<T> = { success: true; data: T } | { success: false; error: z.ZodError };

/** A record that no shape fits. */
export interface Bad {
  readonly kind: 'bad';
  readonly problems: readonly Problem[];
}

/** Without the records that no shape fits. */
export type Formed<P extends { readonly kind: string }> = Exclude<P, Bad>;

/** The record with its kind, or what is wrong with it. */
export function checked<K extends string, T>(
  kind: K,
  result: Result<T>,
  line: number,
): { kind: K; record: T } | Bad {
  if (result.success) return { kind, record: result.data };
  const problems = result.error.issues.map((issue) => ({
    line,
    path: issue.path.join('.'),
    problem: issue.message,
  }));
  return { kind: 'bad', problems };
}

/** A record that no shape is named for. */
export function bad(problem: string, line: number): Bad {
  return { kind: 'bad', problems: [{ line, path: '', problem }] };
}
