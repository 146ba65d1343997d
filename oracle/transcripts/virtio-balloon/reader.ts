/** Reads balloon transcripts: finds the machine a record is about and judges the record there. */
import { type LogRecord, placeOf } from '../log.ts';
import type { ExitRecord } from '../qemu/records.ts';
import type { Formed } from '../records.ts';
import { badInput, differs, impossible, possible, type System, system } from '../system.ts';
import type { Contradiction } from '../verdict.ts';
import { answered, asked } from './agent.ts';
import { parseArguments } from './argv.ts';
import { fields } from './fields.ts';
import { Machine } from './machine.ts';
import { note } from './notes.ts';
import { received, sent } from './qmp.ts';
import { type Parsed, parse } from './records.ts';

const TWO_DEVICES = 'Only one balloon device is supported';

/** QEMU's balloon device with a guest. */
export const virtioBalloon: System = system<Formed<Parsed>>({
  name: 'virtio-balloon',
  title: 'QEMU virtio-balloon: QMP, an agent in the guest, events',
  fields,
  parse,
  start() {
    const machines = new Map<string, Machine>();
    let last: Machine | undefined;
    return (parsed, record) => {
      if (parsed.kind === 'start') {
        const args = parseArguments(parsed.record.argv);
        if (typeof args === 'string') return badInput(record.line, 'argv', args);
        last = new Machine(args);
        machines.set(parsed.record.vm, last);
        return possible(0);
      }
      const name = parsed.record.vm;
      const machine = name === undefined ? last : machines.get(name);
      if (machine === undefined) {
        return badInput(record.line, 'vm', `machine ${name ?? ''} was not started`);
      }
      last = machine;
      const found = judge(machine, parsed, record);
      return typeof found === 'number' ? possible(found) : impossible(found);
    };
  },
});

type Judged = Exclude<Formed<Parsed>, { kind: 'start' }>;

/** How much was compared, or what is impossible. */
function judge(machine: Machine, parsed: Judged, record: LogRecord): number | Contradiction {
  const place = placeOf(record);
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
