/**
 * A machine of one's own, with everything that there is for it: an allocator of blocks that may take
 * any free block, explored completely, tried at random, and held against an implementation.
 */
import * as fc from 'fast-check';
import { breadthFirst } from '../checker/index.ts';
import { traces } from '../generators/index.ts';
import * as m from '../machine/index.ts';
import { type Adapter, lockstep, oracle } from '../oracle/index.ts';

const client = m.index('client');
const block = m.index('block');
const shape = m.record({ owners: m.array(block, m.option(m.ref(client))) });
interface Pool extends m.Infer<typeof shape> {}
interface PoolModel extends m.Model {
  readonly state: Pool;
  readonly sizes: { readonly client: number; readonly block: number; readonly quota: number };
}
const command = m.commandsOf<PoolModel>();
const owned = ({ owners }: { owners: Iterable<number | null> }, by: number): number =>
  [...owners].filter((owner) => owner === by).length;

const commands = {
  allocate: command({
    actor: 'guest',
    summary: 'A client gets a free block; which one is for the pool to choose.',
    args: { client: m.ref(client), block: m.choice(m.ref(block)) },
    requires: [
      ['over-quota', ['client'], (s, a, c) => owned(s, a.client) >= c.size.quota],
      ['in-use', ['block'], (s, a) => s.owners.at(a.block) !== null],
    ],
    effect(s, a) {
      s.owners[a.block] = a.client;
    },
  }),
  free: command({
    actor: 'guest',
    summary: 'A client gives a block back.',
    args: { client: m.ref(client), block: m.ref(block) },
    requires: [['not-owner', ['client', 'block'], (s, a) => s.owners.at(a.block) !== a.client]],
    effect(s, a) {
      s.owners[a.block] = null;
    },
  }),
};

const small = { name: 'small', purpose: 'every state', sizes: { client: 2, block: 4, quota: 3 } };
export const pool: m.Machine<Pool, typeof commands> = {
  name: 'pool',
  version: 1,
  shape,
  commands,
  operations: {},
  initial: (z: PoolModel['sizes']) => ({ owners: m.table(z, block, () => null) }),
  scopes: { small },
};

/** An implementation: a stack of free blocks. With the bug, a block is freed for whoever asks. */
function stackPool(bug = false): Adapter {
  let free: number[] = [];
  let owners = new Map<number, number>();
  const refused = (code: string) => ({ ok: false, rejection: { code } }) as const;
  return {
    reset() {
      free = [3, 2, 1, 0];
      owners = new Map();
    },
    step({ kind, args: { client: by, block: which } }) {
      const has = [...owners.values()].filter((owner) => owner === by).length;
      if (kind === 'free') {
        const owner = owners.get(Number(which));
        if (owner === undefined || (owner !== by && !bug)) return refused('not-owner');
        owners.delete(Number(which));
        free.push(Number(which));
        return { ok: true };
      }
      if (has >= small.sizes.quota) return refused('over-quota');
      const taken = free.pop();
      if (taken === undefined) return refused('in-use');
      owners.set(taken, Number(by));
      return { ok: true, choices: { block: taken } };
    },
  };
}

const { invariant } = m.propertiesOf<PoolModel>();
const quotas = invariant({
  id: 'QUOTA',
  name: 'no client has more blocks than its quota',
  violation: (s, z) => (owned(s, 0) > z.quota || owned(s, 1) > z.quota ? 'too many' : null),
});

/** Every state, then random traces on the implementation. */
export const explorePool = () => breadthFirst(pool, small, { properties: [quotas] });
export const holdPool = (bug: boolean, seed: number) =>
  fc.check(
    fc.property(traces(pool), (trace) => lockstep(trace, stackPool(bug), oracle(pool))),
    { seed },
  );
