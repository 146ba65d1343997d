/** What a rule can do wrong, as errors that name the command and the place. */
/** A number of a state outside the bounds that its shape has in the scope. */
export class OutOfBounds extends Error {
  /** The path in the state: `hosts[0].frames[2].refs`. */
  readonly path: string;
  /** What is wrong: `= 9 is outside 0..4`. */
  readonly problem: string;
  constructor(path: string, problem: string, command?: string) {
    super(`${command === undefined ? '' : `${command}: `}${path} ${problem}`);
    this.name = 'OutOfBounds';
    this.path = path;
    this.problem = problem;
  }
}

/** A rule that does what not every host supports, or a state that its shape does not describe. */
export class BrokenRule extends Error {
  /** The path in the state: `hosts[0].frames[2]`. */
  readonly path: string;
  /** What is wrong: `is part of the state: write a copy`. */
  readonly problem: string;
  constructor(path: string, problem: string, command?: string) {
    super(`${command === undefined ? '' : `${command}: `}${path} ${problem}`);
    this.name = 'BrokenRule';
    this.path = path;
    this.problem = problem;
  }
}
