/** What a search is of, as a hash: a checkpoint says with it which search it belongs to. */
import { createHash } from 'node:crypto';
import type { Machine, Property, Scope } from '../../machine/index.ts';
import type { ExpanderOptions } from './expander.ts';

/**
 * Over the declarations, with the text of every rule and property, and what else is told of them:
 * a rule made by another function may have the same text and do something else.
 */
export function identityOf<S>(
  machine: Machine<S>,
  scope: Scope,
  options: ExpanderOptions,
  told: string,
): string {
  const { name, version, shape, commands, operations } = machine;
  const { properties, mode, symmetry, sleepSets, deadlocks } = options;
  const search = {
    told,
    machine: { name, version, shape, commands, operations },
    scope: { sizes: scope.sizes, commands: scope.commands },
    properties: properties.map((each: Property) => ({ ...each })),
    goal: options.goal,
    calls: options.calls,
    commands: options.commands,
    mode,
    sleepSets,
    deadlocks,
    symmetry: symmetry?.sets,
  };
  return createHash('sha256').update(text(search)).digest('hex');
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'function' || typeof each === 'bigint' ? String(each) : each,
  );
