/**
 * Asks properties of a block of changes, one property after the other. What is known of all changes
 * is kept in columns, as in a database that works by vectors: a property runs through the column of
 * the parts that changed and stops where one is of those that it reads.
 */
import type { Change, Invariant, Local, Reads, Transition } from './property.ts';
import { type Aspect, askChange, askState, type Reader } from './readers.ts';
import { names, type Sizes } from './scope.ts';
import { readsOf } from './tally.ts';

/** For each change the parts that changed. */
interface Column {
  readonly aspect: Aspect;
  readonly changed: Reads['changed'];
  readonly parts: number[];
}

/** Members that see something that changed: the number of the change, the member, the parts. */
interface Members {
  readonly aspect: Aspect;
  readonly around: Local['around'];
  readonly changes: number[];
  readonly ids: number[];
  readonly parts: number[];
  count: number;
}

interface Asked<P extends Invariant | Transition> {
  readonly reader: Reader<P>;
  readonly column: Column;
  /** Whether it looks at a command, by the number of the kind; absent: at all. */
  readonly looks: readonly boolean[] | undefined;
  readonly members: readonly { readonly local: Local; readonly of: Members }[];
  /** How many changes concern it, and how many of those could have violated it. */
  evaluations: number;
  couldFail: number;
}

export class Block {
  private readonly size: Sizes;
  private readonly numbers: ReadonlyMap<string, number>;
  /** For each change the number of the kind of its command. */
  private readonly kinds: number[] = [];
  private readonly columns = new Map<unknown, Column>();
  private readonly tables = new Map<unknown, Members>();
  private readonly transitions: readonly Asked<Transition>[];
  private readonly invariants: readonly Asked<Invariant>[];

  constructor(
    size: Sizes,
    kinds: readonly string[],
    transitions: readonly Reader<Transition>[],
    invariants: readonly Reader<Invariant>[],
  ) {
    this.size = size;
    this.numbers = new Map(kinds.map((kind, number) => [kind, number]));
    this.transitions = transitions.map((reader) => {
      const { property } = reader;
      const all = property.commands === undefined;
      return this.asked(
        reader,
        all ? undefined : kinds.map((kind) => names(property.commands, kind)),
      );
    });
    this.invariants = invariants.map((reader) => this.asked(reader, undefined));
  }

  private asked<P extends Invariant | Transition>(
    reader: Reader<P>,
    looks: readonly boolean[] | undefined,
  ): Asked<P> {
    const { aspect, property, locals } = reader;
    const { changed } = readsOf(property);
    const column = entry(this.columns, changed, () => ({ aspect, changed, parts: [] }));
    const members = locals.map((local) => {
      const { around } = local;
      const table = () => ({ aspect, around, changes: [], ids: [], parts: [], count: 0 });
      return { local, of: entry(this.tables, around, table) };
    });
    return { reader, column, looks, members, evaluations: 0, couldFail: 0 };
  }

  /** Whether nothing is violated by these changes, which the aspects see. */
  holds(changes: readonly Change[]): boolean {
    this.fill(changes);
    for (const each of this.transitions) if (!this.holdsOf(each, askChange)) return false;
    const { size } = this;
    const ask = (reader: Reader<Invariant>, { after }: Change) => askState(reader, after, size);
    for (const each of this.invariants) {
      const { members } = each;
      const holds = members.length > 0 ? this.holdsOfMembers(each) : this.holdsOf(each, ask);
      if (!holds) return false;
    }
    return true;
  }

  /** Counts what was asked of the last block. */
  count(): void {
    for (const { reader, evaluations, couldFail } of [...this.transitions, ...this.invariants]) {
      reader.tally.evaluations += evaluations;
      reader.tally.couldFail += couldFail;
    }
  }

  private fill(changes: readonly Change[]): void {
    this.kinds.length = 0;
    for (const { call } of changes) this.kinds.push(this.numbers.get(call.kind) ?? -1);
    for (const { aspect, changed, parts } of this.columns.values()) {
      parts.length = 0;
      for (const change of aspect.block) parts.push(changed(change));
    }
    for (const table of this.tables.values()) {
      let count = 0;
      for (let i = 0; i < changes.length; i++) {
        const around = table.around(table.aspect.block[i] as Change);
        for (let member = 0; member < around.length; member++) {
          if (around[member] === 0) continue;
          table.changes[count] = i;
          table.ids[count] = member;
          table.parts[count++] = around[member] as number;
        }
      }
      table.count = count;
    }
  }

  private holdsOf<P extends Invariant | Transition>(
    asked: Asked<P>,
    ask: (reader: Reader<P>, change: Change) => string | null | undefined,
  ): boolean {
    const { reader, looks, column } = asked;
    const { block } = reader.aspect;
    const { kinds } = this;
    const { parts: changed } = column;
    let evaluations = 0;
    let couldFail = 0;
    for (let i = 0; i < changed.length; i++) {
      if (((changed[i] as number) & reader.parts) === 0) continue;
      if (looks !== undefined && looks[kinds[i] as number] !== true) continue;
      evaluations++;
      const message = ask(reader, block[i] as Change);
      if (message === undefined) continue;
      if (message !== null) return false;
      couldFail++;
    }
    asked.evaluations = evaluations;
    asked.couldFail = couldFail;
    return true;
  }

  private holdsOfMembers(asked: Asked<Invariant>): boolean {
    const { reader, column, members } = asked;
    let evaluations = 0;
    for (const changed of column.parts) if ((changed & reader.parts) !== 0) evaluations++;
    asked.evaluations = evaluations;
    asked.couldFail = evaluations;
    for (const { local, of } of members) {
      const { block } = of.aspect;
      const { changes, ids, parts, count } = of;
      for (let i = 0; i < count; i++) {
        if (((parts[i] as number) & local.parts) === 0) continue;
        const { after } = block[changes[i] as number] as Change;
        if (local.violation(after, ids[i] as number, this.size) !== null) return false;
      }
    }
    return true;
  }
}

function entry<X>(map: Map<unknown, X>, key: unknown, make: () => X): X {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
