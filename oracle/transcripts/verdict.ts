/**
 * What the judgement of a transcript says. Shapes only: everything a log can cause is a value of
 * these types; only a mistake of this program throws.
 */

/** One thing that is wrong with a log as input: not JSON, not of the format, outside the scope. */
export interface Problem {
  /** Line in the file, from 1; 0 when the whole file is meant. */
  readonly line: number;
  /** Where in the record, as in `msg.id`; empty when the whole line is meant. */
  readonly path: string;
  readonly problem: string;
}

/** An observation that no behaviour allowed by the specification explains. */
export interface Impossible {
  /** Number of the record in the log, from 1 (blank lines are not records). */
  readonly event: number;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Path of the field in the record, as the field table writes it. */
  readonly field: string;
  /** What the log says. */
  readonly observed: string;
  /** What was possible there. */
  readonly allowed: string;
  /** How far apart the two are. */
  readonly difference: string;
  /** The earlier record that this one contradicts, where one is to blame. */
  readonly because?: Place;
}

/** A possible observation that shows a property of the specification to be violated. */
export interface Violation {
  /** Number of the record that shows it, from 1. */
  readonly event: number;
  /** Line in the file, from 1. */
  readonly line: number;
  /** Id of the property in the specification. */
  readonly property: string;
  /** What the property says. */
  readonly name: string;
  /** What the log shows instead. */
  readonly observed: string;
  /** The pages that are named as the culprits, where pages are. */
  readonly pages?: readonly number[];
}

/** A record's place in the log. */
export interface Place {
  readonly line: number;
  readonly event: number;
}

/** The judgement of one transcript. */
export type Validation =
  | {
      /** Every record is possible. `checked` counts the comparisons that could have failed. */
      readonly verdict: 'holds';
      readonly events: number;
      readonly checked: number;
    }
  | {
      readonly verdict: 'violated';
      readonly events: number;
      readonly checked: number;
      /** Properties that the system broke, each where it is first seen; perhaps none. */
      readonly violations: readonly Violation[];
      /** The first impossible event: either this or a violation is there. */
      readonly impossible?: Impossible;
    }
  | {
      /** The log cannot be judged. What was found before the first problem is kept. */
      readonly verdict: 'bad-input';
      readonly events: number;
      readonly problems: readonly Problem[];
      readonly impossible?: Impossible;
    };

/** A violation as a rule finds it, before its place is added. */
export type Broken = Omit<Violation, 'event' | 'line'>;

/** A contradiction as a rule finds it, before the reader adds the record's place. */
export interface Contradiction {
  readonly field: string;
  readonly observed: string;
  readonly allowed: string;
  readonly difference: string;
  readonly because?: Place;
}
