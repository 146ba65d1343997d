/** What must be true where memory and CPUs of a host meet. Chapter 6. */
import { type Change, propertiesOf, type View } from '../machine/index.ts';
import type { CheckedVmm, Cpu, HostMemory } from '../model/index.ts';
import type { ThreadReading } from './cpu/reading.ts';

/** Both subsystems of one host, and a call of the VMM. */
export interface CheckedHost extends Omit<CheckedVmm, 'state'> {
  readonly state: { readonly memory: HostMemory; readonly cpu: Cpu };
}
type Reading = View<CheckedHost['state']>;
const property = propertiesOf<CheckedHost>();

const someRuns = ({ cpu }: Reading, of: number | null): boolean =>
  cpu.threads.some(({ vm, state }) => vm === of && state.kind === 'running');
/** What guests do with their memory, and what the VMM writes there as they go on. */
const guestCommands = [
  'memory.map',
  'memory.unmap',
  'memory.read',
  'memory.write',
  'memory.page-out',
  'memory.overwrite',
  'memory.load-driver',
  'memory.unload-driver',
  'memory.freeze-driver',
  'memory.restore-driver',
  'memory.inflate-balloon',
  'memory.deflate-balloon',
  'memory.out-of-memory',
  'memory.report-free-pages',
  'memory.send-statistics',
  'record.place',
  'record.withdraw',
  'record.write',
];

const vmIn = ({ call }: Change<CheckedHost>): number => ('vm' in call.args ? call.args.vm : -1);

const guestsNeedCpus = property.transition({
  id: 'MIX-T1',
  name: 'a guest reaches its memory, and its driver the host, only while a vCPU of it runs',
  commands: guestCommands,
  when: ({ size }) => size.coupled === 1,
  violation(change) {
    const vm = vmIn(change);
    return someRuns(change.before, vm)
      ? null
      : `${change.call.kind} of VM ${vm}, which did not run`;
  },
});

const backgroundNeedsCpus = property.transition({
  id: 'MIX-T2',
  name: 'the VMM scans and pages out only while a thread of its own runs',
  commands: [
    'memory.scan-page',
    'memory.end-scan',
    'memory.merge-page',
    'memory.swap-out-begin',
    'memory.swap-out-end',
    'memory.swap-out-clean',
  ],
  when: ({ size }) => size.coupled === 1,
  violation: ({ before, call }) =>
    someRuns(before, null) ? null : `${call.kind} while no thread of the VMM ran`,
});

const waitersAreBlocked = property.transition({
  id: 'MIX-T3',
  name: 'a tick blocks what ran of a VM that waits for a page, as swap-wait, and lets go of it after',
  commands: ['cpu.tick'],
  when: ({ size }) => size.coupled === 1,
  violation({ before, after }) {
    for (let t = 0; t < after.cpu.threads.length; t++) {
      const [from, to] = [before.cpu.threads.at(t), after.cpu.threads.at(t)];
      const { vm } = to;
      if (vm === null) continue;
      const waits = before.memory.vms.at(vm).stalled !== null;
      const due = waits && (from.state.kind === 'running' || isWaiting(from.state));
      if (isWaiting(to.state) !== due)
        return `thread ${t} is ${to.state.kind}, and its VM waits: ${waits}`;
      const stolen = to.published.steal - from.published.steal;
      if (due && (to.buckets.run > from.buckets.run || stolen > 0)) {
        return `thread ${t} waited for a page, which was charged as something else`;
      }
    }
    return null;
  },
});
const isWaiting = (state: ThreadReading['state']): boolean =>
  state.kind === 'blocked' && state.on === 'swap-in';

/** X4: a driver that never runs reaches nothing; with time and a guest that goes on it gets there. */
const starvedDriversGetThere = property.leadsTo({
  id: 'MIX-L1',
  name: 'a balloon driver whose guest gets CPU time again and again reaches its target',
  commands: ['cpu.tick'],
  fairness: [
    { commands: ['cpu.tick'], strength: 'weak' },
    { commands: ['memory.inflate-balloon'], strength: 'strong', each: ['vm'] },
    { commands: ['memory.acknowledge-inflate'], strength: 'weak', each: ['vm'] },
  ],
  instances: (size) => size.vm,
  starts: ({ memory }, vm) => isShort(memory, vm),
  done: ({ memory }, vm) => !isShort(memory, vm),
});
function isShort({ vms }: Reading['memory'], vm: number): boolean {
  const { target, actual, driver } = vms.at(vm).balloon;
  return driver === 'ready' && actual < target;
}

const refusals = [
  ['memory.inflate-balloon', 'guest-not-running'],
  ['memory.write', 'guest-not-running'],
  ['memory.swap-out-begin', 'vmm-not-running'],
  ['memory.scan-page', 'vmm-not-running'],
].map(([command = '', code = '']) =>
  property.refused({
    id: `GOAL-${command.replace('.', '-')}-refused-${code}`,
    name: `${command} is refused with ${code}`,
    refused: { command, code },
  }),
);
const swapWait = property.sometimes({
  id: 'GOAL-thread-swap-in',
  name: 'a vCPU waits for a page',
  commands: ['cpu.tick'],
  reached: ({ after }) => after.cpu.threads.some(({ state }) => isWaiting(state)),
});

export const couplingProperties = [
  guestsNeedCpus,
  backgroundNeedsCpus,
  waitersAreBlocked,
  starvedDriversGetThere,
  swapWait,
  ...refusals,
];
