/** Every property of the VMM. */
import { liftProperty, type Places, type Property } from '../machine/index.ts';
import type { CheckedMemory, CheckedVmm } from '../model/index.ts';
import { memoryProperties } from './memory.ts';

/** The memory of each host. */
const hosts: Places<CheckedVmm, CheckedMemory> = {
  count: (size) => size.host,
  at: (state, i) => ({ host: state.hosts.at(i).memory, guests: state.guests }),
  of: ({ call }) => call.args.host,
  args: ['host'],
};

export const vmmProperties: readonly Property<CheckedVmm>[] = memoryProperties.map((property) =>
  liftProperty(hosts, property),
);
