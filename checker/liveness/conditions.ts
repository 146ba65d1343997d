/**
 * Fairness conditions: groups of calls that a run may not put off for ever. A declared fairness is
 * one condition, or one for each combination of the values of the arguments that split it. And calls
 * that a run must cease to make.
 */
import type { Call, Fairness, Liveness, Machine, Packed } from '../../machine/index.ts';

export class Conditions {
  /** By number of a condition. Numbers are given when a call of the condition is first seen. */
  readonly strengths: Fairness['strength'][] = [];
  private readonly fairness: readonly Fairness[];
  private readonly host: Packed<unknown>;
  private readonly numbers = new Map<string, number>();
  private readonly ofCalls: (readonly number[] | undefined)[] = [];
  /** By number of a call. */
  private readonly ceasing: readonly boolean[];

  /** Throws where a property names a command or an argument that is not there. */
  constructor(host: Packed<unknown>, { fairness, ceasing = [] }: Liveness) {
    for (const each of fairness) refuseUnknown(host.machine, each);
    for (const kind of ceasing) {
      if (kind in host.machine.commands) continue;
      throw new Error(`'${kind}' is to cease, which is no command`);
    }
    this.host = host;
    this.fairness = fairness;
    this.ceasing = host.kinds.flatMap(({ kind, first, end }) =>
      new Array<boolean>(end - first).fill(ceasing.includes(kind)),
    );
  }

  /** Whether a call, by its number, may be part of what a run does for ever. */
  mayGoOn(call: number): boolean {
    return this.ceasing[call] !== true;
  }

  get count(): number {
    return this.strengths.length;
  }

  /** The conditions that a call satisfies when it is taken; the call by its number. */
  of(call: number): readonly number[] {
    this.ofCalls[call] ??= this.find(this.host.call(call));
    return this.ofCalls[call];
  }

  private find({ kind, args }: Call): readonly number[] {
    return this.fairness.flatMap(({ commands, strength, each = [] }, i) => {
      if (!commands.includes(kind)) return [];
      const key = JSON.stringify([i, ...each.map((name) => args[name])]);
      const known = this.numbers.get(key);
      if (known !== undefined) return [known];
      this.numbers.set(key, this.count);
      return [this.strengths.push(strength) - 1];
    });
  }
}

function refuseUnknown({ commands: declared }: Machine, { commands, each = [] }: Fairness): void {
  for (const kind of commands) {
    const command = declared[kind];
    if (command === undefined) throw new Error(`fairness names '${kind}', which is no command`);
    for (const name of each) {
      if (name in command.args) continue;
      throw new Error(`fairness is split by '${name}', which is no argument of '${kind}'`);
    }
  }
}
