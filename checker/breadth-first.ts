/**
 * Breadth-first search: every state that a machine can reach in a scope, nearest first, so that a
 * trace to a violation is as short as can be.
 *
 * States are found level by level. Within a level they are expanded in the order in which they were
 * found, and calls are tried in the order of the declarations; a search that ends at a violation
 * ends when the state before it has taken all its steps. So the counts and the trace depend on the
 * machine and the scope alone.
 */
import { initialState, type Machine, type Property, type Scope } from '../machine/index.ts';
import {
  Checkpoint,
  CheckpointProblem,
  CheckpointWriter,
  hasCheckpoint,
} from './breadth-first/checkpoint.ts';
import { identityOf } from './breadth-first/identity.ts';
import { type BreadthFirstOptions, expanderOptionsOf } from './breadth-first/options.ts';
import { alone } from './breadth-first/team.ts';
import { threads } from './breadth-first/threads.ts';
import { Explorer } from './explorer.ts';
import {
  commandCounts,
  type InPieces,
  RuleThrew,
  resultOfTrace,
  type SearchCounts,
  type SearchResult,
  subjectOf,
  toEnd,
  Unsound,
  witnessed,
} from './result.ts';
import { traceTo } from './traces.ts';

/** Throws `RuleThrew`. */
export function breadthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): SearchResult {
  return toEnd(breadthFirstInPieces(machine, scope, options));
}

/**
 * The same search, which says now and then how far it is and lets other work run. It ends early,
 * and is inconclusive, when it is told to stop: `next(true)`. Throws `RuleThrew`.
 */
export function* breadthFirstInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): InPieces {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const { workers } = options;
  const subject = subjectOf(machine, scope, options);
  refuseUnsound(options, subject.properties);
  const initial = initialState(machine, scope.sizes);
  const given = expanderOptionsOf(options);
  const properties = given.properties.map((each) =>
    witnessed(each, (call) => explorer.ledger.reach(each.id, call)),
  );
  const team = workers === undefined ? alone() : threads(workers.count, workers.source);
  const explorer: Explorer<S> = new Explorer(
    machine,
    scope,
    { ...given, properties, maxStates },
    team,
  );
  const { checkpoint } = options;
  const identity = checkpoint && identityOf(machine, scope, given, checkpoint.of);
  const saved = identity === undefined ? undefined : savedIn(checkpoint, identity);
  let complete = false;
  let writer: CheckpointWriter | undefined;
  try {
    let size = 1;
    if (saved === undefined) yield* explorer.begin(initial);
    else {
      yield* explorer.resume(saved);
      size = saved.summary.last;
    }
    if (checkpoint !== undefined && identity !== undefined) {
      writer = new CheckpointWriter(checkpoint.folder, identity, saved?.end());
      if (saved === undefined) explorer.save(writer);
    }
    const { ledger } = explorer;
    while (!explorer.stopped && ledger.ending === undefined) {
      complete = size === 0;
      const isLast = complete || ledger.levels.length >= maxDepth || explorer.distinct > maxStates;
      if (writer !== undefined) explorer.checkpoint(writer, isLast);
      if (isLast) break;
      size = yield* explorer.nextLevel();
      if (explorer.stopped || ledger.ending !== undefined) break;
      if (writer !== undefined) explorer.save(writer);
    }
  } finally {
    explorer.end();
    writer?.close();
  }
  const { ending } = explorer.ledger;
  const counts = countsOf(explorer, initial);
  if (ending === undefined || ending.how === 'full') {
    return { ...counts, verdict: complete ? 'holds' : 'inconclusive' };
  }
  const trace = traceTo(explorer, initial, {
    row: explorer.rowOf(ending.parent),
    call: ending.running ?? (ending.call < 0 ? undefined : explorer.callOf(ending.call)),
    after: ending.after,
  });
  if (ending.how === 'threw') throw new RuleThrew(ending.cause, trace, counts);
  return resultOfTrace(counts, subject, { how: ending.how, trace });
}

/** The checkpoint to go on from; throws where there is one that would be written over. */
function savedIn<S>(
  checkpoint: BreadthFirstOptions<S>['checkpoint'],
  identity: string,
): Checkpoint | undefined {
  if (checkpoint === undefined) return undefined;
  const { folder, resume = false } = checkpoint;
  if (resume) return new Checkpoint(folder, identity);
  if (!hasCheckpoint(folder)) return undefined;
  throw new CheckpointProblem(`${folder} has a checkpoint: go on from it, or remove the folder`);
}

function refuseUnsound<S>(
  { symmetry, sleepSets = false, deadlocks = false }: BreadthFirstOptions<S>,
  properties: readonly Property[],
): void {
  if (symmetry !== undefined && sleepSets) {
    throw new Unsound(
      'sleep sets name the calls that sleep, and symmetry renames them: leave one of the two out',
    );
  }
  if (sleepSets && deadlocks) {
    throw new Unsound(
      'sleep sets leave out steps, so a state without steps need not be a deadlock',
    );
  }
  if (sleepSets) {
    refuse(
      properties.filter(({ kind }) => kind !== 'invariant'),
      'sleep sets leave out steps, and %s must see every step: leave one of the two out',
    );
  }
  if (symmetry !== undefined) {
    refuse(
      properties.filter(({ kind }) => kind !== 'invariant' && kind !== 'sometimes'),
      'symmetry was tested for invariants, not for what %s sees of a run: leave one of the two out',
    );
  }
}

function refuse(properties: readonly Property[], message: string): void {
  if (properties.length === 0) return;
  const named = properties.slice(0, 5).map(({ id }) => id);
  if (properties.length > named.length) named.push('...');
  throw new Unsound(message.replace('%s', named.join(', ')));
}

function countsOf<S>(explorer: Explorer<S>, initial: S): SearchCounts {
  const { distinct, ledger, host } = explorer;
  const { levels, generated, taken, fresh, goals, tallies, bytes } = ledger;
  const known = levels.reduce((sum, each) => sum + each, 0);
  const all = distinct > known ? [...levels, distinct - known] : levels;
  const witnesses = [...goals].map(([id, step]) => [id, traceTo(explorer, initial, step)] as const);
  return {
    distinct,
    generated,
    depth: all.length - 1,
    levels: all,
    commands: commandCounts(host, taken, fresh),
    tallies,
    witnesses: new Map(witnesses),
    bytes,
  };
}
