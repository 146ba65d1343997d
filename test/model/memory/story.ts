/** Worked examples as stories: commands that must be accepted, with every property asked all along. */
import { vmmProperties } from '../../../invariants/index.ts';
import {
  type AnyEvent,
  type Call,
  type InPlace,
  inPlace,
  type Monitor,
  monitor,
  type Violation,
} from '../../../machine/index.ts';
import {
  type GuestMemory,
  type HostMemory,
  type HostVm,
  type MemoryCall,
  scopes,
  type Vmm,
  type VmmScope,
  type VmmSizes,
  vmmMachine,
} from '../../../model/index.ts';

/** A small host: without overheads unless they are given, and one balloon unit a page. */
export function hostOf(name: string, sizes: Partial<VmmSizes>): VmmScope {
  return { name, purpose: 'a worked example', sizes: { ...scopes.tiny.sizes, ...sizes } };
}

export class Story {
  private readonly host: InPlace<Vmm>;
  private readonly watch: Monitor<Vmm>;
  private readonly state: Vmm;

  constructor(scope: VmmScope) {
    this.host = inPlace(vmmMachine, scope);
    this.watch = monitor(vmmMachine, scope, vmmProperties);
    this.state = this.host.initial();
    complain(this.watch.start(this.state), 'the initial state');
  }

  get memory(): HostMemory {
    return this.state.hosts.at(0).memory;
  }
  vm(id: number): HostVm {
    return this.memory.vms.at(id);
  }
  guest(id: number): GuestMemory {
    return this.state.hosts.at(0).guests.at(id);
  }

  /** Runs commands, none of which may be refused or violate a property; returns their events. */
  run(...calls: readonly Call[]): readonly AnyEvent[] {
    return calls.flatMap((call) => {
      const step = this.host.step(this.state, call);
      if (!step.ok) throw new Error(`${show(call)} is refused: ${step.rejection.code}`);
      complain(this.watch.after(call, step.events), show(call));
      return step.events;
    });
  }

  /** The code with which a command is refused. */
  refusal(call: Call): string {
    const step = this.host.step(this.state, call);
    if (step.ok) throw new Error(`${show(call)} is not refused`);
    return step.rejection.code;
  }

  /** A free frame that a page may get; scrubs one where there is none. */
  frame(): number {
    const { frames } = this.memory;
    const clean = frames.findIndex(({ use }) => use.kind === 'free' && use.scrubbed);
    if (clean >= 0) return clean;
    const free = frames.findIndex(({ use }) => use.kind === 'free');
    this.run(scrub(free));
    return free;
  }

  /** The guest writes a page for the first time: it maps it, stalls, gets a frame and goes on. */
  firstWrite(vm: number, page: number, content: number): readonly AnyEvent[] {
    this.run(map(vm, page), write(vm, page, content));
    return this.run(populate(vm, page, this.frame()), write(vm, page, content));
  }
}

const show = ({ kind, args }: Call): string => `${kind} ${JSON.stringify(args)}`;

function complain(violations: readonly Violation[], where: string): void {
  const [first] = violations;
  if (first !== undefined) throw new Error(`${where}: ${first.property}: ${first.message}`);
}

type ArgumentsFor<K> = Extract<MemoryCall, { readonly kind: `memory.${K & string}` }>['args'];
type Name<K> = K extends `memory.${infer N}` ? N : never;

/** A command of memory on the one host. */
export function on<K extends Name<MemoryCall['kind']>>(name: K, args: ArgumentsFor<K>): Call {
  return { kind: `memory.${name}`, args: { host: 0, ...args } };
}

/** A VM for which all of its size is reserved, unless its reservation says less. */
export const create = (
  vm: number,
  size: number,
  more: Partial<ArgumentsFor<'create-vm'>> = {},
): Call =>
  on('create-vm', {
    ...{ vm, size, reservation: size, mode: 'refill', huge: false, overhead: [] },
    ...more,
  });

/** A virtual page mapped to the page of the same number. */
export const map = (vm: number, page: number): Call =>
  on('map', { vm, virtual: page, page, writable: true });
export const read = (vm: number, virtual: number): Call => on('read', { vm, virtual });
export const write = (vm: number, virtual: number, content: number): Call =>
  on('write', { vm, virtual, content });
export const unmap = (vm: number, virtual: number): Call => on('unmap', { vm, virtual });
export const pageOut = (vm: number, virtual: number, block: number): Call =>
  on('page-out', { vm, virtual, block });
export const overwrite = (vm: number, page: number, content: number, frame: number): Call =>
  on('overwrite', { vm, page, content, frame });

export const populate = (vm: number, page: number, frame: number): Call =>
  on('populate', { vm, page, frame });
export const scrub = (frame: number): Call => on('scrub', { frame });

/** A whole write-out, during which the guest writes nothing. */
export const swapOut = (vm: number, page: number, slot: number): readonly Call[] => [
  on('swap-out-begin', { vm, page, slot }),
  on('swap-out-end', { vm, page }),
];
export const swapIn = (vm: number, page: number, frame: number): Call =>
  on('swap-in', { vm, page, frame, keep: false });

export const requestBalloon = (vm: number, value: number): Call =>
  on('request-balloon', { vm, value });
export const setTarget = (vm: number, target: number): Call =>
  on('set-balloon-target', { vm, target });
export const loadDriver = (vm: number): Call =>
  on('load-driver', {
    ...{ vm, mustTell: true, deflateOnOom: false, reporting: false },
    ...{ poison: false, poisonValue: 0 },
  });
/** The driver puts pages into the balloon, and the host takes what is behind them. */
export const inflate = (vm: number, ...pages: readonly number[]): readonly Call[] => [
  on('inflate-balloon', { vm, pages }),
  on('acknowledge-inflate', { vm }),
];
/** The driver takes pages out of the balloon, and the host notes it. */
export const deflate = (vm: number, ...pages: readonly number[]): readonly Call[] => [
  on('deflate-balloon', { vm, pages }),
  on('acknowledge-deflate', { vm }),
];

export const scan = (vm: number, page: number): Call => on('scan-page', { vm, page, into: null });
export const endScan: Call = on('end-scan', {});
export const mergeInto = (vm: number, page: number, frame: number): Call =>
  on('merge-page', { vm, page, frame });
export const breakShare = (vm: number, page: number, frame: number): Call =>
  on('break-share', { vm, page, frame });
