/**
 * A system that keeps snapshots need not do again what two traces begin with. Made for shrinking,
 * where each trace begins as one before it did.
 */
import type { Trace } from '../../generators/index.ts';
import type { Call } from '../../machine/index.ts';
import type { AsyncAdapter } from '../reference/lockstep.ts';
import type { Reply } from '../reference/reply.ts';
import type { System } from './system.ts';

/** What is carried out between two snapshots: one costs as much as a command. */
const between = 4;

/** A command that the system carried out, and what was seen of it. */
interface Done {
  /** Its place in the trace. */
  readonly at: number;
  readonly reply: Reply;
  /** Whether its state after that is kept, under the number of commands carried out by then. */
  readonly kept: boolean;
}

/**
 * For each trace, an adapter that carries out its commands, some of them perhaps left out; undefined
 * for a system without snapshots.
 */
export function resuming(system: System): ((trace: Trace) => AsyncAdapter) | undefined {
  const { snapshot, restore, observe } = system;
  if (snapshot === undefined || restore === undefined) return undefined;
  // Of the trace before, what was carried out.
  let before: Trace = [];
  let done: Done[] = [];
  /** What the system showed after so many commands. */
  let views: unknown[] = [];
  const guarded = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      // The process may have ended, and what it kept with it.
      done = [];
      throw error;
    }
  };
  return (trace) => {
    let next = 0;
    /** So many commands are told again; whatever comes after them is carried out. */
    let told = 0;
    let count = 0;
    return {
      async reset() {
        const same = sharedLength(before, trace);
        const last = done.findLastIndex(({ kept, at }) => kept && at < same);
        told = last + 1;
        await guarded(async () => {
          if (told > 0 && (await restore(told))) return;
          told = 0;
          await system.reset();
        });
        before = trace;
        done = done.slice(0, told);
        views = told === 0 ? [] : views.slice(0, told + 1);
      },
      async step(command) {
        const known = done[count++];
        if (known !== undefined) {
          next = known.at + 1;
          return known.reply;
        }
        const at = trace.indexOf(command, next);
        next = at + 1;
        return guarded(async () => {
          const reply = await system.step(command);
          const kept = count % between === 0 && (await snapshot(count));
          done.push({ at, reply, kept });
          return reply;
        });
      },
      ...(observe === undefined
        ? {}
        : { observe: async () => (views[count] ??= await guarded(async () => observe())) }),
    };
  };
}

function sharedLength(before: Trace, trace: Trace): number {
  const differs = trace.findIndex((call, i) => !sameCall(call, before[i]));
  return differs < 0 ? trace.length : differs;
}

function sameCall(a: Call, b: Call | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
