/** The pass that drops a command and lets another of its kind do its part. */
import type { Call, Slot } from '../../machine/index.ts';
import { changed, type Pass, type Proposal } from './proposal.ts';
import type { Subject } from './subject.ts';

/** Ids are redrawn in traces of at most this many commands, and from at most this many. */
const idsLengthMax = 12;
const idsMax = 8;

/**
 * Drops a command and gives its part to others of its kind: a number split over several commands, a
 * parity, a set of pages taken in two halves, a content that happened to collide. The cursor is the
 * place of the dropped one.
 */
export const redraw: Pass = function* (subject, surgeon, from) {
  const { calls } = subject;
  for (let gone = from?.[0] ?? 0; gone < calls.length; gone++) {
    const call = calls[gone] as Call;
    const peers = calls.flatMap((peer, i) => (i !== gone && peer.kind === call.kind ? [i] : []));
    if (peers.length === 0) continue;
    for (const slot of surgeon.facts(call.kind).plan.slots) {
      if (peers.length > 1 && slot.shape.form === 'int' && slot.values.length > 2) {
        yield redrawn(subject, gone, slot, peers, slot.values.at(-1));
      }
      for (const peer of peers) {
        const own = calls[peer]?.args[slot.name];
        for (const value of valuesFor(slot, own, call.args[slot.name], calls.length)) {
          if (value !== own) yield redrawn(subject, gone, slot, [peer], value);
        }
      }
    }
  }
};

/** What an argument may become that makes up for a dropped command which had `other`. */
function valuesFor(slot: Slot, own: unknown, other: unknown, length: number): Iterable<unknown> {
  const { shape, values } = slot;
  if (Array.isArray(own) && Array.isArray(other)) {
    const union = JSON.stringify([...new Set([...own, ...other])].sort((a, b) => a - b));
    return values.filter((value) => JSON.stringify(value) === union);
  }
  if (shape.form === 'ref' && shape.choice !== true) {
    return length <= idsLengthMax && values.length <= idsMax ? values : [];
  }
  if (shape.form !== 'int' || typeof own !== 'number' || typeof other !== 'number') return [];
  const max = values.at(-1);
  const wanted = [own + other, Math.abs(own - other), own + 1, own - 1, max, shape.min];
  return new Set(wanted.filter((value) => values.includes(value)));
}

/** The subject without one command, and with an argument of others changed. */
function redrawn(
  subject: Subject,
  gone: number,
  { name }: Slot,
  changing: readonly number[],
  value: unknown,
): Proposal {
  const whole = changed(
    subject,
    (call, i) =>
      changing.includes(i) ? { kind: call.kind, args: { ...call.args, [name]: value } } : call,
    [gone],
  );
  return {
    ...whole,
    calls: whole.calls.toSpliced(gone, 1),
    accepted: whole.accepted.toSpliced(gone, 1),
  };
}
