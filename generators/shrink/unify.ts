/** The pass that lets one entity do what two did. */
import type { Call } from '../../machine/index.ts';
import { idsOf, withIds } from './arguments.ts';
import { changed, type Pass, type Proposal } from './proposal.ts';
import { entityClass, type Subject, type Surgeon } from './subject.ts';

/**
 * Lets one entity stand for another of its index set; then, where both own others of the same ids,
 * gives those of the first one new ids; then also adds the numbers of both, so that there is room for
 * all. The cursor counts pairs.
 */
export const unify: Pass = function* (subject, surgeon, from) {
  const all = [...surgeon.entities(subject.calls).keys()];
  let count = 0;
  for (const gone of all) {
    for (const stays of all) {
      if (gone === stays || classOf(gone) !== classOf(stays)) continue;
      if (count++ < (from?.[0] ?? 0)) continue;
      yield renamed(subject, surgeon, gone, stays, new Map(), [count - 1]);
      const moved = newIds(subject, surgeon, gone, stays);
      if (moved.size === 0) continue;
      const both = renamed(subject, surgeon, gone, stays, moved, [count - 1]);
      yield both;
      yield { ...both, ...withSums(subject, surgeon, gone, stays, both) };
    }
  }
};

const classOf = (entity: string): string => entity.slice(0, entity.lastIndexOf('/'));
const idOf = (entity: string): number => Number(entity.slice(entity.lastIndexOf('/') + 1));
/** The class of what an entity owns in an index set. */
const ownedBy = (entity: string, index: string): string => `${index}/${idOf(entity)}`;

/** For owned entities of `gone` that `stays` has too: ids that neither has, as `index/id`. */
function newIds(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  gone: string,
  stays: string,
): ReadonlyMap<string, number> {
  const moved = new Map<string, number>();
  for (const { index, ids, size } of owned(subject, surgeon, gone)) {
    const taken = new Set(
      owned(subject, surgeon, stays)
        .filter((other) => other.index === index)
        .flatMap((other) => [...other.ids]),
    );
    for (const id of ids) {
      if (!taken.has(id)) continue;
      let free = 0;
      while (taken.has(free) || ids.has(free)) free++;
      if (free >= size) continue;
      taken.add(free);
      moved.set(`${index}/${id}`, free);
    }
  }
  return moved;
}

interface Owned {
  readonly index: string;
  readonly ids: Set<number>;
  readonly size: number;
}

/** The ids that an entity owns in the trace, for each index set. */
function owned(subject: Subject, surgeon: Surgeon<unknown>, owner: string): readonly Owned[] {
  const found = new Map<string, Owned>();
  for (const call of subject.calls) {
    const { roles } = surgeon.facts(call.kind);
    for (const role of roles) {
      if (!isOwnedBy(role, roles, call, owner)) continue;
      const { index, size } = role;
      const ids = found.get(index)?.ids ?? new Set();
      for (const id of idsOf(role, call)) ids.add(id);
      found.set(index, { index, ids, size });
    }
  }
  return [...found.values()];
}

type Roles = ReturnType<Surgeon<unknown>['facts']>['roles'];

function isOwnedBy(role: Roles[number], roles: Roles, call: Call, owner: string): boolean {
  const owning = roles.find(({ name }) => name === role.owner);
  return (
    owning !== undefined &&
    entityClass(owning, call) === classOf(owner) &&
    entityClass(role, call) === ownedBy(owner, role.index)
  );
}

function renamed(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  gone: string,
  stays: string,
  moved: ReadonlyMap<string, number>,
  next: readonly number[],
): Proposal {
  const rename = (call: Call): Call => {
    const { roles } = surgeon.facts(call.kind);
    let { args } = call;
    for (const role of roles) {
      if (isOwnedBy(role, roles, call, gone)) {
        args = withIds(role, args, (id) => moved.get(`${role.index}/${id}`) ?? id);
      }
      if (entityClass(role, call) === classOf(gone)) {
        args = withIds(role, args, (id) => (id === idOf(gone) ? idOf(stays) : id));
      }
    }
    return args === call.args ? call : { kind: call.kind, args };
  };
  return changed(subject, rename, next);
}

/** With each number of the entity that stays raised by that of a like command about the other one. */
function withSums(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  gone: string,
  stays: string,
  renamed: Subject,
): Pick<Subject, 'calls'> {
  const about = (call: Call, entity: string): boolean => surgeon.mentioned(call).includes(entity);
  const calls = renamed.calls.map((call, i) => {
    if (!about(subject.calls[i] as Call, stays)) return call;
    const like = subject.calls.find((each) => each.kind === call.kind && about(each, gone));
    if (like === undefined) return call;
    const args = { ...call.args };
    for (const { name, shape, values } of surgeon.facts(call.kind).plan.slots) {
      if (shape.form !== 'int') continue;
      args[name] = Math.min(Number(args[name]) + Number(like.args[name]), Number(values.at(-1)));
    }
    return { kind: call.kind, args };
  });
  return { calls };
}
