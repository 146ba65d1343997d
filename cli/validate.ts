/** `hypercheck validate`: is a recorded log of a real system possible? */
import {
  describeFields,
  isSystemName,
  lines,
  type SystemName,
  systems,
  type Validation,
  validate,
  validateLog,
} from '../oracle/index.ts';
import { BadInput, badInput, type ExitCode, exitCodeOf, exitCodes } from './exit.ts';
import { pieces } from './files.ts';
import type { ValidateFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import {
  fieldsText,
  type Judged,
  type LogDocument,
  logText,
  validationDocument,
  validationText,
} from './report/validation.ts';
import { targetOf } from './target.ts';

interface ValidateOptions extends ValidateFlags {
  readonly file: string | undefined;
}

export const systemNames: readonly string[] = Object.keys(systems);

export async function runValidate(options: ValidateOptions, io: Io): Promise<ExitCode> {
  const { json, file } = options;
  if (options.system === undefined) return runValidateLog(options, io);
  const system = systemOf(options.system);
  if (options.fields) {
    const fields = describeFields(system);
    io.out(json ? jsonText({ system, fields }) : fieldsText(fields, io));
    return exitCodes.holds;
  }
  if (file === undefined) throw badInput('FILE', 'is missing: give a transcript, or --fields');
  const document = validationDocument(system, file, judge(system, file));
  io.out(json ? jsonText(document) : validationText(document, io));
  return exitCodeOf(document.verdict);
}

/** Judges a log of the project's own format. */
async function runValidateLog(options: ValidateOptions, io: Io): Promise<ExitCode> {
  const { file, json, model = '', anyModel } = options;
  if (file === undefined) throw badInput('FILE', 'is missing: give a log');
  const target = { ...options, fault: undefined, property: undefined };
  const { machine, scope } = await targetOf(model, target);
  const judged = validateLog(machine, scope, lines(pieces(file)), { anyModel });
  if (judged.verdict === 'bad-input') throw new BadInput(placed(judged.problems, file));
  const document: LogDocument = { ...judged, file, model: scope.name };
  io.out(json ? jsonText(document) : logText(document, io));
  return exitCodeOf(document.verdict);
}

/** The judgement of a file; throws what is wrong with it as bad input. */
export function judge(system: SystemName, file: string): Judged {
  const judged = validate(system, lines(pieces(file)));
  if (judged.verdict !== 'bad-input') return judged;
  throw new BadInput(problemsOf(judged, file));
}

type Bad = Extract<Validation, { verdict: 'bad-input' }>;

function problemsOf({ problems, impossible }: Bad, file: string): BadInput['problems'] {
  const found = placed(problems, file);
  if (impossible === undefined) return found;
  // What was established before the log became unreadable is not lost.
  const { line, field, observed, allowed } = impossible;
  const problem = `before that, an impossible event: observed ${observed}, allowed ${allowed}`;
  return [...found, { where: `${file}:${line} ${field}`, problem }];
}

function placed(problems: Bad['problems'], file: string): BadInput['problems'] {
  return problems.map(({ line, path, problem }) => {
    const place = line === 0 ? file : `${file}:${line}`;
    return { where: path === '' ? place : `${place} ${path}`, problem };
  });
}

function systemOf(name: string): SystemName {
  if (isSystemName(name)) return name;
  throw badInput('--system', `is '${name}', not one of ${systemNames.join(', ')}`);
}
