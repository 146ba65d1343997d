/** What a QEMU command line says of a machine that migrates. */
import { cpusOf, isOn, memoryOf, optionValues, property } from '../qemu/argv.ts';

/** The parts of a command line that the rules need. Sizes are bytes. */
export interface MachineArguments {
  readonly ram: number;
  readonly cpus: number;
  /** Where it waits for a migration: an address, `defer`, or not at all. */
  readonly incoming: string | undefined;
  /** `-S`: its processors wait for `cont`. */
  readonly paused: boolean;
  /** Pages may leave a pass unsent: a device hints at free ones or has unplugged ones. */
  readonly unsent: boolean;
  /** A network device is unplugged for the migration and its partner takes over. */
  readonly failover: boolean;
}

/** Reads a command line; a text says what is wrong with it. */
export function parseArguments(argv: readonly string[]): MachineArguments | string {
  const ram = memoryOf(argv);
  if (typeof ram === 'string') return ram;
  const devices = optionValues(argv, '-device').map((device) => device.split(','));
  return {
    ram,
    cpus: cpusOf(argv),
    incoming: optionValues(argv, '-incoming')[0],
    paused: argv.includes('-S'),
    unsent: devices.some(
      (parts) => parts[0]?.startsWith('virtio-mem') || isOn(property(parts, 'free-page-hint')),
    ),
    failover: devices.some((parts) => isOn(property(parts, 'failover'))),
  };
}
