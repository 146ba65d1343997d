/** `hypercheck validate`: is a recorded log of a real system possible? */
import {
  describeFields,
  isSystemName,
  lines,
  type SystemName,
  systems,
  type Validation,
  validate,
} from '../oracle/index.ts';
import { BadInput, badInput, type ExitCode, exitCodeOf, exitCodes } from './exit.ts';
import { pieces } from './files.ts';
import type { ValidateFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import {
  fieldsText,
  type Judged,
  validationDocument,
  validationText,
} from './report/validation.ts';

interface ValidateOptions extends ValidateFlags {
  readonly file: string | undefined;
}

export const systemNames: readonly string[] = Object.keys(systems);

export function runValidate(options: ValidateOptions, io: Io): ExitCode {
  const { json, file } = options;
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

/** The judgement of a file; throws what is wrong with it as bad input. */
export function judge(system: SystemName, file: string): Judged {
  const judged = validate(system, lines(pieces(file)));
  if (judged.verdict !== 'bad-input') return judged;
  throw new BadInput(problemsOf(judged, file));
}

type Bad = Extract<Validation, { verdict: 'bad-input' }>;

function problemsOf({ problems, impossible }: Bad, file: string): BadInput['problems'] {
  const found = problems.map(({ line, path, problem }) => {
    const place = line === 0 ? file : `${file}:${line}`;
    return { where: path === '' ? place : `${place} ${path}`, problem };
  });
  if (impossible === undefined) return found;
  // What was established before the log became unreadable is not lost.
  const { line, field, observed, allowed } = impossible;
  const problem = `before that, an impossible event: observed ${observed}, allowed ${allowed}`;
  return [...found, { where: `${file}:${line} ${field}`, problem }];
}

function systemOf(name: string): SystemName {
  if (isSystemName(name)) return name;
  throw badInput('--system', `is '${name}', not one of ${systemNames.join(', ')}`);
}
