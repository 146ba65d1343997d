/** The bench of migrations: three hosts, so that a third can claim what it has no right to. */
import { vmmProperties } from '../../invariants/index.ts';
import type { Call } from '../../machine/index.ts';
import { scopes, type Vmm, type VmmCall, type VmmScope, vmmMachine } from '../../model/index.ts';
import {
  begin,
  beginAdvised,
  receive,
  sendAll,
  step,
  stop,
  switchOver,
} from '../model/migration/story.ts';
import { bench } from './bench.ts';

export const scope: VmmScope = {
  ...scopes['migration-small'],
  sizes: {
    ...scopes['migration-small'].sizes,
    ...{ host: 3, attempts: 3, place: 4, rounds: 2, postcopy: 1, losses: 2, crashes: 2 },
    version: 1,
  },
  commands: [
    'migration.*',
    'postcopy.*',
    'failure.*',
    'crash.*',
    'device.*',
    'queue.*',
    'memory.write',
  ],
};
export const properties = vmmProperties.filter(({ id }) => id.startsWith('MIG-'));

export const { after, stateViolations, changeViolations } = bench<
  Vmm,
  typeof vmmMachine.commands,
  VmmCall
>(vmmMachine, scope, properties);

/** Steps of a story are commands of the VMM. */
export const steps = (...calls: readonly Call[]): readonly VmmCall[] => calls as readonly VmmCall[];

/** The target has been told to start, and has not received it. */
export const started = [
  ...[...begin(), ...stop(), ...sendAll()],
  ...[step('request-state'), receive, step('receive-reply'), step('release'), step('send-start')],
];

/** All pages are missing, the guest runs on the target, and the source knows. */
export const served = [...beginAdvised, ...stop(), ...switchOver];

export const pageOn = (v: Vmm, host: number, page: number) =>
  v.hosts.at(host).memory.vms.at(0).pages.at(page);
export const migrationOf = (v: Vmm) => v.clusters.at(0).migrations.at(0);
export const ownershipOf = (v: Vmm) => v.clusters.at(0).ownership.at(0);

/** Changes what a page on a host holds, and tells nobody. */
export function overwrite(v: Vmm, host: number, page: number): void {
  const { at } = pageOn(v, host, page);
  if (at.kind !== 'mapped') throw new Error(`page ${page} is ${at.kind}`);
  const frame = v.hosts.at(host).memory.frames.at(at.frame);
  frame.content = 1 - frame.content;
}
