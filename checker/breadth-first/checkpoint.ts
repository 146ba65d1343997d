/**
 * Checkpoints: what a search knows between two levels, in a folder, so that a search that was killed
 * can go on. Between levels nothing is under way, so a checkpoint is whole by construction.
 *
 * `states.bin` grows: of each level the keys of its states, then their links. `level-N.bin` has what
 * is needed to expand the last level. `checkpoint.json` names both with their lengths and checksums;
 * it is written last, under another name, and renamed: there is always a whole checkpoint or none.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Why a folder has no checkpoint that the search can go on from. */
export class CheckpointProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckpointProblem';
  }
}

/** What is kept besides states, as JSON. */
export interface Summary {
  readonly levels: readonly number[];
  /** States of the last level, which is not among the levels yet. */
  readonly last: number;
  readonly generated: number;
  readonly taken: readonly number[];
  readonly fresh: readonly number[];
  readonly counts: readonly number[];
  readonly goals: readonly unknown[];
}
interface Manifest {
  readonly format: typeof format;
  readonly version: typeof version;
  /** A hash of the machine, the scope, the options and the properties. */
  readonly search: string;
  readonly summary: Summary;
  readonly states: Piece;
  readonly level: Piece;
  /** Of all the above. */
  readonly checksum: string;
}
interface Piece {
  readonly name: string;
  readonly words: number;
  readonly checksum: string;
}
const format = 'hypercheck-checkpoint';
const version = 1;

/** A checkpoint takes at most this part of the time of a search. */
const shareOfTime = 1 / 20;
/** Words that are written together. */
const writtenTogether = 2 ** 16;
const manifestName = 'checkpoint.json';
const statesName = 'states.bin';

const checksumOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Writes checkpoints to a folder. */
export class CheckpointWriter {
  private readonly folder: string;
  private readonly search: string;
  private readonly states: number;
  private readonly hash: Hash;
  private words: number;
  private next = 0;

  /** Goes on after so many words of states, of which a hash is given. */
  constructor(folder: string, search: string, from?: { readonly words: number; hash: Hash }) {
    this.folder = folder;
    this.search = search;
    try {
      mkdirSync(folder, { recursive: true });
      this.states = openSync(join(folder, statesName), from === undefined ? 'w' : 'r+');
    } catch (error) {
      throw new CheckpointProblem(`${folder} cannot be written: ${(error as Error).message}`);
    }
    this.words = from?.words ?? 0;
    this.hash = from?.hash ?? createHash('sha256');
    ftruncateSync(this.states, 4 * this.words);
  }

  /** Adds words of the states of the level that was found last. */
  add(words: Int32Array): void {
    const bytes = bytesOf(words);
    writeAll(this.states, bytes, 4 * this.words);
    this.hash.update(bytes);
    this.words += words.length;
  }

  /** Writes a checkpoint, unless that would take too much of the time and it is not the last one. */
  write(summary: () => Summary, level: () => Iterable<Int32Array>, isLast: boolean): void {
    const before = performance.now();
    if (before < this.next && !isLast) return;
    fsyncSync(this.states);
    const made = summary();
    const name = `level-${made.levels.length}.bin`;
    const piece = this.writeLevel(name, level());
    const states = {
      name: statesName,
      words: this.words,
      checksum: this.hash.copy().digest('hex'),
    };
    const whole = { format, version, search: this.search, summary: made, states, level: piece };
    const manifest: Manifest = {
      ...whole,
      checksum: checksumOf(JSON.stringify(whole)),
    } as Manifest;
    this.put(manifestName, (file) => {
      writeAll(file, Buffer.from(JSON.stringify(manifest)), 0);
    });
    for (const each of readdirSync(this.folder)) {
      if (/^level-\d+\.bin$/.test(each) && each !== name) rmSync(join(this.folder, each));
    }
    const after = performance.now();
    this.next = after + (after - before) / shareOfTime;
  }

  private writeLevel(name: string, chunks: Iterable<Int32Array>): Piece {
    const hash = createHash('sha256');
    let words = 0;
    const some = new Int32Array(writtenTogether);
    let used = 0;
    this.put(name, (file) => {
      const flush = (): void => {
        const bytes = bytesOf(some.subarray(0, used));
        hash.update(bytes);
        writeAll(file, bytes, 4 * words);
        words += used;
        used = 0;
      };
      for (const chunk of chunks) {
        for (let from = 0; from < chunk.length; ) {
          const part = chunk.subarray(from, from + writtenTogether - used);
          some.set(part, used);
          used += part.length;
          from += part.length;
          if (used === writtenTogether) flush();
        }
      }
      flush();
    });
    return { name, words, checksum: hash.digest('hex') };
  }

  /** Writes a file under another name first: it is there whole, or not at all. */
  private put(name: string, write: (file: number) => void): void {
    const path = join(this.folder, `${name}.tmp`);
    const file = openSync(path, 'w');
    write(file);
    fsyncSync(file);
    closeSync(file);
    renameSync(path, join(this.folder, name));
  }

  close(): void {
    closeSync(this.states);
  }
}

function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

/** A checkpoint that was read, and found to be whole and of the search that is to go on. */
export class Checkpoint {
  readonly summary: Summary;
  readonly level: Int32Array;
  private readonly file: number;
  private readonly hash: Hash;
  private readonly words: number;
  private read = 0;

  /** Throws `CheckpointProblem`. */
  constructor(folder: string, search: string) {
    const manifest = manifestIn(folder);
    if (manifest.search !== search) {
      throw new CheckpointProblem(
        `the checkpoint in ${folder} is of another search: the machine, the scope, the properties and the options must be the same`,
      );
    }
    const { summary, states, level } = manifest;
    this.summary = summary;
    this.hash = createHash('sha256');
    this.words = states.words;
    const path = join(folder, level.name);
    if (!existsSync(path) || !existsSync(join(folder, states.name))) throw damaged(folder);
    const bytes = readFileSync(path);
    if (createHash('sha256').update(bytes).digest('hex') !== level.checksum) throw damaged(folder);
    this.level = new Int32Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    );
    this.file = openSync(join(folder, states.name), 'r');
    const all = createHash('sha256');
    const chunk = new Int32Array(2 ** 18);
    for (let at = 0; at < states.words; at += chunk.length) {
      const some = chunk.subarray(0, Math.min(chunk.length, states.words - at));
      if (!this.readAt(some, at)) throw damaged(folder);
      all.update(bytesOf(some));
    }
    if (all.digest('hex') !== states.checksum) throw damaged(folder);
  }

  /** Reads the next words of states. */
  next(into: Int32Array): void {
    if (!this.readAt(into, this.read)) throw new Error('a checkpoint has lost states');
    this.hash.update(bytesOf(into));
    this.read += into.length;
  }
  /** Ends the reading; the writer goes on from here. */
  end(): { readonly words: number; readonly hash: Hash } {
    closeSync(this.file);
    if (this.read !== this.words) throw new Error('a checkpoint has states of no level');
    return { words: this.words, hash: this.hash };
  }

  private readAt(into: Int32Array, at: number): boolean {
    const bytes = bytesOf(into);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(this.file, bytes, done, bytes.length - done, 4 * at + done);
      if (read === 0) return false;
      done += read;
    }
    return true;
  }
}

/** Whether a folder has a checkpoint, of whatever search. */
export const hasCheckpoint = (folder: string): boolean => existsSync(join(folder, manifestName));

const damaged = (folder: string): CheckpointProblem =>
  new CheckpointProblem(`the checkpoint in ${folder} is damaged: begin anew without --resume`);

function manifestIn(folder: string): Manifest {
  if (!hasCheckpoint(folder)) {
    throw new CheckpointProblem(`there is no checkpoint in ${folder}`);
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8')) as Manifest;
  } catch {
    throw damaged(folder);
  }
  if (manifest === null || manifest.format !== format) {
    throw new CheckpointProblem(`${join(folder, manifestName)} is no checkpoint`);
  }
  if (manifest.version !== version) {
    throw new CheckpointProblem(
      `the checkpoint in ${folder} has version ${manifest.version}, and this hypercheck reads ${version}`,
    );
  }
  const { checksum, ...whole } = manifest;
  if (checksum !== checksumOf(JSON.stringify(whole))) throw damaged(folder);
  return manifest;
}
