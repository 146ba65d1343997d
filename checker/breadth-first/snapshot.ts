/** What a checkpoint has of the states found last, as words; and back. */
import type { Rows } from '../rows.ts';
import { Footprints } from './sleep-sets.ts';
import type { Worker } from './worker.ts';

/** Words that are written, or read, at a time. */
const atATime = 2 ** 16;

/** The keys of the states found last, some at a time. */
export function* keysOf<S>({ common, expander }: Worker<S>): Generator<Int32Array> {
  const { form } = expander;
  const { next } = common;
  const some = Math.ceil(atATime / form.keyWords);
  const left = new Int32Array(form.leftWords + 1);
  for (let from = 0; from < next.count; from += some) {
    const end = Math.min(from + some, next.count);
    const keys = new Int32Array((end - from) * form.keyWords);
    for (let rank = from; rank < end; rank++) {
      form.leaveAgain(next.chunk(rank), next.at(rank), left);
      keys.set(left.subarray(0, form.keyWords), (rank - from) * form.keyWords);
    }
    yield keys;
  }
}

/** Rows from a number on, some at a time. */
export function* rowsFrom(rows: Rows, first: number): Generator<Int32Array> {
  const some = Math.ceil(atATime / rows.width);
  for (let from = first; from < rows.count; from += some) {
    const end = Math.min(from + some, rows.count);
    const words = new Int32Array((end - from) * rows.width);
    for (let row = from; row < end; row++) {
      const at = rows.at(row);
      words.set(rows.chunk(row).subarray(at, at + rows.width), (row - from) * rows.width);
    }
    yield words;
  }
}

/** What is needed to expand the states found last: their rows, the rests, and what sleeps in each. */
export function* levelOf<S>({ common, expander }: Worker<S>): Generator<Int32Array> {
  const { rests } = expander.form;
  const { next, sleeping } = common;
  yield Int32Array.of(next.count, rests.count);
  yield* rowsFrom(next, 0);
  for (let number = 0; number < rests.count; number++) {
    const words = new Int32Array(rests.words);
    rests.write(number, words);
    yield words;
  }
  if (sleeping === undefined) return;
  for (let rank = 0; rank < next.count; rank++) {
    const [start, stop] = [sleeping.next.start(rank), sleeping.next.stop(rank)];
    yield Int32Array.of(stop - start);
    yield sleeping.next.of(rank).slice(start, stop);
  }
}

/** Takes back what `levelOf` gave. */
export function restoreLevel<S>({ common, expander, id }: Worker<S>, words: Int32Array): void {
  const { rests } = expander.form;
  const { next, sleeping } = common;
  const [states = 0, restCount = 0] = words;
  let at = 2;
  for (let rank = 0; rank < states; rank++, at += next.width) next.push(words, at);
  for (let number = 0; number < restCount; number++, at += rests.words) {
    rests.numberOf(words.subarray(at, at + rests.words));
  }
  if (sleeping === undefined) return;
  sleeping.next.begin(id, 0, states);
  for (let rank = 0; rank < states; rank++) {
    const stop = at + 1 + (words[at] as number);
    sleeping.next.open(rank);
    for (at++; at < stop; at += Footprints.width) sleeping.next.add(rank, words, at);
  }
}
