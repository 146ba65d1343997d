/** Stories of a guest on a CPU of its own: commands that must be accepted, every property asked. */
import { vmmProperties } from '../../../invariants/index.ts';
import { type Call, inPlace, monitor } from '../../../machine/index.ts';
import {
  scopes,
  type Vmm,
  type VmmScope,
  type VmmSizes,
  vmmMachine,
} from '../../../model/index.ts';

/** One VM of one vCPU, or two that share its CPU a tick each. */
export function guestsOf(vms: 1 | 2, sizes: Partial<VmmSizes> = {}): VmmScope {
  const { sizes: alone } = scopes['service-quiesce'];
  return {
    name: 'guests of an example',
    purpose: 'a worked example',
    commands: ['cpu.*', 'service.*'],
    sizes: { ...alone, vm: vms, thread: vms, drift: 1000, ahead: 10, ...sizes },
  };
}

export const cpu = (kind: string, args: Readonly<Record<string, unknown>> = {}): Call => ({
  kind: `cpu.${kind}`,
  args: { host: 0, ...args },
});
/** Of VM 0. */
export const service = (kind: string, args: Readonly<Record<string, unknown>> = {}): Call => ({
  kind: `service.${kind}`,
  args: { host: 0, vm: 0, ...args },
});
export const ticks = (count: number): readonly Call[] =>
  Array.from({ length: count }, () => cpu('tick'));

export class GuestStory {
  private readonly host;
  private readonly watch;
  private readonly state: Vmm;
  /** What was told, but for CPUs that go over to other threads. */
  readonly events: string[] = [];

  constructor(scope: VmmScope) {
    this.host = inPlace(vmmMachine, scope);
    this.watch = monitor(vmmMachine, scope, vmmProperties);
    this.state = this.host.initial();
    this.watch.start(this.state);
  }

  get guest(): Vmm['services'][number] {
    return this.state.services.at(0);
  }

  /** Runs commands, none of which may be refused or violate a property. */
  run(...calls: readonly Call[]): void {
    for (const call of calls) {
      const step = this.host.step(this.state, call);
      const told = `${call.kind} ${JSON.stringify(call.args)}`;
      if (!step.ok) throw new Error(`${told} is refused: ${step.rejection.code}`);
      const found = this.watch.after(call, step.events);
      if (found.length > 0) throw new Error(`${told}: ${found.map((v) => v.message).join('; ')}`);
      for (const { type, vm: _, ...fields } of step.events as readonly {
        type: string;
        vm?: number;
      }[]) {
        if (!type.endsWith('scheduled'))
          this.events.push([type, ...Object.values(fields)].join(' '));
      }
    }
  }

  /** The code of a refusal. */
  refusal(call: Call): string {
    const step = this.host.step(this.state, call);
    return step.ok ? 'taken' : step.rejection.code;
  }
}
