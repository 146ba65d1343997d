/** How a command ends: the exit codes that scripts rely on, and bad input as data. */

/** Exit codes: a closed set, the same for every command. */
export const exitCodes = {
  holds: 0,
  violated: 1,
  badInput: 2,
  inconclusive: 3,
  internal: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type Verdict = 'holds' | 'violated' | 'inconclusive';

export function exitCodeOf(verdict: Verdict): ExitCode {
  return exitCodes[verdict];
}

/** One thing that is wrong with what the user gave, and where: a flag, a JSON path, a line. */
export interface InputProblem {
  readonly where: string;
  readonly problem: string;
}

/** Input that cannot be used. Shown as a list, never as a stack trace. */
export class BadInput extends Error {
  readonly problems: readonly InputProblem[];
  constructor(problems: readonly InputProblem[]) {
    super(problems.map(({ where, problem }) => `${where}: ${problem}`).join('; '));
    this.name = 'BadInput';
    this.problems = problems;
  }
}

/** Bad input with one problem. */
export function badInput(where: string, problem: string): BadInput {
  return new BadInput([{ where, problem }]);
}
