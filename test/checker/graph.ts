/** Machines that are drawn as graphs: what a search does on them can be followed with a finger. */
import {
  type Infer,
  int,
  type Machine,
  propertiesOf,
  record,
  type Scope,
} from '../../machine/index.ts';

const shape = record({ at: int(9) });
export interface Place extends Infer<typeof shape> {}
interface M {
  readonly state: Place;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
export const { invariant, sometimes, transition, within } = propertiesOf<M>();
export const scope: Scope = { name: 'all', purpose: 'A test.', sizes: {} };

/** A run begins at 0 and goes along the edges. */
export const graph = (edges: Readonly<Record<number, readonly number[]>>): Machine<Place> => ({
  name: 'graph',
  version: 1,
  shape,
  commands: {
    go: {
      actor: 'host',
      summary: 'Goes along an edge.',
      args: { to: int(9) },
      requires: [
        ['no-edge', ['to'], (s: Place, a: { to: number }) => !edges[s.at]?.includes(a.to)],
      ],
      effect: (d: Place, a: { to: number }) => {
        d.at = a.to;
      },
    },
  },
  operations: {},
  initial: () => ({ at: 0 }),
  scopes: { all: scope },
});

/** The places after the calls of a trace. */
export const places = (trace: readonly { readonly args: Readonly<Record<string, unknown>> }[]) =>
  trace.map(({ args }) => args.to);

export const neverAt = (place: number) =>
  invariant({
    id: `never-at-${place}`,
    name: `no run comes to ${place}`,
    violation: ({ at }) => (at === place ? `it is at ${place}` : null),
  });
