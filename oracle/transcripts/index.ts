/**
 * Transcripts of real systems, held against counting abstractions of the model: can the system
 * have behaved like this? {@link validate} names the first event that it cannot.
 */
import { cpuShares } from './cpu-shares/reader.ts';
import type { Field } from './fields.ts';
import { ksm } from './ksm/reader.ts';
import { isProblem, type LogRecord, PROBLEMS_MAX, records } from './log.ts';
import { qemuMigration } from './qemu-migration/reader.ts';
import type { System } from './system.ts';
import type { Impossible, Problem, Validation, Violation } from './verdict.ts';
import { virtioBalloon } from './virtio-balloon/reader.ts';

export type { Field, FieldClass } from './fields.ts';
export { lines } from './log.ts';
export type { System } from './system.ts';
export type { Impossible, Place, Problem, Validation, Violation } from './verdict.ts';

/** The kinds of transcripts that can be judged, by the name used on the command line. */
export const systems: {
  readonly ksm: System;
  readonly 'virtio-balloon': System;
  readonly 'cpu-shares': System;
  readonly 'qemu-migration': System;
} = {
  ksm,
  'virtio-balloon': virtioBalloon,
  'cpu-shares': cpuShares,
  'qemu-migration': qemuMigration,
};

/** A name in {@link systems}. */
export type SystemName = keyof typeof systems;

/** Whether a text names a system. */
export function isSystemName(name: string): name is SystemName {
  return Object.hasOwn(systems, name);
}

/**
 * Judges a log of JSON lines, given whole or line by line (see {@link lines} for a text in
 * pieces). Never throws for anything the log holds: what is wrong with it is in the result.
 */
export function validate(system: SystemName, log: string | Iterable<string>): Validation {
  const { form, start } = systems[system];
  const reader = start();
  const problems: Problem[] = [];
  const violations: Violation[] = [];
  let impossible: Impossible | undefined;
  let events = 0;
  let checked = 0;
  for (const item of records(log)) {
    if (isProblem(item)) problems.push(item);
    else {
      events = item.event;
      if (problems.length === 0 && impossible === undefined) {
        const outcome = reader.read(item);
        if (outcome.kind === 'possible') {
          checked += outcome.checked;
          for (const broken of outcome.broken ?? []) {
            const known = violations.some(({ property }) => property === broken.property);
            if (!known) violations.push({ event: item.event, line: item.line, ...broken });
          }
        } else if (outcome.kind === 'bad-input') problems.push(...outcome.problems);
        else impossible = placed(item, outcome.contradiction);
      } else problems.push(...form(item));
    }
    if (problems.length >= PROBLEMS_MAX) break;
  }
  if (problems.length > 0) {
    const kept = impossible === undefined ? {} : { impossible };
    return { verdict: 'bad-input', events, problems: problems.slice(0, PROBLEMS_MAX), ...kept };
  }
  if (impossible !== undefined) {
    return { verdict: 'violated', events, checked, violations, impossible };
  }
  if (violations.length > 0) return { verdict: 'violated', events, checked, violations };
  return { verdict: 'holds', events, checked };
}

/** How each field of a system's transcripts is judged. */
export function describeFields(system: SystemName): readonly Field[] {
  return systems[system].fields.rows;
}

function placed(item: LogRecord, contradiction: Omit<Impossible, 'event' | 'line'>): Impossible {
  return { event: item.event, line: item.line, ...contradiction };
}
