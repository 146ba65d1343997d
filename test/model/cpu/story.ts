/** Worked examples as stories: commands that must be accepted, with every property asked all along. */
import { vmmProperties } from '../../../invariants/index.ts';
import { type Call, type InPlace, inPlace, type Monitor, monitor } from '../../../machine/index.ts';
import {
  type Cpu,
  type CpuThread,
  type SchedulerName,
  schedulers,
  scopes,
  type Vmm,
  type VmmScope,
  type VmmSizes,
  vmmMachine,
} from '../../../model/index.ts';

/** CPUs with a vCPU for each VM, and a thread of the VMM where there is one. */
export function cpusOf(
  scheduler: SchedulerName,
  sizes: Partial<VmmSizes> & { readonly vm: number },
): VmmScope {
  const common = { pcpu: 1, vcpus: 1, online: 1, quantum: 1, patience: 100, advantage: 100 };
  return {
    name: `${scheduler} example`,
    purpose: 'a worked example',
    sizes: {
      ...scopes['cpu-fuzz'].sizes,
      ...common,
      thread: sizes.vm,
      horizon: 0,
      scheduler: Object.keys(schedulers).indexOf(scheduler),
      ...sizes,
    },
  };
}

export const cpu = (kind: string, args: Readonly<Record<string, unknown>> = {}): Call => ({
  kind: `cpu.${kind}`,
  args: { host: 0, ...args },
});

export class CpuStory {
  private readonly host: InPlace<Vmm>;
  private readonly watch: Monitor<Vmm>;
  private readonly state: Vmm;

  /** A story may begin in a state that `prepare` makes of the initial one. */
  constructor(scope: VmmScope, prepare: (m: Cpu) => void = () => {}) {
    this.host = inPlace(vmmMachine, scope);
    this.watch = monitor(vmmMachine, scope, vmmProperties);
    this.state = this.host.initial();
    prepare(this.cpu);
    complain(this.watch.start(this.state), 'the initial state');
  }

  get cpu(): Cpu {
    return this.state.hosts.at(0).cpu;
  }
  thread(t: number): CpuThread {
    return this.cpu.threads.at(t);
  }

  /** Runs commands, none of which may be refused or violate a property. */
  run(...calls: readonly Call[]): void {
    for (const call of calls) {
      const step = this.host.step(this.state, call);
      const told = `${call.kind} ${JSON.stringify(call.args)}`;
      if (!step.ok) throw new Error(`${told} is refused: ${step.rejection.code}`);
      complain(this.watch.after(call, step.events), told);
    }
  }

  /** Lets ticks pass; a letter for each that says which thread ran on CPU 0 (`.`: none). */
  ticks(count: number): string {
    let picks = '';
    for (let i = 0; i < count; i++) {
      const { current } = this.cpu.pcpus.at(0);
      picks += current === null ? '.' : String.fromCharCode(65 + current);
      this.run(cpu('tick'));
    }
    return picks;
  }
}

/** A story on one CPU, with a VM of one vCPU for each weight; only the first may be above 1. */
export function weighted(scheduler: SchedulerName, ...weights: readonly number[]): CpuStory {
  const [firstWeight = 1] = weights;
  const sizes = { vm: weights.length, weight: firstWeight, firstWeight, grid: 60, request: 1 };
  return new CpuStory(cpusOf(scheduler, sizes));
}

function complain(found: readonly { readonly message: string }[], after: string): void {
  if (found.length > 0)
    throw new Error(`${after}: ${found.map((each) => each.message).join('; ')}`);
}
