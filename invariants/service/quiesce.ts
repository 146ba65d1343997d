/** Files that stand still. 5.11. */
import { isElsewhere, kinds, property, type Reading, reads } from './reading.ts';

const frozenFilesStandStill = property.transition({
  id: 'Q-I1',
  name: 'nothing is written to frozen files, and all that was written before is on the disk',
  reads,
  when: ({ before }) => before.guests.some(({ files }) => files === 'frozen'),
  violation({ before, after, events }) {
    for (let id = 0; id < after.guests.length; id++) {
      if (before.guests.at(id).files !== 'frozen') continue;
      const wrote = events.some((e) => e.type === 'file-written' && 'vm' in e && e.vm === id);
      if (wrote) return `VM ${id} wrote to frozen files`;
    }
    return null;
  },
});

const frozenIsFlushed = property.invariant({
  id: 'Q-I3',
  name: 'the disk has all that was written to files that are frozen, and they thaw in time',
  reads,
  violation({ guests }) {
    for (let id = 0; id < guests.length; id++) {
      const { files, unflushed, thawsIn } = guests.at(id);
      if (files === 'frozen' && unflushed) return `files of VM ${id} are frozen half-written`;
      if ((files !== 'thawed') !== thawsIn > 0) return `files of VM ${id} thaw in ${thawsIn} ticks`;
    }
    return null;
  },
});

const oneFreezeAtATime = property.transition({
  id: 'Q-I2',
  name: 'files are asked to freeze only where they are not, and freeze only where they are asked to',
  reads,
  violation({ before, call, after }) {
    for (let id = 0; id < after.guests.length; id++) {
      const [from, to] = [before.guests.at(id).files, after.guests.at(id).files];
      const about = 'vm' in call.args && call.args.vm === id;
      if (about && call.kind === 'service.freeze' && from !== 'thawed') {
        return `files of VM ${id} are ${from}, and asked to freeze again`;
      }
      if (to === 'frozen' && from === 'thawed') return `files of VM ${id} froze unasked`;
    }
    return null;
  },
});

const notThawed = (m: Reading, id: number): boolean =>
  m.guests.at(id).files !== 'thawed' && !isElsewhere(m, id);

/** In time of the host: a VM that is paused must not hold a frozen disk for good. */
const freezesEnd = property.within({
  id: 'Q-L1',
  name: 'files thaw by their timeout, whatever host and guest forget',
  reads,
  instances: (size) => size.guest,
  starts: notThawed,
  bound: ({ guests }, id) => guests.at(id).thawsIn - 1,
  counts: ({ call }) => call.kind === 'cpu.tick',
  assuming: () => true,
  done: (m, id) => !notThawed(m, id),
});

const snapshotsSayWhatTheyAre = property.transition({
  id: 'Q-T1',
  name: 'a snapshot is fit for applications where files are frozen, else as after a crash',
  commands: kinds('service.take-snapshot'),
  reads,
  violation({ before, call, events }) {
    const due = before.guests.at(call.args.vm).files === 'frozen' ? 'application' : 'crash';
    const [taken] = events;
    const said = taken !== undefined && 'consistent' in taken ? taken.consistent : 'nothing';
    return said === due ? null : `a snapshot of VM ${call.args.vm} says ${said}, it is ${due}`;
  },
});

export const quiesceProperties = [
  frozenFilesStandStill,
  oneFreezeAtATime,
  frozenIsFlushed,
  snapshotsSayWhatTheyAre,
  freezesEnd,
];
