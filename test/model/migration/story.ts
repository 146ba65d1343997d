/** Migrations as stories: commands that must be accepted, with every property asked all along. */
import { vmmProperties } from '../../../invariants/index.ts';
import { type AnyEvent, type Call, inPlace, monitor } from '../../../machine/index.ts';
import { contentOf, type Vmm, type VmmScope, vmmMachine } from '../../../model/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** A step of the migration of VM 0, or of another. */
export const step = (name: string, more: Values = {}): Call => ({
  kind: `migration.${name}`,
  args: { vm: 0, ...more },
});
export const copy = (page: number, vm = 0): Call => step('copy', { vm, page });
export const copyReadOnly = (page: number, vm = 0): Call => step('copy-read-only', { vm, page });
/** The target receives what needs no frame. */
export const receive = step('receive', { frame: null });
/** The target receives a page, which it puts into a frame. */
export const place = (frame: number, vm = 0): Call => step('receive', { vm, frame });
export const write = (page: number, content: number, more: Values = {}): Call => ({
  kind: 'memory.write',
  args: { host: 0, vm: 0, virtual: page, content, ...more },
});
/** The device of VM 0 is told to write a page, and does. */
export const submit = (page: number, content: number): Call => ({
  kind: 'device.submit-write',
  args: { vm: 0, page, content },
});
export const completeWrite: Call = { kind: 'device.complete-write', args: { vm: 0 } };

/** The host asks VM 0 for hints at free pages, and its driver answers. */
export const askForHints: readonly Call[] = ['request', 'echo', 'receive'].map((name) => ({
  kind: `hint.${name}`,
  args: { vm: 0 },
}));
export const hint = (page: number): Call => ({ kind: 'hint.send', args: { vm: 0, page } });
export const takeHint: Call = { kind: 'hint.receive', args: { vm: 0 } };

export const crash = (host: number): Call => ({ kind: 'crash.host', args: { host } });
export const coldBoot = (host: number): Call => ({
  kind: 'crash.cold-boot',
  args: { vm: 0, host, overhead: [] },
});

/** The network fails. */
export const loseConnection: Call = { kind: 'failure.lose-connection', args: { vm: 0 } };

/** A management sets how VM 0 moves, or cancels it from afar; the source cleans up. */
export const setMultifd = (on: boolean): Call => ({
  kind: 'managed.set-multifd',
  args: { vm: 0, on },
});
export const postCancel: Call = { kind: 'managed.cancel', args: { vm: 0 } };
export const close: Call = { kind: 'managed.close', args: { vm: 0 } };

/** N2, where VMs cost no memory but their own. */
export const createTarget = (vm = 0): Call => step('create-target', { vm, overhead: [] });

/** A host is asked to move VM 0 to another. */
export const start = (target = 1, source = 0): Call => step('start', { source, target });

/** N1 and N2, and the log that N3 begins with. */
export const begin = (target = 1, vm = 0, source = 0): readonly Call[] => [
  ...[step('start', { vm, source, target }), step('connect', { vm })],
  ...[createTarget(vm), step('begin-log', { vm })],
];

/** N6 up to the last harvest, each message received as it is sent. */
export const stop = (vm = 0, vcpus = 1): readonly Call[] => [
  ...['freeze', 'quiesce', 'send-vcpus'].map((name) => step(name, { vm })),
  ...Array.from({ length: vcpus }, () => step('receive', { vm, frame: null })),
  ...[step('send-state', { vm }), step('receive', { vm, frame: null })],
  step('final-harvest', { vm }),
];
/** The target has everything, says so, and is told to start; the source gives its copy up. */
export const handOver = (vm = 0): readonly Call[] => [
  ...[step('request-state', { vm }), step('receive', { vm, frame: null })],
  ...['receive-reply', 'release', 'send-start'].map((name) => step(name, { vm })),
  ...[step('receive', { vm, frame: null }), step('receive-reply', { vm })],
  step('clean-up', { vm }),
];
/** Each page is sent and received as it was when the guest began: pages 0 and 1 hold something. */
export const sendAll = (vm = 0): readonly Call[] => [
  ...[copy(0, vm), place(0, vm), copy(1, vm), place(1, vm)],
  ...[copy(2, vm), step('receive', { vm, frame: null })],
];

/** Stop-and-copy: all pages are sent while the guest stands still (4.B.1). */
export const stopAndCopy = (target = 1, vm = 0, vcpus = 1, source = 0): readonly Call[] => [
  ...begin(target, vm, source),
  ...stop(vm, vcpus),
  ...sendAll(vm),
  ...handOver(vm),
];

/** A step of the post-copy of VM 0. */
export const postcopy = (name: string, more: Values = {}): Call => ({
  kind: `postcopy.${name}`,
  args: { vm: 0, ...more },
});
/** N1 to N3 of a migration that may end by post-copy. */
export const beginAdvised: readonly Call[] = [
  ...[start(), step('connect'), postcopy('advise')],
  ...[createTarget(), step('begin-log')],
];
/** The last harvest is over: the target throws away what is left to send, and runs the VM. */
export const switchOver: readonly Call[] = [
  ...[postcopy('switch'), receive, step('request-state'), receive, step('receive-reply')],
  ...[step('release'), step('send-start'), receive, step('receive-reply')],
];
/** A paused post-copy goes on over a new connection. */
export const recovery: readonly Call[] = [
  ...[postcopy('listen'), postcopy('recover'), step('receive-reply'), receive],
  step('receive-reply'),
];

export class MigrationStory {
  readonly state: Vmm;
  private readonly host;
  private readonly watch;

  constructor(scope: VmmScope) {
    this.host = inPlace(vmmMachine, scope);
    this.watch = monitor(vmmMachine, scope, vmmProperties);
    this.state = this.host.initial();
    complain(this.watch.start(this.state), 'the initial state');
  }

  /** Runs commands, none of which may be refused or violate a property; returns their events. */
  run(...calls: readonly Call[]): readonly AnyEvent[] {
    return calls.flatMap((call) => {
      const result = this.host.step(this.state, call);
      if (!result.ok) throw new Error(`${show(call)} is refused: ${result.rejection.code}`);
      complain(this.watch.after(call, result.events), show(call));
      return result.events;
    });
  }

  /** The code with which a command is refused. */
  refusal(call: Call): string {
    const result = this.host.step(this.state, call);
    if (result.ok) throw new Error(`${show(call)} is not refused`);
    return result.rejection.code;
  }

  /** What the pages of a VM hold on a host. */
  pages(host: number, vm = 0): readonly number[] {
    const { memory, guests } = this.state.hosts.at(host);
    const { size } = memory.vms.at(vm);
    return Array.from({ length: size }, (_, page) =>
      contentOf({ host: memory, guests }, { vm, page }),
    );
  }
  /** Pages that are still to be sent. */
  get toSend(): readonly number[] {
    const { send } = this.migration;
    return [...send].flatMap((left, page) => (left ? [page] : []));
  }
  /** Pages in the dirty log of the source. */
  get dirty(): readonly number[] {
    const { pages } = this.state.hosts.at(0).memory.vms.at(0);
    return [...pages].flatMap(({ logged }, page) => (logged ? [page] : []));
  }
  get migration() {
    return this.state.clusters.at(0).migrations.at(0);
  }
  get ownership() {
    return this.state.clusters.at(0).ownership.at(0);
  }
  /** The hosts on which a VM runs. */
  where(vm = 0): readonly number[] {
    return [...this.state.hosts].flatMap(({ memory }, id) => {
      const stopped = memory.stopped.some((vms) => vms.at(vm));
      return memory.vms.at(vm).state === 'running' && !stopped ? [id] : [];
    });
  }
}

const show = ({ kind, args }: Call): string => `${kind} ${JSON.stringify(args)}`;

function complain(violations: readonly { property: string; message: string }[], where: string) {
  const [first] = violations;
  if (first !== undefined) throw new Error(`${where}: ${first.property}: ${first.message}`);
}
