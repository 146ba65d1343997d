/**
 * A projected state as rules and properties see it: objects with the fields of the machine's own
 * state. A visible value is read from the bytes of the state; what a hidden one is, whoever reads it
 * has to say. What is written lies over the state, and the state stays as it is.
 */
import { type Anatomy, type Offsets, type Tree, Unsupported } from './projection.ts';

export class World {
  readonly view: unknown;
  bytes: Uint8Array;
  /** Called with each visible value that is read from the state. */
  onRead: ((id: number) => void) | undefined;
  /** Says what a hidden value is. */
  onHidden: (id: number) => unknown;
  /** What was written, in the order of first writing. */
  readonly writes: number[] = [];

  private readonly knowsHistory: (field: string) => boolean;
  private readonly anatomy: Anatomy;
  private readonly offsets: Offsets;
  private readonly written: Int32Array;
  private readonly over: unknown[];
  private stamp = 1;

  constructor(
    anatomy: Anatomy,
    offsets: Offsets,
    onHidden: (id: number) => unknown,
    knowsHistory: (field: string) => boolean = () => true,
  ) {
    this.knowsHistory = knowsHistory;
    this.anatomy = anatomy;
    this.offsets = offsets;
    this.onHidden = onHidden;
    this.bytes = new Uint8Array(offsets.layout.bytes);
    this.written = new Int32Array(anatomy.locations.length);
    this.over = new Array(anatomy.locations.length);
    this.view = this.viewOf(anatomy.root);
  }

  /** Forgets what was written. */
  clear(): void {
    this.stamp++;
    this.writes.length = 0;
  }

  isVisible(id: number): boolean {
    return (this.offsets.offset[id] as number) >= 0;
  }

  /** The number of a visible value of the state, whatever was written. */
  number(id: number): number {
    const at = this.offsets.offset[id] as number;
    let number = this.bytes[at] as number;
    for (let i = 1, unit = 256; i < (this.offsets.width[id] as number); i++, unit *= 256) {
      number += unit * (this.bytes[at + i] as number);
    }
    return number;
  }

  /** Writes the number of a visible value into bytes. */
  put(into: Uint8Array, id: number, number: number): void {
    const at = this.offsets.offset[id] as number;
    let rest = number;
    for (let i = 0; i < (this.offsets.width[id] as number); i++) {
      into[at + i] = rest & 255;
      rest >>>= 8;
    }
  }

  get(id: number): unknown {
    if (this.written[id] === this.stamp) return this.over[id];
    if (this.isVisible(id)) {
      this.onRead?.(id);
      return this.anatomy.locations[id]?.values[this.number(id)];
    }
    const { history, values, field } = this.anatomy.locations[id] as Anatomy['locations'][number];
    // History begins anew with each step.
    return history && this.knowsHistory(field) ? values[0] : this.onHidden(id);
  }

  set(id: number, value: unknown): void {
    if (this.written[id] !== this.stamp) {
      this.written[id] = this.stamp;
      this.writes.push(id);
    }
    this.over[id] = value;
  }

  private viewOf(tree: Tree): unknown {
    switch (tree.form) {
      case 'value':
      case 'closed':
        throw new Error(`there is no view of a ${tree.form} by itself`);
      case 'record': {
        const record = {};
        for (const [name, each] of Object.entries(tree.fields)) {
          if (each.form === 'value') this.define(record, name, each.id);
          else if (each.form === 'closed') close(record, name, each.path);
          else Object.defineProperty(record, name, { value: this.viewOf(each), enumerable: true });
        }
        return record;
      }
      case 'array': {
        if (!tree.ofValues) return tree.items.map((item) => this.viewOf(item));
        const ids = tree.items.map((item) => (item.form === 'value' ? item.id : -1));
        const table = new ValueTable(ids, this);
        ids.forEach((id, i) => {
          this.define(table, String(i), id);
        });
        return table;
      }
    }
  }

  private define(on: object, name: string, id: number): void {
    Object.defineProperty(on, name, {
      get: () => this.get(id),
      set: (value: unknown) => this.set(id, value),
      enumerable: true,
    });
  }
}

function close(on: object, name: string, path: string): void {
  Object.defineProperty(on, name, {
    get: () => {
      throw new Unsupported(`a rule looks at the list ${path}`);
    },
    enumerable: true,
  });
}

/** A table of values, with what rules may do with one. */
class ValueTable {
  readonly length: number;
  private readonly ids: readonly number[];
  private readonly world: World;
  constructor(ids: readonly number[], world: World) {
    this.ids = ids;
    this.world = world;
    this.length = ids.length;
  }
  at(i: number): unknown {
    const id = this.ids[i];
    return id === undefined ? undefined : this.world.get(id);
  }
  *[Symbol.iterator](): Generator<unknown> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }
  some(test: (item: unknown, i: number) => boolean): boolean {
    for (let i = 0; i < this.length; i++) if (test(this.at(i), i)) return true;
    return false;
  }
  every(test: (item: unknown, i: number) => boolean): boolean {
    return !this.some((item, i) => !test(item, i));
  }
  filter(test: (item: unknown, i: number) => boolean): unknown[] {
    return [...this].filter(test);
  }
  map<Y>(change: (item: unknown, i: number) => Y): Y[] {
    return [...this].map(change);
  }
  reduce<Y>(join: (sum: Y, item: unknown, i: number) => Y, start: Y): Y {
    return [...this].reduce<Y>(join, start);
  }
  forEach(visit: (item: unknown, i: number) => void): void {
    for (let i = 0; i < this.length; i++) visit(this.at(i), i);
  }
  findIndex(test: (item: unknown, i: number) => boolean): number {
    for (let i = 0; i < this.length; i++) if (test(this.at(i), i)) return i;
    return -1;
  }
}
