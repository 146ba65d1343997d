/**
 * The small VMM behind the interface that the oracle holds: commands become calls, ids become the
 * VMM's own names and addresses, and what it has is shown in the form of the model's state.
 */
import type { VmmSizes } from '../../model/index.ts';
import { type Adapter, handles, type Reply } from '../../oracle/index.ts';
import { type Access, Refusal, SmallVmm, type SmallVmmBug } from './memory.ts';

/** The arguments that commands of memory have. */
interface Args {
  readonly vm: number;
  readonly page: number;
  readonly virtual: number;
  readonly size: number;
  readonly reservation: number;
  readonly huge: boolean;
  readonly writable: boolean;
  readonly content: number;
  readonly keep: boolean;
}

/** No VM has this name, so the VMM refuses it. */
const nobody = '';
const done: Reply = { ok: true, events: [] };
const frameAt = (address: number): number => address / 4096;
const tookFrame = (address: number): Reply => ({ ...done, choices: { frame: frameAt(address) } });

/** The commands that the small VMM has: traces are drawn from these. */
export const smallVmmCommands: readonly string[] = [
  'create-vm',
  'destroy-vm',
  'map',
  'unmap',
  'read',
  'write',
  'host-write',
  'populate',
  'scrub',
  'swap-out-begin',
  'swap-out-end',
  'swap-in',
  'merge-page',
  'break-share',
  'break-last',
].map((name) => `memory.${name}`);

/** Holds a small VMM with as many frames, slots and so on as a scope says. */
export function smallVmm(sizes: VmmSizes, bugs: readonly SmallVmmBug[] = []): Adapter {
  const fresh = (): SmallVmm => new SmallVmm(configOf(sizes), bugs);
  let vmm = fresh();
  let vms = handles<string>();
  let created = 0;
  const name = (id: number): string => vms.handle(id) ?? nobody;
  const operations: Readonly<Record<string, (a: Args) => Reply>> = {
    'memory.create-vm': ({ vm, size, reservation, huge }) => {
      const own = vms.handle(vm) ?? `vm-${++created}`;
      const overhead = vmm.create(own, size, reservation, huge).map(frameAt);
      vms.bind(vm, own);
      return { ...done, choices: { overhead: overhead.sort((a, b) => a - b) } };
    },
    'memory.destroy-vm': ({ vm }) => {
      vmm.destroy(name(vm));
      vms.release(vm);
      return done;
    },
    'memory.map': ({ vm, virtual, page, writable }) => {
      vmm.map(name(vm), virtual, page, writable);
      return done;
    },
    'memory.unmap': ({ vm, virtual }) => {
      vmm.unmap(name(vm), virtual);
      return done;
    },
    'memory.read': (a) => {
      const access = vmm.read(name(a.vm), a.virtual);
      return 'done' in access
        ? { ok: true, events: [{ type: 'read', vm: a.vm, content: access.done }] }
        : heldUp(access, a);
    },
    'memory.write': (a) => {
      const access = vmm.write(name(a.vm), a.virtual, a.content);
      return 'done' in access
        ? { ok: true, events: [{ type: 'written', vm: a.vm, page: access.page }] }
        : heldUp(access, a);
    },
    'memory.host-write': ({ vm, page, content }) => {
      vmm.poke(name(vm), page, content);
      return done;
    },
    'memory.populate': ({ vm, page }) => tookFrame(vmm.populate(name(vm), page)),
    'memory.scrub': () => tookFrame(vmm.scrub()),
    'memory.swap-out-begin': ({ vm, page }) => {
      return { ...done, choices: { slot: vmm.beginWriteOut(name(vm), page) } };
    },
    'memory.swap-out-end': ({ vm, page }) => {
      const stays = vmm.endWriteOut(name(vm), page);
      return { ok: true, events: stays ? [{ type: 'swap-out-aborted', vm, page }] : [] };
    },
    // This VMM keeps no copy in its swap area of what it has read back.
    'memory.swap-in': ({ vm, page, keep }) => {
      return keep ? { unsupported: true } : tookFrame(vmm.swapIn(name(vm), page));
    },
    'memory.merge-page': ({ vm, page }) => tookFrame(vmm.merge(name(vm), page)),
    'memory.break-share': ({ vm, page }) => tookFrame(vmm.breakShare(name(vm), page)),
    'memory.break-last': ({ vm, page }) => {
      vmm.ownAgain(name(vm), page);
      return done;
    },
  };
  const pageOf = (vm: string, page: number): unknown => {
    const there = vmm.look(vm, page);
    if (there === null) return { at: { kind: 'unbacked' } };
    if ('block' in there) return { at: { kind: 'swapped', slot: there.block } };
    return { at: { kind: 'mapped', frame: frameAt(there.frame) } };
  };
  const vmOf = (id: number): unknown => {
    const own = vms.handle(id);
    if (own === undefined) return { state: 'absent' };
    const size = vmm.sizeOf(own);
    const pages = Array.from({ length: size }, (_, page) => pageOf(own, page));
    return { state: 'running', size, pages: { ...pages } };
  };
  return {
    reset() {
      vmm = fresh();
      vms = handles();
    },
    step({ kind, args }) {
      const operation = operations[kind];
      if (operation === undefined) throw new Error(`the small VMM has no ${kind}`);
      try {
        return operation(args as unknown as Args);
      } catch (error) {
        if (error instanceof Refusal) return { ok: false, rejection: { code: error.message } };
        throw error;
      }
    },
    observe() {
      const vms_ = Array.from({ length: sizes.vm }, (_, id) => vmOf(id));
      const { freeFrames, freeBlocks } = vmm;
      return { hosts: [{ memory: { freeFrames, freeSlots: freeBlocks, vms: vms_ } }] };
    },
  };
}

function configOf(sizes: VmmSizes): ConstructorParameters<typeof SmallVmm>[0] {
  const { frame, slot, hypervisor, overhead, emergency, maxSharing } = sizes;
  return { frames: frame, blocks: slot, hypervisor, overhead, emergency, maxSharers: maxSharing };
}

/** An access that did not happen: the guest waits for the page, or has mapped nothing there. */
function heldUp(access: Exclude<Access, { done: number }>, { vm, virtual }: Args): Reply {
  if ('fault' in access) return { ok: true, events: [{ type: 'guest-fault', vm, virtual }] };
  return { ok: true, events: [{ type: 'stalled', vm, page: access.page, wait: access.waits }] };
}
