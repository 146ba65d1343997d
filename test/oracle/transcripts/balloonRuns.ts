/** Random runs of the memory model's balloon, as the abstraction hears of them through QMP. */
import * as fc from 'fast-check';
import { type Trace, traces } from '../../../generators/index.ts';
import type { Machine } from '../../../machine/index.ts';
import {
  scopes,
  type Vmm,
  type VmmCall,
  type VmmScope,
  type vmmCommands,
} from '../../../model/index.ts';
import {
  BATCH_BYTES,
  type Balloon,
  type BalloonCommand,
  command,
  initialBalloon,
  PAGE_BYTES,
  seen,
} from '../../../oracle/transcripts/virtio-balloon/actual.ts';
import { compiledHost } from './compiledHosts.ts';

const scope: VmmScope = {
  name: 'balloon',
  purpose: 'one guest of small pages and its balloon',
  sizes: {
    ...scopes.tiny.sizes,
    vm: 1,
    booted: 1,
    page: 6,
    virtual: 6,
    frame: 2,
    reserve: 0,
    batch: 3,
  },
};
/** A driver that is short of memory gives 256 pages at once: those are one page of this scope. */
const shortScope: VmmScope = {
  ...scope,
  sizes: { ...scope.sizes, page: 4, virtual: 4, batch: 1, oomBatch: 1 },
};

const BALLOON = [
  'memory.request-balloon',
  'memory.load-driver',
  'memory.unload-driver',
  'memory.inflate-balloon',
  'memory.acknowledge-inflate',
  'memory.deflate-balloon',
  'memory.acknowledge-deflate',
  'memory.map',
  'memory.unmap',
  'memory.reset-vm',
];
const ALL: readonly string[] = [...BALLOON, 'memory.out-of-memory'];
const weights = {
  'memory.reset-vm': 0.3,
  'memory.unload-driver': 0.3,
  'memory.load-driver': 3,
  'memory.map': 3,
  'memory.unmap': 0.5,
};

export interface BalloonRun {
  /** The guest may run out of memory. */
  readonly short: boolean;
  /** The device offers to take pages back then. */
  readonly oom: boolean;
  readonly trace: Trace<VmmCall>;
  /** Whether each change comes as an event, and after which calls the size is asked for. */
  readonly events: boolean;
  readonly asked: readonly boolean[];
}

function runs(machine: Machine<Vmm, typeof vmmCommands>, short: boolean): fc.Arbitrary<BalloonRun> {
  const commands = short ? ALL : BALLOON;
  const where = short ? shortScope : scope;
  return fc.record({
    short: fc.constant(short),
    oom: fc.boolean(),
    trace: traces(machine, {
      scope: where,
      commands,
      weights: short ? { ...weights, 'memory.out-of-memory': 10 } : weights,
      maxLength: 120,
      illegal: 0,
    }),
    events: fc.boolean(),
    asked: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  });
}

/** Runs of guests that run out of memory, and of guests that do not. */
export function balloonRuns(machine: Machine<Vmm, typeof vmmCommands>): fc.Arbitrary<BalloonRun> {
  return fc.oneof(runs(machine, false), runs(machine, true));
}

/** Changes a size before the abstraction sees it; sizes are numbered from 1. */
export type FalsifySize = (bytes: number, ram: number, size: number) => number;

/** How many sizes were judged, and the first that was refused. */
export interface ProjectedBalloon {
  readonly sizes: number;
  readonly refused: { readonly bytes: number; readonly balloon: Balloon } | undefined;
}

/** Runs the model and the abstraction side by side until the abstraction refuses a size. */
export function projectBalloon(
  machine: Machine<Vmm>,
  run: BalloonRun,
  falsify: FalsifySize = (bytes) => bytes,
): ProjectedBalloon {
  const projection = new Projection(machine, run, falsify);
  for (const [at, call] of run.trace.entries()) {
    projection.take(call, run.asked[at % run.asked.length] ?? false);
    if (projection.refused !== undefined) break;
  }
  return projection;
}

class Projection implements ProjectedBalloon {
  sizes = 0;
  refused: ProjectedBalloon['refused'];
  private balloon: Balloon;
  private readonly state: Vmm;
  private readonly host;
  private readonly falsify: FalsifySize;
  private readonly pages: number;
  private readonly unit: number;
  private readonly oom: boolean;
  private readonly events: boolean;
  private published: number;
  private resting = false;
  /** The guest was reset with a driver in it: the size stays until a driver is loaded again. */
  private wasReset = false;

  constructor(machine: Machine<Vmm>, { short, oom, events }: BalloonRun, falsify: FalsifySize) {
    const where = short ? shortScope : scope;
    this.pages = where.sizes.page;
    this.host = compiledHost(machine, where);
    this.state = this.host.initial();
    this.unit = short ? BATCH_BYTES : PAGE_BYTES;
    this.events = events;
    this.falsify = falsify;
    this.oom = oom;
    this.balloon = initialBalloon(this.ram, oom, 'absent');
    this.published = this.actual;
  }

  private get ram(): number {
    return this.pages * this.unit;
  }

  private get device() {
    return this.state.hosts.at(0).memory.vms.at(0).balloon;
  }

  private get actual(): number {
    return this.ram - this.device.actual * this.unit;
  }

  take(call: VmmCall, asked: boolean): void {
    // A Linux driver that met its target moves again only when it is asked again.
    if (call.kind === 'memory.inflate-balloon' && this.resting) return;
    // A driver takes only what the device offers.
    if (call.kind === 'memory.load-driver' && call.args.deflateOnOom && !this.oom) return;
    // A shrunk trace may have other commands.
    if (!ALL.includes(call.kind)) return;
    const loaded = this.device.driver === 'ready';
    const step = this.host.step(this.state, call);
    if (!step.ok) return;
    for (const each of this.told(call, loaded)) this.balloon = command(this.balloon, each);
    this.rest(call);
    const changed = this.actual !== this.published;
    this.published = this.actual;
    if (asked || (changed && this.events)) this.see();
  }

  private rest({ kind, args }: VmmCall): void {
    const { driver, target } = this.device;
    const { balloonPages, inflating, deflating } = this.state.hosts.at(0).guests.at(0);
    const asked = kind === 'memory.request-balloon' && args.value > 0;
    if (asked || kind === 'memory.load-driver') this.resting = false;
    const moving = inflating.some((is) => is) || deflating.some((is) => is);
    if (driver === 'ready' && balloonPages === target && !moving) this.resting = true;
  }

  private told({ kind, args }: VmmCall, loaded: boolean): readonly BalloonCommand[] {
    switch (kind) {
      case 'memory.request-balloon':
        // QEMU refuses a size of zero, and its target stays.
        if (args.value === 0) return [];
        return [{ kind: 'request', bytes: args.value * this.unit }, { kind: 'granted' }];
      case 'memory.load-driver': {
        const ended = this.wasReset;
        this.wasReset = false;
        return ended ? [{ kind: 'unload' }, { kind: 'load' }] : [{ kind: 'load' }];
      }
      case 'memory.unload-driver':
        return [{ kind: 'unload-begin' }, { kind: 'unload' }];
      case 'memory.out-of-memory':
        return [{ kind: 'press' }];
      case 'memory.reset-vm':
        // As if the driver gave everything back, and was done when it is loaded again.
        if (!loaded) return [];
        this.wasReset = true;
        return [{ kind: 'unload-begin' }];
      default:
        return [];
    }
  }

  private see(): void {
    this.sizes += 1;
    const bytes = this.falsify(this.actual, this.ram, this.sizes);
    const next = seen(this.balloon, bytes);
    if (next === undefined) this.refused = { bytes, balloon: this.balloon };
    else this.balloon = next;
  }
}
