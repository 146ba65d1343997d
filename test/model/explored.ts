/** Scopes that a search goes through, and what it finds there. */
import { expect } from 'vitest';
import { breadthFirst, type SearchResult } from '../../checker/index.ts';
import type { Property } from '../../machine/index.ts';
import { type CheckedVmm, scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

export const searched = Object.values<VmmScope>(scopes).filter(
  ({ explored }) => explored !== undefined,
);

/** Whether every test run may search it. */
export const isSmall = ({ explored }: VmmScope): boolean =>
  explored !== undefined && explored.distinct <= 2_000;

/** Expects a scope to have the states that it says, all its commands to happen, and properties to hold. */
export function asExplored(
  scope: VmmScope,
  properties: readonly Property<CheckedVmm>[] = [],
): SearchResult {
  const { explored } = scope;
  if (explored === undefined) throw new Error(`scope '${scope.name}' is not searched`);
  const { distinct, generated, depth, complete } = explored;
  const bound = complete ? {} : { maxDepth: depth };
  const found = breadthFirst(vmmMachine, scope, { ...bound, properties });
  expect(found.verdict).toBe(complete ? 'holds' : 'inconclusive');
  expect([found.distinct, found.generated, found.depth]).toEqual([distinct, generated, depth]);
  if (!complete) return found;
  const never = [...found.commands].filter(([, { taken }]) => taken === 0).map(([kind]) => kind);
  expect(never, 'commands that the scope names and nothing enables').toEqual([]);
  return found;
}
