/** Judging notes: what the recording script computed from messages that the log holds too. */
import { canonical } from '../log.ts';
import { differs } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import type { Machine } from './machine.ts';
import type { NoteRecord } from './records.ts';

const MIB: number = 1024 * 1024;
/** Fields that copy the latest message of some kind; without a kind, of any command. */
const COPIES: Readonly<Record<string, readonly string[]>> = {
  query: ['query-balloon'],
  guest: ['info'],
  a: ['alloc'],
  b: ['balloon'],
  i: ['insmod', 'rmmod'],
  q: ['query-balloon'],
  r: ['balloon', 'qom-set'],
  s: ['qom-get'],
  err: ['stderr'],
};

/** Judges a note about a machine. */
export function note(machine: Machine, record: NoteRecord): Contradiction | undefined {
  return (
    copies(machine, record) ??
    sizes(machine, record) ??
    summary(machine, record) ??
    tail(machine, record.tail)
  );
}

function copies(machine: Machine, record: NoteRecord): Contradiction | undefined {
  for (const [key, kinds] of Object.entries(COPIES)) {
    const copy = record[key];
    // Null stands for a message that never came.
    if (copy === undefined || copy === null) continue;
    const text = canonical(copy);
    const latest = kinds.flatMap((kind) => machine.heard.get(kind) ?? []);
    const heard = latest.length > 0 ? latest : [...machine.heard.values()];
    if (heard.some(({ texts }) => texts.includes(text))) continue;
    const [original] = [...heard].sort((one, other) => other.place.line - one.place.line);
    const allowed = original?.texts.at(-1) ?? 'nothing: there was no such message';
    return differs(key, text, allowed, original?.place);
  }
  return undefined;
}

function sizes(machine: Machine, record: NoteRecord): Contradiction | undefined {
  const { targetMiB, finalMiB, steps } = record;
  const last = machine.polls.at(-1);
  if (targetMiB !== undefined && !near(targetMiB, machine.asked)) {
    return differs('targetMiB', targetMiB, inMib(machine.asked));
  }
  if (typeof finalMiB === 'number' && !near(finalMiB, last)) {
    return differs('finalMiB', finalMiB, inMib(last), machine.seenAt);
  }
  if (steps === undefined) return undefined;
  const said = changes(steps.flatMap(([, mib]) => (mib === null ? [] : [Math.round(mib)])));
  const polled = changes(machine.polls.map((bytes) => bytes / MIB));
  machine.polls = [];
  return follows(said, polled) ? undefined : differs('steps[][]', said.join(' '), rounded(polled));
}

/** Whether the steps are the polled sizes in whole mebibytes, rounded in whatever direction. */
function follows(said: readonly number[], polled: readonly number[]): boolean {
  let at = 0;
  for (const mib of polled) {
    const here = said[at];
    const next = said[at + 1];
    if (next !== undefined && Math.abs(next - mib) < 1 && !closer(here, next, mib)) at += 1;
    else if (here === undefined || Math.abs(here - mib) >= 1) return false;
  }
  return at === said.length - 1 || said.length === polled.length;
}

function closer(here: number | undefined, next: number, mib: number): boolean {
  return here !== undefined && Math.abs(here - mib) < Math.abs(next - mib);
}

function rounded(polled: readonly number[]): string {
  return polled.map((mib) => Math.round(mib * 10) / 10).join(' ');
}

function changes(values: readonly number[]): number[] {
  return values.filter((value, index) => index === 0 || value !== values[index - 1]);
}

function near(mib: number, bytes: number | undefined): boolean {
  return bytes !== undefined && Math.abs(mib - bytes / MIB) < 1;
}

function inMib(bytes: number | undefined): number | string {
  return bytes === undefined ? 'nothing was read' : bytes / MIB;
}

function summary(machine: Machine, record: NoteRecord): Contradiction | undefined {
  const { events, exited, deflateOnOom } = record;
  if (events !== undefined) {
    const wrong = differs('events', events, machine.events);
    if (wrong !== undefined) return wrong;
  }
  if (exited !== undefined) {
    const wrong = differs('exited', exited, machine.exited);
    if (wrong !== undefined) return wrong;
  }
  if (deflateOnOom === undefined) return undefined;
  return differs('deflateOnOom', deflateOnOom, machine.balloon.oom ? 'on' : 'off');
}

/** The end of the guest's console: the agent's answers stand there as lines that begin with @. */
function tail(machine: Machine, text: string | undefined): Contradiction | undefined {
  const lines = (text?.split('\n') ?? []).filter((line) => line.startsWith('@{'));
  for (const [index, line] of lines.entries()) {
    const answer = parsed(line.slice(1));
    if (answer === undefined) continue;
    const said = canonical(answer);
    if (machine.answers.some((each) => each.text === said)) continue;
    const original = machine.answers.at(index - lines.length);
    return differs('tail', said, original?.text ?? 'an answer of the agent', original?.place);
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The console may be cut in the middle of a line.
    return undefined;
  }
}
