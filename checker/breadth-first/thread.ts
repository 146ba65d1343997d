/** The program of a thread that takes part in a search: it does what the control names. */
import { workerData } from 'node:worker_threads';
import type { Machine, Scope } from '../../machine/index.ts';
import { controlWords, word } from './common.ts';
import { sharedMemories } from './memory.ts';
import { type BreadthFirstOptions, expanderOptionsOf } from './options.ts';
import { tasks } from './team.ts';
import type { Started } from './threads.ts';
import { Worker } from './worker.ts';

/** What the source of a search gives. */
interface Searched {
  readonly machine: Machine;
  readonly scope: Scope;
  readonly options: BreadthFirstOptions<unknown>;
}

const { id, workers, buffers, source } = workerData as Started;
const own = new Map(buffers);
const memories = sharedMemories(own);
const control = memories('control').reach(controlWords);
try {
  await work();
} catch (error) {
  // The leader looks at this while it waits: it would not see an event.
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  memories('failure')
    .reach(text.length)
    .set(Array.from(text, (_, i) => text.charCodeAt(i)));
  Atomics.store(control, word.failed, text.length);
  Atomics.notify(control, word.done);
}

async function work(): Promise<void> {
  const module = (await import(source.module)) as Record<string, (given: unknown) => unknown>;
  const searched = await module[source.name]?.(source.argument);
  const { machine, scope, options } = searched as Searched;
  const worker = new Worker(machine, scope, expanderOptionsOf(options), { id, workers, memories });
  if (own.size !== buffers.size) throw new Error('the source gives another search');
  let phase = Atomics.load(control, word.phase);
  for (;;) {
    Atomics.add(control, word.done, 1);
    Atomics.notify(control, word.done);
    Atomics.wait(control, word.phase, phase);
    phase = Atomics.load(control, word.phase);
    const task = tasks[Atomics.load(control, word.task)];
    if (task === undefined || task === 'end') return;
    for (const _ of worker[task]());
  }
}
