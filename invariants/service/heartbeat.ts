/** What a host concludes from heartbeats. 5.11. */
import { isElsewhere, kinds, property, reads, vcpusIn, vcpusOf } from './reading.ts';

/** In which ticks of a silence its vCPUs waited for CPUs. */
const silenceIsUnderstood = property.transition({
  id: 'HB-T1',
  name: 'a host knows whether a guest that does not answer starved in every tick of its silence',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before }) => before.guests.some(({ unanswered }) => unanswered > 0),
  violation(change) {
    const { before, after } = change;
    for (let id = 0; id < after.guests.length; id++) {
      const [from, to] = [before.guests.at(id), after.guests.at(id)];
      if (from.system === 'off' || isElsewhere(before, id)) continue;
      const { paused, running, waiting } = vcpusIn(change, id);
      let due = from.silence;
      if (from.unanswered > 0 && !paused) {
        if (running || !waiting) due = 'idle';
        else if (due === 'none') due = 'starved';
      }
      if (to.silence !== due) return `the silence of VM ${id} is ${to.silence}, not ${due}`;
    }
    return null;
  },
});

/** That a guest is silent does not say that it has crashed. */
const starvedGuestsAreLeftAlone = property.transition({
  id: 'HB-I1',
  name: 'a guest is started anew only after two intervals of silence, and not while it starves',
  commands: kinds('service.restart-vm'),
  reads,
  violation({ before, call }) {
    const { heard, unanswered, silence } = before.guests.at(call.args.vm);
    if (!heard || unanswered < 2) return `VM ${call.args.vm} is not silent for two intervals`;
    return silence === 'starved' ? `VM ${call.args.vm} starves, and is started anew` : null;
  },
});

const onlyGuestsAnswer = property.transition({
  id: 'HB-T2',
  name: 'a heartbeat is answered by a guest that runs, and by no other',
  reads,
  violation({ before, call, after }) {
    for (let id = 0; id < after.guests.length; id++) {
      const [from, to] = [before.guests.at(id), after.guests.at(id)];
      if (to.unanswered >= from.unanswered || to.system === 'off') continue;
      const about = 'vm' in call.args && call.args.vm === id;
      if (about && call.kind === 'service.restart-vm') continue;
      const answered = about && call.kind === 'service.answer-heartbeat';
      if (!answered || from.system !== 'up' || !vcpusOf(before, id).running) {
        return `VM ${id} has answered, and does not run`;
      }
    }
    return null;
  },
});

export const heartbeatProperties = [
  silenceIsUnderstood,
  starvedGuestsAreLeftAlone,
  onlyGuestsAnswer,
];
