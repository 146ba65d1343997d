/** The command line: what can be asked, and how errors end. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { runCheck } from './check.ts';
import { runDrive } from './drive.ts';
import { BadInput, badInput, type ExitCode, exitCodes } from './exit.ts';
import { runExport } from './export.ts';
import { runFairness } from './fairness.ts';
import { runFaults } from './faults.ts';
import { packageFile } from './files.ts';
import { parseFlags, strategies } from './flags.ts';
import { runFuzz } from './fuzz.ts';
import type { Io } from './io.ts';
import { runList } from './list.ts';
import { runOracle } from './oracle.ts';
import { runOracleTeeth } from './oracle-teeth.ts';
import { runReplay } from './replay.ts';
import { catalogueNames } from './report/catalogue.ts';
import { jsonText } from './report/document.ts';
import { type BadInputDocument, problemsText } from './report/problems.ts';
import { runShrink } from './shrink.ts';
import { runValidate, systemNames } from './validate.ts';
import { runVerify } from './verify.ts';

/** Runs one command line; never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCodes.holds;
  const done = (result: ExitCode): void => {
    code = result;
  };
  try {
    const unknown = unknownCommand(args);
    if (unknown !== undefined) throw badInput(unknown, 'is no command: see hypercheck --help');
    await program(io, done).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, args.includes('--json'), io);
  }
}

const names = [
  'verify',
  'fuzz',
  'check',
  'replay',
  'shrink',
  'export',
  'faults',
  'drive',
  'oracle',
  'validate',
  'list',
  'fairness',
  'help',
];

/** Without this a mistyped command would be taken for an argument of the default one. */
function unknownCommand([first]: readonly string[]): string | undefined {
  return first === undefined || first.startsWith('-') || names.includes(first) ? undefined : first;
}

function failed(error: unknown, json: boolean, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    // Help and the version are answers that commander gives as errors.
    if (error.exitCode === 0) return exitCodes.holds;
    return failed(badInput('command line', error.message.replace(/^error: /, '')), json, io);
  }
  if (error instanceof BadInput) {
    const document: BadInputDocument = { verdict: 'bad-input', problems: error.problems };
    if (json) io.out(jsonText(document));
    io.err(problemsText(error.problems, { colours: false }));
    return exitCodes.badInput;
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (json) io.out(jsonText({ verdict: 'internal-error', error: message }));
  const trace = error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  io.err(
    `internal error: ${message}\nThis is a bug of hypercheck: please report it with\n${trace}`,
  );
  return exitCodes.internal;
}

function program(io: Io, done: (code: ExitCode) => void): Command {
  const root = new Command('hypercheck')
    .description('Checks a model of a virtual machine monitor against what must be true of it.')
    .version(version())
    .helpCommand(true)
    .exitOverride()
    // Errors are told once, by `failed`, as everything else that is wrong with the input.
    .configureOutput({ writeOut: (text) => io.out(text), outputError: () => {} })
    .addHelpText('after', exitCodesHelp);
  const add = (name: string, description: string): Command =>
    root
      .command(name, { isDefault: name === 'verify' })
      .description(description)
      .option('--json', 'one JSON document on stdout');
  addRuns(add, io, done);
  addFiles(add, io, done);
  addSystems(add, io, done);
  addCatalogues(add, io, done);
  return root;
}

type Add = (name: string, description: string) => Command;
type Done = (code: ExitCode) => void;

/** Flags of commands that run the model. */
function running(command: Command): Command {
  return command
    .option('--seed <n>', 'seed of the random traces')
    .option('--scope <name>', 'only this configuration')
    .option('--property <id>', 'only this property; may be repeated', collect)
    .option('--fault <id>', 'a machine with this seeded bug')
    .option('--for <time>', 'go on for so long: 90s, 10m, 2h')
    .option('--out <dir>', 'folder of counterexamples (default: counterexamples)')
    .option('--junit <file>', 'write the results as JUnit XML');
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

function addRuns(add: Add, io: Io, done: Done): void {
  running(add('verify', 'check everything: a fixed plan of at most a minute'))
    .option('--quick', 'the fixed plan of at most a minute (the default)')
    .option('--deep', 'a longer fixed plan')
    .action(async (given) => done(await runVerify(parseFlags('verify', given), io)));
  running(add('fuzz', 'run random traces until something fails'))
    .option('--runs <n>', 'how many traces (default: 1000)')
    .action(async (given) => done(await runFuzz(parseFlags('fuzz', given), io)));
  add('check', 'explore every state of a scope, or of a machine of your own')
    .argument('<what>', 'a scope of the VMM, shared-pages, or a machine file (.js, .mjs)')
    .option('--scope <name>', 'the scope of shared-pages or of a machine file')
    .option('--set <sizes>', 'other sizes: vm=2,frame=3; may be repeated', collect)
    .option('--fault <id>', 'the VMM with this seeded bug')
    .option('--property <id>', 'only this property; may be repeated', collect)
    .option('--strategy <name>', `${strategies.join(', ')} (default: ${strategies[0]})`)
    .option('--seed <n>', 'the seed of random walks (default: 1)')
    .option('--walks <n>', 'how many random walks (default: 1000)')
    .option('--mode <name>', 'exact keeps states, fingerprint 64 bits of each (default: exact)')
    .option('--symmetry', 'one state of each class that differs in names alone; for invariants')
    .option('--sleep-sets', 'leave out steps that commute with earlier ones; for invariants')
    .option('--workers <n>', 'threads that search together, with the same result (default: 1)')
    .option('--checkpoint <dir>', 'a folder to which what is known is written between levels')
    .option('--resume', 'go on from the checkpoint in that folder')
    .option('--verify-reduction', 'compare with a search without symmetry or sleep sets')
    .option('--max-states <n>', 'end when so many states were found')
    .option('--max-depth <n>', 'follow traces of so many commands')
    .option('--for <time>', 'end after so long: 90s, 10m, 2h')
    .option('--rule-time <time>', 'how long a rule of a machine file may take (default: 30s)')
    .option('--out <dir>', 'folder of counterexamples (default: counterexamples)')
    .option('--junit <file>', 'write the results as JUnit XML')
    .action(async (what: string, given) => {
      done(await runCheck(what, parseFlags('check', given), io));
    });
  add('faults', 'measure how soon every seeded bug is found')
    .option('--oracle', 'measure whether the oracle catches mutants of true replies')
    .option('--fault <id>', 'only this fault; may be repeated', collect)
    .option('--own-scope', 'look for each in a small scope, in which its shortest trace is proved')
    .option('--seeds <n>', 'how many seeds (default: 9)')
    .option('--seed <n>', 'the first seed (default: 1)')
    .option('--budget <n>', 'commands for each fault and seed (default: 40000)')
    .option('--states <n>', 'states of the search for a shorter trace (default: 20000)')
    .option('--junit <file>', 'write the results as JUnit XML')
    .action(async (given) => {
      const flags = parseFlags('faults', given);
      done(flags.oracle ? runOracleTeeth(flags, io) : await runFaults(flags, io));
    });
}

/** A command on the trace of a file. */
function onTrace(command: Command): Command {
  return command
    .argument('<file>', 'a counterexample that hypercheck stored')
    .option('--machine <file>', 'the file of its machine, where that is one of yours')
    .option('--any-model', 'also a trace of another version of the model');
}

function addFiles(add: Add, io: Io, done: Done): void {
  onTrace(add('replay', 'run the trace of a file again'))
    .option('--junit <file>', 'write the results as JUnit XML')
    .action(async (file: string, given) => {
      done(await runReplay(file, parseFlags('replay', given), io));
    });
  onTrace(add('shrink', 'find a smaller trace that violates the same'))
    .option('--out <file>', 'where the smaller one goes (default: FILE.min.json)')
    .option('--states <n>', 'states of the search for a shorter trace (default: 20000)')
    .action(async (file: string, given) => {
      done(await runShrink(file, parseFlags('shrink', given), io));
    });
  onTrace(add('export', 'write the trace of a file in another format'))
    .requiredOption(
      '--format <name>',
      'itf (Apalache, Quint), mermaid (a diagram), vitest (a test)',
    )
    .option('--out <file>', 'where it goes (default: stdout)')
    .action(async (file: string, given) => {
      done(await runExport(file, parseFlags('export', given), io));
    });
  againstModel(add('validate', 'judge a recorded log'))
    .argument('[file]', 'the log: JSON lines')
    .option('--system <name>', `a log of a real system: one of ${systemNames.join(', ')}`)
    .option('--fields', 'show how each field of such logs is judged')
    .option('--any-model', 'also a log of another version of the model')
    .action(async (file: string | undefined, given) => {
      done(await runValidate({ ...parseFlags('validate', given), file }, io));
    });
}

/** Which model a system is held against. */
function againstModel(command: Command): Command {
  return command
    .option('--model <what>', 'a scope of the VMM, shared-pages, or a machine file')
    .option('--scope <name>', 'the scope of shared-pages or of a machine file')
    .option('--set <sizes>', 'other sizes: vm=2,frame=3; may be repeated', collect);
}

/** Commands on systems that are held against the model. */
function addSystems(add: Add, io: Io, done: Done): void {
  againstModel(add('drive', 'hold a system in a process of its own against the model (fuzz)'))
    .argument('<command...>', 'the program that speaks the protocol, after --')
    .option('--compare <what>', 'reply, reply+view or full (default: reply+view)')
    .option('--seed <n>', 'seed of the random traces')
    .option('--runs <n>', 'how many traces (default: 1000)')
    .option('--for <time>', 'go on for so long: 90s, 10m, 2h')
    .option('--timeout <time>', 'how long one command may take: 500ms, 2s (default: 2s)')
    .option('--trace <file>', 'run this stored trace instead')
    .option('--out <dir>', 'folder of counterexamples (default: counterexamples)')
    .option('--junit <file>', 'write the results as JUnit XML')
    .action(async (command: readonly string[], given) => {
      done(await runDrive(command, parseFlags('drive', given), io));
    });
  againstModel(add('oracle', 'the model as a server, for tests in any language'))
    .option('--stdio', 'answer requests on stdin, one JSON object a line')
    .option('--schema', 'print the protocol as JSON Schema')
    .action(async (given) => done(await runOracle(parseFlags('oracle', given), io)));
}

function addCatalogues(add: Add, io: Io, done: Done): void {
  add('list', 'show what the package knows')
    .argument('<what>', catalogueNames.join(', '))
    .action((what: string, given) => done(runList(what, parseFlags('list', given), io)));
  add('fairness', 'how far each scheduler lets threads come from their shares')
    .option('--scheduler <names...>', 'of these schedulers only')
    .option('--weights <list>', 'for VMs of these weights, such as 5,1,1')
    .option('--ticks <n>', 'ticks that they run (default: 1200)')
    .action((given) => done(runFairness(parseFlags('fairness', given), io)));
}

const exitCodesHelp = `
Exit codes: 0 holds, 1 violated, 2 usage or bad input, 3 inconclusive, 4 internal error.
Reports go to stdout, progress to stderr. Ctrl-C prints what was established so far.
`;

function version(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
