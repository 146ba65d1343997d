/** Reads balloon transcripts: finds the machine a record is about and judges the record there. */
import type { LogRecord } from '../log.ts';
import type { ExitRecord } from '../qemu/records.ts';
import { badInput, differs, type Outcome, possible, type Reader } from '../system.ts';
import type { Contradiction, Problem } from '../verdict.ts';
import { answered, asked } from './agent.ts';
import { parseArguments } from './argv.ts';
import { fields } from './fields.ts';
import { Machine } from './machine.ts';
import { note } from './notes.ts';
import { received, sent } from './qmp.ts';
import { type Parsed, parse } from './records.ts';

const TWO_DEVICES = 'Only one balloon device is supported';

/** What is wrong with the form of a record. */
export function balloonForm(record: LogRecord): readonly Problem[] {
  const parsed = parse(record);
  return parsed.kind === 'bad' ? parsed.problems : fields.unknown(parsed.kind, record);
}

/** A reader for one log. */
export function balloonReader(): Reader {
  const machines = new Map<string, Machine>();
  const last: { machine: Machine | undefined } = { machine: undefined };
  const read = (record: LogRecord): Outcome => {
    const parsed = parse(record);
    if (parsed.kind === 'bad') return { kind: 'bad-input', problems: parsed.problems };
    const problems = fields.unknown(parsed.kind, record);
    if (problems.length > 0) return { kind: 'bad-input', problems };
    if (parsed.kind === 'start') {
      const args = parseArguments(parsed.record.argv);
      if (typeof args === 'string') return badInput(record.line, 'argv', args);
      last.machine = new Machine(args);
      machines.set(parsed.record.vm, last.machine);
      return possible(0);
    }
    const name = parsed.record.vm;
    const machine = name === undefined ? last.machine : machines.get(name);
    if (machine === undefined) {
      return badInput(record.line, 'vm', `machine ${name ?? ''} was not started`);
    }
    last.machine = machine;
    const found = judge(machine, parsed, record);
    return typeof found === 'number' ? possible(found) : impossible(found);
  };
  return { read };
}

function impossible(contradiction: Contradiction): Outcome {
  return { kind: 'impossible', contradiction };
}

type Judged = Exclude<Parsed, { kind: 'bad' | 'start' }>;

/** How much was compared, or what is impossible. */
function judge(machine: Machine, parsed: Judged, record: LogRecord): number | Contradiction {
  const place = { line: record.line, event: record.event };
  switch (parsed.kind) {
    case 'sent':
      sent(machine, parsed.record.msg);
      return 0;
    case 'received':
      return received(machine, parsed.record.msg, record);
    case 'asked':
      asked(machine, parsed.record.msg);
      return 0;
    case 'answered':
      return answered(machine, parsed.record.msg, place) ?? 4;
    case 'stderr':
      machine.stderr = (machine.stderr + parsed.record.stderr).slice(-100_000);
      machine.hear('stderr', place, machine.stderr, parsed.record.stderr);
      return 0;
    case 'exit':
      return exit(machine, parsed.record) ?? 2;
    case 'note':
      return note(machine, parsed.record) ?? 2;
  }
}

/** How a machine may end: by itself with a status, or by a signal. */
function exit(machine: Machine, { exit: status, signal }: ExitRecord): Contradiction | undefined {
  machine.exited = true;
  if (status === null) return signal === null ? differs('signal', signal, 'a signal') : undefined;
  const wrong = differs('signal', signal, null);
  if (wrong !== undefined) return wrong;
  if (machine.arguments.balloons.length > 1) {
    const refused = differs('exit', status, 1);
    if (refused !== undefined || machine.stderr.includes(TWO_DEVICES)) return refused;
    return differs('exit', 'a start that was refused', `the reason: ${TWO_DEVICES}`);
  }
  const orderly = machine.quitting || machine.shutdown !== undefined;
  return orderly ? differs('exit', status, 0) : undefined;
}
