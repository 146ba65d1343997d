/** The states that a system may be in, and those that come after a step in progress. */
import { type Encoder, encoder, type InPlace } from '../../machine/index.ts';
import type { Anonymous } from './anonymous.ts';

/** Objects of so many states are kept for later from one trace to the next. */
const spareMax = 16;

export class StateSet<S> {
  private readonly host: InPlace<S>;
  private readonly renaming: Anonymous<S> | undefined;
  private readonly max: number;
  private readonly keys: Encoder<S>;
  private readonly start: S;
  private tracked: S[];
  /** States that are tracked no more: their objects are used again. */
  private readonly spare: S[] = [];
  // The states after the step in progress, and their keys once there are two.
  private next: S[] = [];
  private readonly known = new Set<string>();

  /** Of no more than `max` states; those that `renaming` makes equal are one. */
  constructor(host: InPlace<S>, renaming: Anonymous<S> | undefined, max: number) {
    const { machine, scope } = host;
    this.host = host;
    this.renaming = renaming;
    this.max = max;
    this.keys = encoder(machine.shape, scope.sizes, { ghosts: false });
    this.start = host.initial();
    this.tracked = [host.initial()];
  }

  get all(): readonly S[] {
    return this.tracked;
  }
  /** What the step in progress has come to so far. */
  get after(): readonly S[] {
    return this.next;
  }
  /** More states come after the step than may be. */
  get overflows(): boolean {
    return this.next.length > this.max;
  }

  /** The initial state alone. `clean`: no step was left half done. */
  reset(clean: boolean): void {
    // After one that was, one object may be in several lists.
    if (clean) this.spare.push(...this.tracked.slice(0, spareMax));
    else this.spare.length = 0;
    this.tracked = [this.copy(this.start)];
    this.next = [];
    this.known.clear();
  }

  copy(source: S): S {
    const target = this.spare.pop();
    if (target === undefined) return this.host.copier.copy(source);
    this.host.copier.copyInto(target, source);
    return target;
  }

  /** A copy is needed no more. */
  release(state: S): void {
    this.spare.push(state);
  }

  /** A state comes after the step in progress, unless an equal one does already. */
  add(state: S): void {
    const { next, known } = this;
    if (next.length > 0) {
      if (known.size === 0) known.add(this.keyOf(next[0] as S));
      const key = this.keyOf(state);
      if (known.has(key)) {
        this.spare.push(state);
        return;
      }
      known.add(key);
    }
    next.push(state);
  }

  private keyOf(state: S): string {
    this.renaming?.rename(state);
    return this.keys.encode(state);
  }

  /** The states after the step become those that the system may be in. */
  turn(): void {
    this.tracked = this.next;
    this.next = [];
    if (this.known.size > 0) this.known.clear();
  }

  /** Of the states that the system may be in, only these remain. */
  keep(states: S[]): void {
    this.tracked = states;
  }
}
