/** Lines from a stream that nobody vouches for: bounded in length, and UTF-8 or refused. */

/** Longer lines, in bytes, are refused; of one, never more is kept. */
const lineBytesMax = 2 ** 22;

export interface LineReader {
  /** Takes in a piece; calls back for each line that it ends. */
  push(piece: Uint8Array): void;
}

const newline = 10;

/** `onLine` gets each line without its end; `onProblem` is told once, and nothing is read after it. */
export function lineReader(
  onLine: (line: string) => void,
  onProblem: (problem: string) => void,
): LineReader {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let kept: Uint8Array[] = [];
  let length = 0;
  let broken = false;
  const fail = (problem: string): void => {
    broken = true;
    kept = [];
    onProblem(problem);
  };
  const line = (last: Uint8Array): string | undefined => {
    const bytes = kept.length === 0 ? last : joined(kept, last, length + last.length);
    kept = [];
    length = 0;
    try {
      return decoder.decode(bytes);
    } catch {
      fail('a line is not UTF-8');
      return undefined;
    }
  };
  return {
    push(piece) {
      let from = 0;
      while (!broken) {
        const end = piece.indexOf(newline, from);
        const part = piece.subarray(from, end < 0 ? piece.length : end);
        if (length + part.length > lineBytesMax) {
          fail(`a line is longer than ${lineBytesMax} bytes`);
          return;
        }
        if (end < 0) {
          // The stream may use its buffer again.
          if (part.length > 0) kept.push(part.slice());
          length += part.length;
          return;
        }
        const text = line(part);
        if (text !== undefined) onLine(text);
        from = end + 1;
      }
    },
  };
}

function joined(parts: readonly Uint8Array[], last: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of [...parts, last]) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
