/**
 * Closed swarm testing: most traces do without some kinds of commands, since one kind can keep
 * undoing what another needs; but never without a kind that others cannot happen without.
 */
import * as fc from 'fast-check';
import type { Call, Machine, Scope } from '../machine/index.ts';
import { Walker, type WalkOptions } from './walk.ts';

/** The probe that finds out what is needed: it is the same for a machine every time. */
const probe = { seed: 20, numRuns: 6 };
const probeLength = 120;
/** A kind counts as lost when so many accepted commands of it became none. */
const lostMin = 6;

const known = new WeakMap<object, Map<string, readonly string[]>>();

/**
 * The kinds of `options.kinds` that others can do without, in the order of the machine: each is left
 * out of a short fixed probe, and is needed where some other kind never happens then. Probed once for
 * each machine and scope.
 */
export function dispensableKinds<S>(
  machine: Machine<S>,
  scope: Scope,
  options: WalkOptions,
): readonly string[] {
  const ofMachine = known.get(machine) ?? new Map<string, readonly string[]>();
  known.set(machine, ofMachine);
  const key = JSON.stringify([scope.sizes, scope.commands, options.kinds, options.weights]);
  const found = ofMachine.get(key) ?? probeKinds(machine, scope, options);
  ofMachine.set(key, found);
  return found;
}

function probeKinds<S>(machine: Machine<S>, scope: Scope, options: WalkOptions): readonly string[] {
  const all = acceptedKinds(machine, scope, options, new Set());
  return options.kinds.filter((kind) => {
    // What hardly happens anyway tells nothing by happening less.
    const without = acceptedKinds(machine, scope, options, new Set([kind]));
    for (const [other, count] of all) {
      if (other !== kind && count >= lostMin && !without.has(other)) return false;
    }
    return true;
  });
}

/** How often each kind was accepted in the probe. */
function acceptedKinds<S>(
  machine: Machine<S>,
  scope: Scope,
  options: WalkOptions,
  off: ReadonlySet<string>,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const observer = {
    begin: () => false,
    accepted: (_: unknown, { kind }: Call) => {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return false;
    },
    refused: () => false,
  };
  const probed = { ...options, maxLength: probeLength, illegal: 0 };
  fc.sample(new Probe(machine, scope, probed, off, observer), probe);
  return counts;
}

/** Gives the walker a random source: fast-check hands one only to arbitraries. */
class Probe<S> extends fc.Arbitrary<number> {
  private readonly take: (random: fc.Random) => number;
  constructor(
    machine: Machine<S>,
    scope: Scope,
    options: WalkOptions,
    off: ReadonlySet<string>,
    observer: Parameters<Walker<S>['walk']>[2],
  ) {
    super();
    let walker: Walker<S> | undefined;
    this.take = (random) => {
      walker ??= new Walker(machine, scope, options, random);
      return walker.walk(random, off, observer).length;
    };
  }
  override generate(random: fc.Random): fc.Value<number> {
    return new fc.Value(this.take(random), undefined);
  }
  override canShrinkWithoutContext(_: unknown): _ is number {
    return false;
  }
  override shrink(): fc.Stream<fc.Value<number>> {
    return fc.Stream.nil();
  }
}

/** Draws which of the dispensable kinds a trace does without: each with a rate of the trace's own. */
export function drawOff(random: fc.Random, dispensable: readonly string[]): ReadonlySet<string> {
  const off = new Set<string>();
  const rate = random.nextInt(1, 4);
  for (const kind of dispensable) if (random.nextInt(1, 8) <= rate) off.add(kind);
  return off;
}
