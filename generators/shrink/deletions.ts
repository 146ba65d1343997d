/** Passes that drop commands and keep the others as they are. */
import type { Pass } from './proposal.ts';
import { without } from './proposal.ts';

/** More commands than these are not tried two, or three, at a time. */
const pairsMax = 30;
const triplesMax = 12;

/** Bisects for the shortest prefix that fails. The cursor is the longest one known not to. */
export const prefixes: Pass = function* (subject, _, from) {
  let passing = from?.[0] ?? 0;
  const { length } = subject.calls;
  while (length - passing > 1) {
    const middle = Math.floor((passing + length) / 2);
    yield without(subject, (place) => place >= middle, [passing]);
    passing = middle;
  }
};

/** Drops everything about one entity: first those that own others. The cursor counts entities. */
export const entities: Pass = function* (subject, surgeon, from) {
  const all = [...surgeon.entities(subject.calls).keys()];
  const ownersFirst = [...all.filter(isOwner), ...all.filter((entity) => !isOwner(entity))];
  for (let i = from?.[0] ?? 0; i < ownersFirst.length; i++) {
    const entity = ownersFirst[i] as string;
    const about = subject.calls.map((call) => surgeon.mentioned(call).includes(entity));
    yield without(subject, (place) => about[place] === true, [i]);
  }
};
const isOwner = (entity: string): boolean => entity.includes('//');

/** Drops everything refused, then every command of one kind. The cursor counts kinds. */
export const kinds: Pass = function* (subject, _, from) {
  const start = from?.[0] ?? -1;
  if (start < 0 && subject.accepted.includes(false)) {
    yield without(subject, (place) => subject.accepted[place] === false, [0]);
  }
  const all = [...new Set(subject.calls.map(({ kind }) => kind))];
  for (let i = Math.max(0, start); i < all.length; i++) {
    yield without(subject, (place) => subject.calls[place]?.kind === all[i], [i]);
  }
};

/**
 * Drops blocks of halving sizes, from the tail on. After a block is gone it goes on before that
 * block, at the same size. The cursor is the size and the end of the next block.
 */
export const chunks: Pass = function* (subject, _, from) {
  const { length } = subject.calls;
  let size = from?.[0] ?? Math.max(1, Math.floor(length / 2));
  let end = Math.min(length, from?.[1] ?? length);
  for (; size >= 1; size = Math.floor(size / 2)) {
    for (; end > 0; end -= size) {
      const start = Math.max(0, end - size);
      const stop = end;
      yield without(subject, (place) => place >= start && place < stop, [size, start]);
    }
    end = length;
  }
};

/** Drops two commands. The cursor is the place of the first. */
export const pairs: Pass = function* (subject, _, from) {
  const { length } = subject.calls;
  if (length > pairsMax) return;
  for (let i = from?.[0] ?? 0; i < length; i++) {
    for (let j = i + 1; j < length; j++) {
      yield without(subject, (place) => place === i || place === j, [i]);
    }
  }
};

/** Drops three commands. The cursor is the place of the first. */
export const triples: Pass = function* (subject, _, from) {
  const { length } = subject.calls;
  if (length > triplesMax) return;
  for (let i = from?.[0] ?? 0; i < length; i++) {
    for (let j = i + 1; j < length; j++) {
      for (let k = j + 1; k < length; k++) {
        yield without(subject, (place) => place === i || place === j || place === k, [i]);
      }
    }
  }
};
