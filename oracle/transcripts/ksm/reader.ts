/** Reads KSM transcripts: translates records into commands and observations of the abstraction. */
import { type LogRecord, placeOf } from '../log.ts';
import type { Formed } from '../records.ts';
import { badInput, impossible, type Outcome, possible, type System, system } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { type Answer, answered } from './answers.ts';
import { type Belief, initialBelief, observed, perhapsExited, told } from './belief.ts';
import type { Command } from './commands.ts';
import { observe } from './counters.ts';
import { fields } from './fields.ts';
import { countersOf, derived, remember, repeats, type Said, type Sample } from './notes.ts';
import { type Layout, pageCount } from './population.ts';
import {
  type AnswerRecord,
  type AskRecord,
  type KsmRecord,
  type NoteRecord,
  PAGES_MAX,
  type Parsed,
  parse,
  type StartRecord,
} from './records.ts';
import type { Counters, State } from './state.ts';
import { checkAnswer, type Step, step } from './steps.ts';
import { hintsExit, saysExit, settings } from './texts.ts';

const TOO_MANY = 'cannot be judged: too many processes may have ended';

/** Linux same-page merging. */
export const ksm: System = system<Formed<Parsed>>({
  name: 'ksm',
  title: 'Linux kernel same-page merging: counters and test processes',
  fields,
  parse,
  start() {
    const reader = new KsmReader();
    return (parsed, record) => reader.read(parsed, record);
  },
});

class KsmReader {
  private belief: Belief = initialBelief();
  private readonly layouts = new Map<string, Layout>();
  private readonly asked = new Map<string, Step[]>();
  private readonly said: Said = { answers: new Map(), frames: [], wrote: undefined };
  /** Processes that a counters record came after: their experiment has been looked at. */
  private readonly measured = new Set<string>();
  private text = '';
  private saidStopped = false;
  private acted = false;
  private lastSample: Sample | undefined;

  read(parsed: Formed<Parsed>, record: LogRecord): Outcome {
    switch (parsed.kind) {
      case 'ksm':
        return this.sample(parsed.record, record);
      case 'start':
        return this.start(parsed.record, record.line);
      case 'ask':
        return this.ask(parsed.record, record.line);
      case 'answer':
        return this.answer(parsed.record, record);
      case 'note':
        return this.note(parsed.record, record);
    }
  }

  private sample({ ksm, label }: KsmRecord, place: Place): Outcome {
    const refused = this.hear(label ?? '', place.line);
    if (refused !== undefined) return refused;
    const found = this.counters('ksm.', ksm, place, label ?? '');
    this.lastSample = { counters: ksm, place: placeOf(place) };
    return found;
  }

  private counters(prefix: string, counters: Counters, place: Place, text: string): Outcome {
    const saysStopped = settings(text).run === 0;
    const stopped = saysStopped && this.saidStopped;
    this.saidStopped = saysStopped;
    const reading = { counters, place: placeOf(place), acted: this.acted, stopped };
    for (const name of this.layouts.keys()) this.measured.add(name);
    const reset = this.acted && counters.full_scans < (this.belief[0].last?.full_scans ?? 0);
    this.acted = false;
    const open = reset ? perhapsExited(this.belief, [...this.measured]) : this.belief;
    if (open === undefined) return badInput(place.line, '', TOO_MANY);
    return this.conclude(
      observed(open, (state) => observe(state, reading)),
      prefix,
      10,
    );
  }

  private conclude(result: Belief | Contradiction, prefix: string, checked: number): Outcome {
    if (!('field' in result)) {
      this.belief = result;
      return possible(checked);
    }
    return impossible({ ...result, field: `${prefix}${result.field}` });
  }

  private tell(command: Command): void {
    this.belief = told(this.belief, command);
  }

  private start({ proc, argv }: StartRecord, line: number): Outcome {
    const [, seed, common, zero, identical, unique] = argv;
    const layout: Layout = { seed, common, zero, identical, unique };
    this.acted = true;
    this.layouts.delete(proc);
    const others = [...this.layouts.values()].reduce((sum, each) => sum + pageCount(each), 0);
    if (others + pageCount(layout) > PAGES_MAX) {
      return badInput(line, 'argv', `more than ${PAGES_MAX} pages in all`);
    }
    this.tell({ kind: 'exit', name: proc });
    const open = perhapsExited(this.belief, [...this.measured]);
    if (open === undefined) return badInput(line, 'proc', TOO_MANY);
    this.belief = open;
    this.layouts.set(proc, layout);
    this.measured.delete(proc);
    this.asked.set(proc, [{ kind: 'start' }]);
    this.tell({ kind: 'start', name: proc, layout });
    return possible(0);
  }

  private ask({ proc, in: text }: AskRecord, line: number): Outcome {
    const layout = this.layouts.get(proc);
    const asked = this.asked.get(proc);
    if (layout === undefined || asked === undefined) {
      return badInput(line, 'proc', `process ${proc} was not started`);
    }
    const parsed = step(text, layout);
    if (typeof parsed === 'string') return badInput(line, 'in', parsed);
    if (parsed.kind === 'exit') this.exit(proc);
    else asked.push(parsed);
    return possible(0);
  }

  private exit(name: string): void {
    this.tell({ kind: 'exit', name });
    this.layouts.delete(name);
    this.measured.delete(name);
  }

  private answer({ proc, out }: AnswerRecord, record: LogRecord): Outcome {
    const asked = this.asked.get(proc);
    if (asked === undefined)
      return badInput(record.line, 'proc', `process ${proc} was not started`);
    const question = asked.shift();
    const layout = this.layouts.get(proc);
    const wrong = checkAnswer(question, out, layout);
    if (wrong !== undefined) return impossible(wrong);
    remember(this.said, proc, out);
    if (question?.answer !== undefined) {
      const answer: Answer | string = question.answer(out);
      if (typeof answer === 'string') return badInput(record.line, 'out', answer);
      const judge = (state: State): State | Contradiction =>
        answered(state, proc, answer, placeOf(record));
      return this.conclude(observed(this.belief, judge), '', 2);
    }
    const advised = question?.kind === 'start' && out.madvise === 0;
    if (advised) this.tell({ kind: 'advise', name: proc });
    const command = question?.command?.(proc, out);
    if (command !== undefined) this.tell(command);
    return possible(1);
  }

  private note(record: NoteRecord, place: Place): Outcome {
    const refused = this.hear(record.note, place.line) ?? this.noteSettings(record, place.line);
    if (refused !== undefined) return refused;
    const wrong = derived(record, this.said);
    if (wrong !== undefined) return impossible(wrong);
    const own = countersOf(record);
    if (own !== undefined) {
      const wrongCopy = record.note.startsWith('settled ')
        ? repeats(own, this.lastSample)
        : undefined;
      if (wrongCopy !== undefined) return impossible(wrongCopy);
      return this.counters('', own, place, record.note);
    }
    if (record.run !== undefined) this.saidStopped = record.run === '0';
    if (record.after === undefined) return possible(1);
    return this.counters('after.', record.after, place, record.note);
  }

  /** Takes a label or note that was not heard before: what it says of exits and settings. */
  private hear(text: string, line: number): Outcome | undefined {
    if (text === this.text || text === `settled ${this.text}`) return undefined;
    this.text = text;
    this.acted = true;
    const living = [...this.layouts.keys()];
    const gone = living.filter((name) => saysExit(text, name));
    for (const name of gone) this.exit(name);
    if (gone.length === 0 && hintsExit(text)) {
      const open = perhapsExited(this.belief, living);
      if (open === undefined) return badInput(line, 'label', TOO_MANY);
      this.belief = open;
    }
    const said = settings(text);
    if (said.run === 2) this.tell({ kind: 'unmerge-all' });
    // Settings are written before the sample that shows them first, and after sharing was undone.
    if (said.limit !== undefined || said.useZero !== undefined) this.set(said);
    return undefined;
  }

  private set(to: { limit?: number; useZero?: boolean }): void {
    this.tell({ kind: 'set', ...to });
  }

  private noteSettings(record: NoteRecord, line: number): Outcome | undefined {
    const { note, v } = record;
    const limit = record.max_page_sharing ?? (note === 'max_page_sharing' ? v : undefined);
    const zero = record.use_zero_pages ?? (note === 'use_zero_pages' ? v : undefined);
    if (limit !== undefined && Number(limit) < 2) {
      return badInput(line, 'max_page_sharing', 'the kernel takes no limit below 2');
    }
    if (limit !== undefined) this.set({ limit: Number(limit) });
    if (zero !== undefined) this.set({ useZero: zero === '1' });
    return undefined;
  }
}
