/** What a command may do to the outside, besides files: write, and learn that it should stop. */

/** A command writes through this, so that tests can run it in their own process. */
export interface Io {
  /** Reports. */
  out(text: string): void;
  /** Progress and complaints. */
  err(text: string): void;
  /** Whether reports may have colours. */
  readonly colours: boolean;
  /** Columns of the terminal that reports go to; undefined where there is none. */
  readonly columns: number | undefined;
  /** Whether progress may move: only on a terminal. */
  readonly animated: boolean;
  /** Aborted when the user asks to stop. */
  readonly stop: AbortSignal;
}

/** The real process. Call once: it listens to signals. */
export function processIo(): Io {
  const { stdout, stderr, env } = process;
  return {
    out: quietly(stdout),
    err: quietly(stderr),
    colours: colours(env, stdout.isTTY === true),
    columns: stdout.isTTY === true ? stdout.columns : undefined,
    animated: stderr.isTTY === true,
    stop: interrupts(),
  };
}

/** NO_COLOR (when not empty) wins over FORCE_COLOR, and that over what the terminal is. */
export function colours(env: Readonly<Record<string, string | undefined>>, tty: boolean): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '') return env.FORCE_COLOR !== '0';
  return tty && env.TERM !== 'dumb';
}

/** Writes until the reader is gone (`| head`); the command goes on, its exit code still counts. */
function quietly(stream: NodeJS.WriteStream): (text: string) => void {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    open = false;
  });
  return (text) => {
    if (open) stream.write(text);
  };
}

/** The first Ctrl-C asks to stop, so that what was found is still printed; the second kills. */
function interrupts(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}

/**
 * Lets signals and writes through between two pieces of work: a run is one long computation, and
 * without a pause Ctrl-C would wait for its end.
 */
export function pauses(everyMs = 50): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    const now = performance.now();
    if (now - last < everyMs) return undefined;
    last = now;
    return new Promise((resolve) => setImmediate(resolve));
  };
}
