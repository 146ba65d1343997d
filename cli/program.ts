/** The command line: what can be asked, and how errors end. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { BadInput, badInput, type ExitCode, exitCodes } from './exit.ts';
import { packageFile } from './files.ts';
import { parseFlags } from './flags.ts';
import type { Io } from './io.ts';
import { runList } from './list.ts';
import { catalogueNames } from './report/catalogue.ts';
import { jsonText } from './report/document.ts';
import { type BadInputDocument, problemsText } from './report/problems.ts';
import { runValidate, systemNames } from './validate.ts';

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

const names = ['verify', 'fuzz', 'replay', 'shrink', 'faults', 'validate', 'list', 'help'];

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
    root.command(name).description(description).option('--json', 'one JSON document on stdout');
  add('validate', 'judge the recorded log of a real system')
    .argument('[file]', 'the log: JSON lines')
    .requiredOption('--system <name>', `one of ${systemNames.join(', ')}`)
    .option('--fields', 'show how each field of such logs is judged')
    .action((file: string | undefined, given) => {
      done(runValidate({ ...parseFlags('validate', given), file }, io));
    });
  add('list', 'show what the package knows')
    .argument('<what>', catalogueNames.join(', '))
    .action((what: string, given) => done(runList(what, parseFlags('list', given), io)));
  return root;
}

const exitCodesHelp = `
Exit codes: 0 holds, 1 violated, 2 usage or bad input, 3 inconclusive, 4 internal error.
Reports go to stdout, progress to stderr. Ctrl-C prints what was established so far.
`;

function version(): string {
  const text = readFileSync(packageFile('package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
