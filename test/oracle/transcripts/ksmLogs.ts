/** True KSM logs of random experiments on the simulated host. */
import { KsmHost, type Random, seeded } from './ksmHost.ts';

type Pages = ReturnType<KsmHost['add']>;

interface Running {
  readonly pages: Pages;
  readonly words: string[];
  readonly originals: readonly string[];
  /** Pages whose first word the log has told: only such a word can be written back. */
  readonly told: Set<number>;
}

/** A log of one random experiment. */
export function ksmLog(seed: number): string[] {
  return new Experiment(seeded(seed)).run();
}

class Experiment {
  private readonly log: string[] = [];
  private readonly host: KsmHost;
  private readonly processes = new Map<string, Running>();
  private label = 0;

  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
    this.host = new KsmHost(random);
    this.host.smart = random() < 0.7;
  }

  run(): string[] {
    if (this.random() < 0.5) this.settings();
    const names = ['A', 'B', 'C'].slice(0, 1 + this.below(3));
    for (const name of names) this.start(name);
    const rounds = 1 + this.below(5);
    for (let round = 0; round < rounds; round += 1) {
      this.sample();
      const steps = this.below(7);
      for (let step = 0; step < steps; step += 1) this.step();
      if (this.random() < 0.25) this.change();
    }
    this.sample();
    return this.log;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private write(record: object): void {
    this.log.push(JSON.stringify({ t: this.log.length, ...record }));
  }

  private settings(): void {
    this.host.limit = 2 + this.below(5);
    this.host.useZero = this.random() < 0.5;
    this.write({
      note: 'settings found',
      max_page_sharing: `${this.host.limit}`,
      use_zero_pages: this.host.useZero ? '1' : '0',
      run: '0',
    });
    this.write({ note: 'with run=0', ...this.host.read(false) });
  }

  private start(name: string): void {
    const seed = this.random() < 0.8 ? name.charCodeAt(0) : 7;
    const counts = [this.below(12), this.below(6), this.below(8), this.below(6)];
    if (this.random() < 0.2) counts.fill(0, 1);
    const [common = 0, zero = 0, identical = 0, unique = 0] = counts;
    const contents: string[] = [];
    const words: string[] = [];
    const put = (content: string, word: string): void => {
      contents.push(content);
      words.push(word);
    };
    for (let i = 0; i < common; i += 1) put(`c${i}`, word(1000 + i));
    for (let i = 0; i < zero; i += 1) put('zero', word(0));
    for (let i = 0; i < identical; i += 1) put('identical', word(5));
    for (let i = 0; i < unique; i += 1) put(`u${seed} ${i}`, word(seed * 1000 + i));
    this.write({ proc: name, argv: ['ksmproc', seed, ...counts] });
    this.write({ proc: name, out: { ready: true, pages: contents.length, madvise: 0 } });
    const pages = this.host.add(contents);
    this.processes.set(name, { pages, words, originals: [...words], told: new Set() });
  }

  /** Samples until nothing moves or for some rounds, then a settled note. */
  private sample(): void {
    this.label += 1;
    const label = `round ${this.label}`;
    let last = this.host.read(true);
    this.write({ ksm: last, label, at: 0 });
    const polls = 1 + this.below(14);
    for (let poll = 0; poll < polls; poll += 1) {
      const batches = 1 + this.below(4);
      for (let batch = 0; batch < batches; batch += 1) this.host.scan(1 + this.below(80));
      const now = this.host.read(true);
      const moved = MONITORED.some((name) => now[name] !== last[name]);
      if (moved) this.write({ ksm: now, label, at: poll });
      else if (poll === polls - 1)
        this.write({ note: `settled ${label}`, lastChangeMs: 1, ...now });
      last = moved ? now : last;
    }
  }

  private step(): void {
    const names = [...this.processes.keys()];
    const name = names[this.below(names.length)];
    const process = name === undefined ? undefined : this.processes.get(name);
    if (name === undefined || process === undefined || process.pages.length === 0) return;
    const index = this.below(process.pages.length);
    const page = process.pages[index];
    if (page === undefined) return;
    const kind = this.below(5);
    if (this.random() < 0.4) this.host.scan(1 + this.below(40));
    if (kind === 0) {
      if (process.words[index] === process.originals[index]) process.told.add(index);
      this.ask(name, `read ${index}`, { read: index, value: process.words[index] });
    } else if (kind === 1) {
      this.ask(name, `frame ${index}`, { frame: index, pfn: page.frame.toString(16) });
    } else if (kind === 2) this.ask(name, 'stat', { ksm_stat: this.host.stat(process.pages) });
    else this.store(name, process, index);
  }

  private store(name: string, process: Running, index: number): void {
    const page = process.pages[index];
    if (page === undefined) return;
    const back = process.told.has(index) && this.random() < 0.6;
    const value = back ? Number.parseInt(process.originals[index] ?? '0', 16) : this.below(4);
    const base = page.content.split(/[=~]/)[0] ?? '';
    const original = process.originals[index] === word(value);
    const framesDiffer = this.host.write(page, original ? base : `${base}=${value}`);
    process.words[index] = word(value);
    this.ask(name, `write ${index} ${value}`, { write: index, us: 1, framesDiffer });
  }

  private change(): void {
    const names = [...this.processes.keys()];
    const name = names[this.below(names.length)];
    const process = name === undefined ? undefined : this.processes.get(name);
    if (name === undefined || process === undefined) return;
    const kind = this.below(4);
    if (kind === 0) {
      this.host.end(process.pages, true);
      this.processes.delete(name);
      this.write({ ksm: this.host.read(true), label: `${name} gone ${this.label}`, at: 0 });
    } else if (kind === 1) {
      this.host.end(process.pages, false);
      this.ask(name, 'unmerge', { unmerge: 0 });
    } else if (kind === 2) this.host.unmergeAll();
    else this.rewrite(name, process);
  }

  private rewrite(name: string, process: Running): void {
    const count = this.below(process.pages.length + 1);
    for (const [index, page] of process.pages.slice(0, count).entries()) {
      const base = page.content.split(/[=~]/)[0] ?? '';
      this.host.write(page, `${base}~${index}`);
      process.words[index] = word(90_000 + index);
    }
    this.ask(name, `writes ${count}`, { writes: count, usEach: 1 });
  }

  private ask(name: string, question: string, answer: object): void {
    this.write({ proc: name, in: question });
    this.write({ proc: name, out: answer });
  }
}

const MONITORED = [
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'ksm_zero_pages',
  'stable_node_chains',
  'stable_node_dups',
];

function word(value: number): string {
  return value.toString(16).padStart(16, '0');
}
