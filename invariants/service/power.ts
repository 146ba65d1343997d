/** How guests end. 5.11. */
import { kinds, property, reads } from './reading.ts';

const serviceIsAsked = property.transition({
  id: 'SD-I1',
  name: 'a guest is asked for something only where its service runs and has that turned on',
  commands: kinds(
    'service.request-shutdown',
    'service.freeze',
    'service.send-heartbeat',
    'service.send-sync',
    'service.send-sample',
  ),
  reads,
  violation({ before, call }) {
    const { present, enabled } = before.guests.at(call.args.vm);
    if (!present) return `VM ${call.args.vm} runs no service that ${call.kind} could ask`;
    const on =
      (call.kind === 'service.request-shutdown' && enabled.shutdown) ||
      (call.kind === 'service.freeze' && enabled.quiesce) ||
      (call.kind === 'service.send-heartbeat' && enabled.heartbeat) ||
      ((call.kind === 'service.send-sync' || call.kind === 'service.send-sample') && enabled.time);
    return on ? null : `${call.kind} asks VM ${call.args.vm} for what is turned off`;
  },
});

const endInOrder = property.transition({
  id: 'SD-T1',
  name: 'a guest that shuts down has said so before, and leaves nothing unwritten',
  commands: kinds('service.shut-down'),
  reads,
  violation({ before, call, events }) {
    const { vm } = call.args;
    if (before.guests.at(vm).shutdown !== 'acknowledged') return `VM ${vm} goes without a word`;
    const lost = events.some((e) => e.type === 'powered-off' && 'lost' in e && e.lost === true);
    return lost ? `VM ${vm} shut down, and lost what it had written` : null;
  },
});

/** Pulling the plug loses what it loses, and says so. */
const lossesAreTold = property.transition({
  id: 'SD-T2',
  name: 'a host that powers a guest off has waited for it, and is told if something was lost',
  commands: kinds('service.power-off'),
  reads,
  violation({ before, call, events }) {
    const { vm } = call.args;
    const { patience, unflushed } = before.guests.at(vm);
    if (patience > 0) return `VM ${vm} still has ${patience} ticks to shut down`;
    const told = events.some((e) => e.type === 'powered-off' && 'lost' in e && e.lost === true);
    return told === unflushed ? null : `VM ${vm} ${unflushed ? 'lost' : 'lost not'} what it wrote`;
  },
});

/** Nothing of a guest goes on when it is off. */
const offIsOff = property.invariant({
  id: 'SD-I2',
  name: 'of a guest that is off nothing is left: no service, no message, nothing frozen or unwritten',
  reads,
  when: ({ guests }) => guests.some(({ system }) => system === 'off'),
  violation({ guests }) {
    for (let id = 0; id < guests.length; id++) {
      const { system, present, message, unanswered, files, unflushed, shutdown } = guests.at(id);
      if (system !== 'off') continue;
      if (present || message.kind !== 'none' || unanswered > 0)
        return `VM ${id} is off, and served`;
      if (files !== 'thawed' || unflushed) return `files of VM ${id}, which is off, are ${files}`;
      if (shutdown !== 'none') return `VM ${id} is off, and asked to shut down`;
    }
    return null;
  },
});

export const powerProperties = [serviceIsAsked, offIsOff, endInOrder, lossesAreTold];
