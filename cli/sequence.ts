/** Sequence charts: what two hosts said to each other while a VM moved, in a trace of the VMM. */
import { type AnyEvent, type Call, inPlace, type Scope } from '../machine/index.ts';
import { type Vmm, vmmMachine } from '../model/index.ts';
import type { Sequence, SequenceRow, Side } from './report/sequence.ts';
import { plural } from './report/table.ts';
import type { Subject } from './subject.ts';

/** A chart of each migration that a trace begins. None for other machines than the VMM. */
export function sequencesOf(
  { machine }: Pick<Subject, 'machine'>,
  scope: Scope,
  trace: readonly Call[],
): readonly Sequence[] {
  if (machine.shape !== vmmMachine.shape) return [];
  if (!trace.some(({ kind }) => kind === begins)) return [];
  const host = inPlace(machine, scope);
  // The shape is the VMM's.
  const state = host.initial() as Vmm;
  const drawn: Drawing[] = [];
  /** The last migration of each VM. */
  const current = new Map<number, Drawing>();
  trace.forEach((call, i) => {
    const result = host.step(state, call);
    if (!result.ok) return;
    const { vm } = call.args as { readonly vm?: number };
    if (call.kind === begins && vm !== undefined) {
      const drawing = new Drawing(vm, state);
      current.set(vm, drawing);
      drawn.push(drawing);
    }
    for (const each of current.values()) each.passes(i + 1, call, result.events, state);
  });
  return drawn.map((each) => each.finished());
}

const begins = 'migration.start';

/** A message that is under way. */
type Message = Extract<SequenceRow, { readonly form: 'message' }>;

/** One migration. What is under way is known from the channels, not from what rules tell. */
class Drawing {
  private readonly vm: number;
  private readonly source: number;
  private readonly target: number;
  private readonly rows: SequenceRow[] = [];
  private readonly under: Record<Side, Message[]> = { source: [], target: [] };
  private dirty = 0;
  /** Post-copy: what is missing on the target, and what either side does. */
  private missing: readonly number[] = [];
  private readonly does: Record<Side, string | undefined> = {
    source: undefined,
    target: undefined,
  };

  constructor(vm: number, state: Vmm) {
    this.vm = vm;
    const { source, target } = migrationOf(state, vm);
    if (source === null || target === null) throw new Error(`VM ${vm} does not move`);
    this.source = source;
    this.target = target;
  }

  /** A command was accepted, told this, and led to a state. */
  passes(step: number, call: Call, events: readonly AnyEvent[], state: Vmm): void {
    const { vm, host } = call.args as { readonly vm?: number; readonly host?: number };
    const [dirtyBefore, dirty] = [this.dirty, dirtyIn(state, this.source, this.vm)];
    this.dirty = dirty;
    const exchanged = this.exchanged(step, call.kind, state);
    if (vm !== this.vm) return;
    const at = host === this.target || ofTarget.includes(call.kind) ? 'target' : 'source';
    const rounds = events.filter(({ type }) => type === 'round').map(roundText);
    const waits = events.filter(({ type }) => type === 'stalled').map(stallText);
    const change = dirty === dirtyBefore || rounds.length > 0 ? [] : [`${dirty} dirty`];
    const told = [...rounds, ...waits, ...change];
    if (!exchanged || told.length > 0) this.note(step, at, [commandText(call), ...told].join(': '));
    for (const event of events) {
      if (event.type === 'runs') this.note(step, sideOf(event, this.target), 'the VM runs here');
    }
    this.postcopy(step, state);
  }

  /** What post-copy changed that is no message. */
  private postcopy(step: number, state: Vmm): void {
    const missing = missingIn(state, this.target, this.vm);
    if (missing.length > this.missing.length) {
      this.note(
        step,
        'target',
        `missing: ${plural(missing.length, 'page')} (${missing.join(', ')})`,
      );
    }
    this.missing = missing;
    const { phase, postcopy } = migrationOf(state, this.vm);
    const target = postcopy.map((each) => each.phase)[0];
    this.nowDoes(step, 'source', phases[phase]);
    this.nowDoes(step, 'target', target === 'paused' ? 'post-copy is paused' : undefined);
  }

  private nowDoes(step: number, at: Side, what: string | undefined): void {
    if (what !== undefined && what !== this.does[at]) this.note(step, at, what);
    this.does[at] = what;
  }

  finished(): Sequence {
    const { vm, source, target, rows } = this;
    return { vm, source, target, rows };
  }

  private note(step: number, at: Side, text: string): void {
    this.rows.push({ form: 'note', step, at, text });
  }

  /** Whether anything was sent, received or lost. */
  private exchanged(step: number, kind: string, state: Vmm): boolean {
    const migration = migrationOf(state, this.vm);
    const toTarget = migration.toTarget.map(messageText).filter((text) => text !== 'none');
    const toSource = migration.toSource.map(messageText).filter((text) => text !== 'none');
    const arrives = kind === 'migration.receive' || kind === 'migration.receive-reply';
    const first = this.changed('source', toTarget, step, arrives);
    const second = this.changed('target', toSource, step, arrives);
    return first || second;
  }

  /** A channel holds these messages now, sent from one side. */
  private changed(from: Side, now: readonly string[], step: number, arrives: boolean): boolean {
    const under = this.under[from];
    const gone = Math.max(under.length - now.length, 0);
    for (const message of under.splice(0, gone)) {
      if (arrives) message.received = step;
      else message.lost = step;
    }
    const fresh = now.slice(under.length);
    for (const text of fresh) {
      const message: Message = { form: 'message', step, from, text };
      under.push(message);
      this.rows.push(message);
    }
    return gone > 0 || fresh.length > 0;
  }
}

/** Pages of a VM in the dirty log of a host. */
function dirtyIn(state: Vmm, host: number, vm: number): number {
  const { pages } = state.hosts.at(host).memory.vms.at(vm);
  return pages.filter(({ logged }) => logged).length;
}

/** Pages of a VM that have not come to a host yet. */
function missingIn(state: Vmm, host: number, vm: number): readonly number[] {
  const { pages } = state.hosts.at(host).memory.vms.at(vm);
  return [...pages].flatMap(({ at }, page) => (at.kind === 'missing' ? [page] : []));
}

/** What the source of a post-copy does from a phase on. */
const phases: Readonly<Record<string, string>> = {
  serving: 'post-copy: what is missing follows',
  paused: 'post-copy is paused',
};
/** Steps of post-copy that the target takes. */
const ofTarget = ['touch', 'request', 'finish', 'listen'].map((name) => `postcopy.${name}`);

function migrationOf({ clusters }: Vmm, vm: number) {
  return clusters.at(0).migrations.at(vm);
}

/** `page 1, content 9`. */
function messageText({ kind, ...more }: { readonly kind: string }): string {
  const rest = Object.entries(more).map(([name, value]) =>
    name === kind ? `${value}` : `${name} ${value}`,
  );
  const named = kind in more || rest.length === 0 ? kind : `${kind}:`;
  return [named, rest.join(', ')].filter((part) => part !== '').join(' ');
}

/** `write virtual 1, content 9`. */
function commandText({ kind, args }: Call): string {
  const name = kind.slice(kind.indexOf('.') + 1);
  const shown = Object.entries(args)
    .filter(([key, value]) => key !== 'host' && key !== 'vm' && !isEmpty(value))
    .map(([key, value]) => `${key} ${value}`);
  return [name, shown.join(', ')].filter((part) => part !== '').join(' ');
}

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** What a round has to send. */
function roundText(event: AnyEvent): string {
  const { round, dirty } = event as AnyEvent & { readonly round: number; readonly dirty: number };
  return `round ${round}, ${dirty} dirty`;
}

/** What an access waits for. */
function stallText(event: AnyEvent): string {
  const { page } = event as AnyEvent & { readonly page: number };
  return `waits for page ${page}`;
}

function sideOf(event: AnyEvent, target: number): Side {
  const { host } = event as AnyEvent & { readonly host: number };
  return host === target ? 'target' : 'source';
}
