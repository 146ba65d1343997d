/** A team of threads over shared memory. The leader is the thread that asks for it. */
import { Worker } from 'node:worker_threads';
import { controlWords, word } from './common.ts';
import { sharedMemories } from './memory.ts';
import { type Team, tasks } from './team.ts';

/**
 * Where another thread finds what is searched, for functions cannot be sent to it: an export of a
 * module that is given the argument, and returns the machine, the scope and the options (or a
 * promise of them) that the search was called with.
 */
export interface Source {
  /** The URL of the module. */
  readonly module: string;
  readonly name: string;
  /** Anything that can be cloned. */
  readonly argument: unknown;
}

/** What a thread is started with. */
export interface Started {
  readonly id: number;
  readonly workers: number;
  readonly buffers: ReadonlyMap<string, SharedArrayBuffer>;
  readonly source: Source;
}

/** Milliseconds between two looks at what else there is to do. */
const patience = 20;

/** Threads start from the built files, also where the sources are run as they are. */
const program = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/checker/breadth-first/thread.js' : './thread.js',
  import.meta.url,
);

export function threads(workers: number, source: Source): Team {
  const buffers = new Map<string, SharedArrayBuffer>();
  const memories = sharedMemories(buffers);
  const control = memories('control').reach(controlWords);
  const failure = memories('failure');
  failure.reach(1);
  const areDone = (): boolean => {
    const done = Atomics.load(control, word.done);
    if (Atomics.load(control, word.failed) !== 0) {
      const length = Atomics.load(control, word.failed);
      throw new Error(`a thread of the search failed: ${textOf(failure.reach(length), length)}`);
    }
    if (done === workers - 1) return true;
    Atomics.wait(control, word.done, done, patience);
    return Atomics.load(control, word.done) === workers - 1;
  };
  const begin = (): void => {
    Atomics.store(control, word.done, 0);
    Atomics.add(control, word.phase, 1);
    Atomics.notify(control, word.phase);
  };
  return {
    workers,
    memories,
    start() {
      for (let id = 1; id < workers; id++) {
        const workerData: Started = { id, workers, buffers, source };
        // What is left of a search that was given up does not keep the process.
        new Worker(program, { workerData }).unref();
      }
    },
    isReady: areDone,
    begin,
    isBusy: () => !areDone(),
    end() {
      Atomics.store(control, word.task, tasks.indexOf('end'));
      begin();
    },
  };
}

function textOf(words: Int32Array, length: number): string {
  return String.fromCharCode(...words.subarray(0, length));
}
