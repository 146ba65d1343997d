/** What a QEMU command line says of the machine: memory, processors, balloon, driver. */
import { cpusOf, isOn, memoryOf, optionValues, property } from '../qemu/argv.ts';

/** The parts of a command line that the rules need. Sizes are bytes. */
export interface MachineArguments {
  readonly ram: number;
  readonly cpus: number;
  /** Balloon devices with their ids, in order. */
  readonly balloons: readonly { readonly id: string | undefined; readonly oom: boolean }[];
  /** Modules that the guest's init is told not to load. */
  readonly skipped: readonly string[];
}

/** Reads a command line; a text says what is wrong with it. */
export function parseArguments(argv: readonly string[]): MachineArguments | string {
  const ram = memoryOf(argv);
  if (typeof ram === 'string') return ram;
  const cpus = cpusOf(argv);
  const balloons = optionValues(argv, '-device')
    .map((device) => device.split(','))
    .filter(([driver]) => driver?.startsWith('virtio-balloon') === true)
    .map((parts) => ({ id: property(parts, 'id'), oom: isOn(property(parts, 'deflate-on-oom')) }));
  const skipped = optionValues(argv, '-append')
    .flatMap((text) => text.split(/\s+/))
    .filter((word) => word.startsWith('skip='))
    .flatMap((word) => word.slice('skip='.length).split(','))
    .filter((module) => module !== '');
  return { ram, cpus, balloons, skipped };
}
