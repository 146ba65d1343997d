/** CPU timelines: what every CPU and every thread of a host did, tick by tick, in a trace of the VMM. */
import { type Call, inPlace, type Scope } from '../machine/index.ts';
import {
  type Cpu,
  type CpuThread,
  type ThreadState,
  type Vmm,
  type VmmCall,
  vmmMachine,
} from '../model/index.ts';
import type { ThreadTicks, Timeline, TimelineColumn, TimelineRow } from './report/timeline.ts';
import type { Subject } from './subject.ts';

/**
 * The timeline of each host whose time passes in a trace; of the state after it, too. None for other
 * machines than the VMM, with a seeded bug or without.
 */
export function timelinesOf(
  { machine }: Pick<Subject, 'machine'>,
  scope: Scope,
  trace: readonly Call[],
  loop?: number,
): readonly Timeline[] {
  if (machine.shape !== vmmMachine.shape || !trace.some(({ kind }) => kind === 'cpu.tick'))
    return [];
  const host = inPlace(machine, scope);
  // The shape is the VMM's.
  const state = host.initial() as Vmm;
  const drawn = state.hosts.map(({ cpu }, id) => new Drawing(id, cpu));
  trace.forEach((call, i) => {
    if (i === loop) for (const each of drawn) each.repeats();
    const { kind, args } = call as VmmCall;
    const its = 'host' in args ? drawn[args.host] : undefined;
    const cells = its?.cells() ?? [];
    if (!host.step(state, call).ok) return;
    if (kind === 'cpu.tick') its?.passes('tick', cells);
    else if (kind === 'cpu.run-part') its?.passes('part', cells);
    else if (kind.startsWith('cpu.')) its?.happens();
  });
  return drawn.flatMap((each) => each.finished());
}

/** The columns of one host. What the state shows when time passes is what was so meanwhile. */
class Drawing {
  private readonly host: number;
  private readonly cpu: Cpu;
  private readonly columns: TimelineColumn[] = [];
  private readonly drawn: string[][];
  private readonly letters: readonly string[];
  private readonly begun: readonly Sums[];
  private tick = 1;
  private disturbed = false;
  private loop: number | undefined;

  constructor(host: number, cpu: Cpu) {
    this.host = host;
    this.cpu = cpu;
    this.letters = cpu.threads.map((_, t) => letterOf(t));
    this.drawn = [...cpu.pcpus, ...cpu.threads].map(() => []);
    this.begun = cpu.threads.map(sumsOf);
  }

  /** Time has passed in which things were so. */
  passes(span: 'tick' | 'part', cells: readonly string[]): void {
    this.draw(span, cells);
    if (span === 'tick') this.tick++;
  }

  /** What follows goes on for ever. */
  repeats(): void {
    this.loop = this.tick;
  }

  /** Some other command of CPUs. */
  happens(): void {
    this.disturbed = true;
  }

  finished(): readonly Timeline[] {
    if (this.tick === 1) return [];
    this.draw('now', this.cells());
    const { host, tick, columns, loop } = this;
    const repeats = loop === undefined ? {} : { repeatsFrom: loop };
    return [{ host, ticks: tick - 1, columns, rows: this.rows(), ...repeats }];
  }

  private draw(span: TimelineColumn['span'], cells: readonly string[]): void {
    this.columns.push({ tick: this.tick, span, disturbed: this.disturbed });
    this.disturbed = false;
    cells.forEach((cell, row) => {
      this.drawn[row]?.push(cell);
    });
  }

  /** A sign for each CPU and each thread, as they are. */
  cells(): readonly string[] {
    const { pcpus, threads, vms } = this.cpu;
    const letter = (t: number): string => this.letters[t] ?? '?';
    return [
      ...pcpus.map(({ online, current }) => {
        if (!online) return ' ';
        return current === null ? '.' : letter(current);
      }),
      ...threads.map(({ vm, state }, t) => {
        if (state.kind !== 'running') return signOf(state);
        const spins = vm !== null && vms.at(vm).lock.waiting.includes(t);
        return spins ? '@' : letter(t);
      }),
    ];
  }

  private rows(): readonly TimelineRow[] {
    const { pcpus, threads } = this.cpu;
    const cells = this.drawn.map((row) => row.join(''));
    return [
      ...pcpus.map((_, p): TimelineRow => ({ name: `CPU ${p}`, cells: cells[p] ?? '' })),
      ...threads.map((_, t): TimelineRow => {
        const name = `${this.letters[t]}  ${this.nameOf(t)}`;
        return { name, cells: cells[pcpus.length + t] ?? '', ticks: this.ticksOf(t) };
      }),
    ];
  }

  /** Since the trace began. */
  private ticksOf(t: number): ThreadTicks {
    const thread = this.cpu.threads.at(t);
    const [then, now] = [this.begun[t] ?? noSums, sumsOf(thread)];
    const sums = { ran: now.ran - then.ran, stolen: now.stolen - then.stolen };
    const letter = this.letters[t] ?? '?';
    return { letter, ...sums, ...(thread.vm === null ? {} : { told: now.told - then.told }) };
  }

  private nameOf(t: number): string {
    const { threads } = this.cpu;
    const { vm } = threads.at(t);
    const its = threads.map((_, i) => i).filter((i) => threads.at(i).vm === vm);
    const place = its.indexOf(t);
    if (vm === null) return `VMM thread ${place}`;
    return its.length === 1 ? `VM ${vm}` : `VM ${vm} vCPU ${place}`;
  }
}

interface Sums {
  readonly ran: number;
  readonly stolen: number;
  readonly told: number;
}

const noSums: Sums = { ran: 0, stolen: 0, told: 0 };

function sumsOf({ buckets, published }: CpuThread): Sums {
  const { run, ready, throttled, costop } = buckets;
  return { ran: run, stolen: ready + throttled + costop, told: published.steal };
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const letterOf = (t: number): string => alphabet[t] ?? '?';

/** What a thread that does not run is at. */
function signOf(state: ThreadState): string {
  switch (state.kind) {
    case 'ready':
      return '-';
    case 'throttled':
      return '=';
    case 'costopped':
      return '~';
    case 'unassigned':
      return '+';
    case 'blocked':
      return state.on === 'swap-in' ? ':' : '.';
    case 'paused':
      return '"';
    case 'offline':
    case 'running':
      return ' ';
  }
}
