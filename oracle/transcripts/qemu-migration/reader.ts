/** Reads migration transcripts: finds the machine a record is about and judges the record there. */
import { type LogRecord, placeOf } from '../log.ts';
import type { ExitRecord } from '../qemu/records.ts';
import type { Formed } from '../records.ts';
import { badInput, differs, impossible, possible, type System, system } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { parseArguments } from './argv.ts';
import { compared } from './comparison.ts';
import { fields } from './fields.ts';
import { answered, asked } from './guest.ts';
import { Machine } from './machine.ts';
import { polled } from './migration.ts';
import { note } from './notes.ts';
import { received, sent } from './qmp.ts';
import { type Parsed, parse } from './records.ts';
import { World } from './world.ts';

/** QEMU's live migration, both sides of it. */
export const qemuMigration: System = system<Formed<Parsed>>({
  name: 'qemu-migration',
  title: 'QEMU live migration: QMP of both sides, polls, an agent in the guest',
  fields,
  parse,
  start() {
    const world = new World();
    return (parsed, record) => {
      if (parsed.kind === 'start') {
        const { vm, argv } = parsed.record;
        const args = parseArguments(argv);
        if (typeof args === 'string') return badInput(record.line, 'argv', args);
        world.machines.set(vm, new Machine(vm, args));
        return possible(0);
      }
      const judged = judge(world, parsed, record);
      if (typeof judged === 'string') {
        return badInput(record.line, 'vm', `machine ${judged} was not started`);
      }
      if (typeof judged !== 'number') return impossible(judged);
      return { kind: 'possible', checked: judged, broken: world.broken.splice(0) };
    };
  },
});

type Judged = Exclude<Formed<Parsed>, { kind: 'start' }>;

/** How much was compared, what is impossible, or the name of a machine that is not there. */
function judge(world: World, parsed: Judged, record: LogRecord): number | string | Contradiction {
  const place = placeOf(record);
  if (parsed.kind === 'note') return note(world, parsed.record, place) ?? 2;
  if (parsed.kind === 'comparison') return compared(world, parsed.record) ?? 8;
  const { vm } = parsed.record;
  const machine = world.machines.get(vm);
  return machine === undefined ? vm : ofMachine(world, machine, parsed, place);
}

function ofMachine(
  world: World,
  machine: Machine,
  parsed: Exclude<Judged, { kind: 'note' | 'comparison' }>,
  place: Place,
): number | Contradiction {
  switch (parsed.kind) {
    case 'sent':
      sent(world, machine, parsed.record.msg, place);
      return 0;
    case 'received':
      return received(world, machine, parsed.record.msg, place) ?? 3;
    case 'sample': {
      const { sample } = parsed.record;
      world.heard.hear(place, sample);
      world.polled = machine;
      return polled(machine, sample, place, 'sample') ?? (sample.ram === undefined ? 2 : 16);
    }
    case 'asked':
      asked(machine, parsed.record.msg);
      return 0;
    case 'answered':
      return answered(world, machine, parsed.record.msg, place) ?? 2;
    case 'stderr':
      return 0;
    case 'exit':
      return ended(machine, parsed.record) ?? 2;
  }
}

/** How a machine may end: by itself with a status, or by a signal. */
function ended(machine: Machine, { exit: status, signal }: ExitRecord): Contradiction | undefined {
  machine.exited = true;
  if (status === null) return signal === null ? differs('signal', signal, 'a signal') : undefined;
  const wrong = differs('signal', signal, null);
  if (wrong !== undefined) return wrong;
  // A target that cannot load the stream ends; nobody has told it to.
  const unloaded = machine.can('events') && machine.incoming.is('failed');
  if (unloaded && !machine.quitting) return differs('exit', status, 1);
  if (!machine.quitting && !machine.shutdown) return undefined;
  const { untold } = machine.outgoing;
  if (untold === undefined) return differs('exit', status, 0);
  return differs('exit', 'an end', `an event with status ${untold.status} first`, untold.place);
}
