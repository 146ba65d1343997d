/** Runs the memory model under same-page merging, and tells the abstraction what a log would. */
import type { Machine } from '../../../machine/index.ts';
import type { Vmm } from '../../../model/index.ts';
import { answered } from '../../../oracle/transcripts/ksm/answers.ts';
import { apply, type Command } from '../../../oracle/transcripts/ksm/commands.ts';
import { observe } from '../../../oracle/transcripts/ksm/counters.ts';
import type { Layout } from '../../../oracle/transcripts/ksm/population.ts';
import { type Counters, initial, type State } from '../../../oracle/transcripts/ksm/state.ts';
import type { Contradiction } from '../../../oracle/transcripts/verdict.ts';
import type { Act, KsmRun } from './ksmActs.ts';
import { ProjectedKsm } from './projectedKsm.ts';
import { type At, PAGES, type Setting, WORDS } from './projectedProcesses.ts';

/** Changes what is read, before the abstraction sees it; readings are numbered from 1. */
export type Falsify = (counters: Counters, reading: number) => Counters;

/** What came of a run: how much was judged, and what was refused. */
export interface Projected {
  readonly readings: number;
  readonly answers: number;
  readonly refused: Contradiction | undefined;
}

/** Runs the model and the abstraction side by side until the abstraction refuses something. */
export function project(
  machine: Machine<Vmm>,
  { setting, eager, acts }: KsmRun,
  falsify: Falsify = (counters) => counters,
): Projected {
  const run = new Projection(machine, setting, falsify);
  for (const [at, each] of acts.entries()) {
    run.take(each, at + 1);
    if (eager && run.refused === undefined) run.take({ kind: 'reading' }, at + 1);
    if (run.refused !== undefined) break;
  }
  return run;
}

class Projection implements Projected {
  readings = 0;
  answers = 0;
  refused: Contradiction | undefined;
  private state: State;
  private readonly ksm: ProjectedKsm;
  private readonly falsify: Falsify;
  /** Pages whose first word was read while they were as their process began: VM and page. */
  private readonly readBefore = new Set<string>();
  private acted = true;
  private stopped = false;

  constructor(machine: Machine<Vmm>, setting: Setting, falsify: Falsify) {
    this.ksm = new ProjectedKsm(machine, setting);
    this.falsify = falsify;
    const { limit, useZero } = setting;
    this.state = apply(initial(), { kind: 'set', limit, useZero });
  }

  private tell(command: Command): void {
    this.state = apply(this.state, command);
    this.acted = true;
  }

  private hear(found: State | Contradiction): void {
    if ('field' in found) this.refused = found;
    else this.state = found;
  }

  take(act: Act, line: number): void {
    switch (act.kind) {
      case 'scan':
        this.ksm.scan(act.count);
        break;
      case 'end-scans':
        this.ksm.endScans(act.count);
        break;
      case 'run':
        this.setRun(act.to);
        break;
      case 'reading':
        this.read(line);
        break;
      default:
        this.ofProcess(act, line);
        break;
    }
  }

  private setRun(to: 'stop' | 'run' | 'unmerge'): void {
    if (to === this.ksm.run) return;
    this.ksm.setRun(to);
    this.acted = true;
    if (to === 'unmerge') this.tell({ kind: 'unmerge-all' });
  }

  private read(line: number): void {
    const is = this.ksm.run !== 'run';
    // The counters of the model do not lag: what a process does shows while nothing is scanned.
    const stopped = is && this.stopped && !this.acted;
    this.stopped = is;
    this.readings += 1;
    const counters = this.falsify(this.ksm.counters(), this.readings);
    const reading = { counters, place: { line, event: 1 }, acted: this.acted, stopped };
    this.acted = false;
    this.hear(observe(this.state, reading));
  }

  private ofProcess(
    act: Exclude<Act, { kind: 'scan' | 'end-scans' | 'run' | 'reading' }>,
    line: number,
  ): void {
    const { vm } = act;
    const name = `P${vm}`;
    const layout = this.ksm.layouts.get(vm);
    if (act.kind === 'start') {
      if (layout === undefined) this.start(vm, act.layout);
      return;
    }
    if (layout === undefined) return;
    const mergeable = this.ksm.isMergeable(vm);
    switch (act.kind) {
      case 'exit':
        this.ksm.exit(vm);
        this.tell({ kind: 'exit', name });
        break;
      case 'advise':
        if (mergeable) return;
        this.ksm.advise(vm);
        this.tell({ kind: 'advise', name });
        break;
      case 'unadvise':
        if (!mergeable) return;
        this.ksm.unadvise(vm);
        this.tell({ kind: 'unmerge', name });
        break;
      case 'rewrite':
        this.rewrite(act);
        break;
      case 'stat':
        this.stat(vm, line);
        break;
      default:
        this.ofPage(act, line);
        break;
    }
  }

  private start(vm: number, layout: Layout): void {
    this.ksm.start(vm, layout);
    for (let page = 0; page < PAGES; page += 1) this.readBefore.delete(`${vm} ${page}`);
    this.tell({ kind: 'start', name: `P${vm}`, layout });
    this.ksm.advise(vm);
    this.tell({ kind: 'advise', name: `P${vm}` });
  }

  private rewrite({ vm, pages, alike }: Extract<Act, { kind: 'rewrite' }>): void {
    const layout = this.ksm.layouts.get(vm);
    if (layout === undefined) return;
    const count = Math.min(pages, this.ksm.pagesOf(vm).length);
    const word = alike ? WORDS.alike : WORDS.apart + vm;
    for (let page = 0; page < count; page += 1) this.ksm.write({ vm, page }, word);
    this.tell({ kind: 'rewrite', name: `P${vm}`, pages: count });
  }

  private stat(vm: number, line: number): void {
    const mergeable = this.ksm.isMergeable(vm) ? 'yes' : 'no';
    this.answer(vm, line, { kind: 'stat', ...this.ksm.stat(vm), any: 'no', mergeable });
  }

  private answer(vm: number, line: number, answer: Parameters<typeof answered>[2]): void {
    this.answers += 1;
    this.hear(answered(this.state, `P${vm}`, answer, { line, event: 1 }));
  }

  private ofPage(act: Extract<Act, At>, line: number): void {
    const { vm, page } = act;
    if (page >= this.ksm.pagesOf(vm).length) return;
    switch (act.kind) {
      case 'read':
        if (this.ksm.isOriginal(act)) this.readBefore.add(`${vm} ${page}`);
        this.answer(vm, line, { kind: 'read', page, word: this.ksm.word(act) });
        break;
      case 'frame':
        this.answer(vm, line, { kind: 'frame', page, frame: this.ksm.frame(act) });
        break;
      case 'write': {
        // Only a word that was read before can be written back.
        if (act.word === WORDS.own && !this.readBefore.has(`${vm} ${page}`)) return;
        const framesDiffer = this.ksm.write(act, act.word);
        this.acted = true;
        const word = this.ksm.word(act);
        this.answer(vm, line, { kind: 'write', page, word, framesDiffer });
        break;
      }
    }
  }
}
