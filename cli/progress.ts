/** Progress of long work, on stderr: a moving bar on a terminal, now and then a line elsewhere. */
import { SingleBar } from 'cli-progress';
import type { Io } from './io.ts';
import { count, duration } from './report/table.ts';

export interface Progress {
  /** Begins a part of the work; `total` is undefined where only time ends it. */
  begin(title: string, total?: number): void;
  /** So much of the part is done; `detail` is shown after it. */
  at(done: number, detail?: string): void;
  end(): void;
}

export function progress(io: Io): Progress {
  return io.animated ? bar() : plainLines(io);
}

function bar(): Progress {
  let shown: SingleBar | undefined;
  const end = (): void => {
    shown?.stop();
    shown = undefined;
  };
  return {
    begin(title, total) {
      end();
      const format = total === undefined ? `${title}{done}` : `${title} {bar} {value}/{total}`;
      // The bar must not take Ctrl-C for itself.
      shown = new SingleBar({
        format,
        clearOnComplete: true,
        gracefulExit: false,
        hideCursor: true,
      });
      shown.start(total ?? 0, 0, { done: '' });
    },
    at: (done, detail = '') => shown?.update(done, { done: `: ${count(done)}${detail}` }),
    end,
  };
}

const lineEveryMs = 10_000;

function plainLines(io: Io): Progress {
  let part = { title: '', total: undefined as number | undefined };
  let began = 0;
  let told = 0;
  return {
    begin(title, total) {
      part = { title, total };
      began = performance.now();
      told = began;
      io.err(`${title}${total === undefined ? '' : ` (${count(total)})`}\n`);
    },
    at(done, detail = '') {
      const now = performance.now();
      if (now - told < lineEveryMs) return;
      told = now;
      const of = part.total === undefined ? '' : ` of ${count(part.total)}`;
      io.err(
        `${part.title}: ${count(done)}${of}${detail} after ${duration((now - began) / 1000)}\n`,
      );
    },
    end() {},
  };
}
