/** Why a migration is not begun, in scope `migration-upgrade`: a VM of one page, and two hosts. */
import type { Call } from '../../../machine/index.ts';
import {
  begin,
  close,
  copy,
  handOver,
  postCancel,
  setMultifd,
  start,
  step,
  stop,
} from './story.ts';

export const upgrade = (host: number): Call => ({ kind: 'upgrade.host', args: { host } });

/** All of VM 0 goes from one host to another, up to what the source still has of it. */
export const moveOver = (target = 1, source = 0): readonly Call[] => [
  ...[...begin(target, 0, source), ...stop(), copy(0), step('receive', { frame: null })],
  ...handOver().slice(0, -1),
];

interface Check {
  readonly after: readonly Call[];
  readonly call: Call;
  readonly code: string;
}

/** Everything of VM 0 is on the target. */
const ready = [...begin(), ...stop(), copy(0), step('receive', { frame: null })];

/** What a management is refused, in scope `migration-managed`. */
export const managedChecks: readonly Check[] = [
  { after: [...begin(), step('freeze')], call: setMultifd(true), code: 'not-running' },
  { after: [start(), step('abort')], call: setMultifd(true), code: 'migration-in-progress' },
  { after: [], call: setMultifd(false), code: 'already-so' },
  { after: [], call: postCancel, code: 'not-migrating' },
  { after: [start(), step('abort')], call: postCancel, code: 'wrong-phase' },
  { after: [start(), postCancel], call: postCancel, code: 'already-cancelled' },
  { after: [start()], call: close, code: 'wrong-phase' },
  {
    after: [...ready, ...handOver().slice(0, 3), postCancel],
    call: step('release'),
    code: 'cancelled',
  },
];

/** States in which each check is the first that fails. */
export const startChecks: readonly Check[] = [
  { after: [], call: start(0, 1), code: 'no-such-vm' },
  { after: begin(), call: start(0, 1), code: 'not-runnable' },
  { after: [...begin(), step('abort')], call: start(0, 1), code: 'not-runnable' },
  { after: begin(), call: start(), code: 'already-migrating' },
  // The VM has come there, but its source is not done.
  { after: moveOver(), call: start(0, 1), code: 'already-migrating' },
  { after: moveOver(), call: start(), code: 'left-behind' },
  { after: [], call: start(0), code: 'same-host' },
  { after: [upgrade(1), upgrade(1)], call: start(), code: 'version-mismatch' },
  {
    after: [upgrade(1), ...moveOver(), step('clean-up')],
    call: start(0, 1),
    code: 'version-mismatch',
  },
  { after: [...begin(), step('abort')], call: start(), code: 'duplicate-id' },
  // It was of the next version when the migration was asked for.
  { after: [start(), upgrade(1), upgrade(1)], call: step('connect'), code: 'version-mismatch' },
  { after: [upgrade(1), upgrade(1)], call: upgrade(1), code: 'newest-already' },
  { after: [], call: upgrade(0), code: 'in-use' },
  { after: [start(), step('connect')], call: upgrade(1), code: 'in-use' },
];
