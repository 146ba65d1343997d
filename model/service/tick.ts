/** A tick of the host, as its CPUs and its guests see it. */
import type { ArgumentShape, ArgumentsOf, Command, Context } from '../../machine/index.ts';
import { type CpuModel, cpuCommands } from '../cpu/index.ts';
import { noteSteal, takesTimer } from './clock.ts';
import {
  type C,
  command,
  hasCpu,
  isElsewhere,
  isPausedVm,
  type ServiceModel,
  type Services,
  type ServicesView,
  waitsForCpu,
} from './model.ts';

type Arguments = Readonly<Record<string, ArgumentShape>>;

/** What rules of CPUs may use besides the state. */
export const ofCpus = ({ size, operation, emit }: C): Context<CpuModel> => ({
  size,
  operation,
  emit,
});

/** A command of CPUs, where the guest systems on them are seen too. */
export function onCpus<A extends Arguments, R extends string>(
  of: Command<CpuModel, A, R>,
): Command<ServiceModel, A, R> {
  return command<A, R>({
    ...of,
    requires: of.requires.map(
      ([code, looksAt, refuse]) =>
        [
          code,
          looksAt,
          (m: ServicesView, a: ArgumentsOf<A>, c: C) => refuse(m.cpu, a, ofCpus(c)),
        ] as const,
    ),
    effect: (m, a, c) => of.effect(m.cpu, a, ofCpus(c)),
  });
}

/** A command of CPUs that guest systems notice first. */
function noticed<A extends Arguments, R extends string>(
  of: Command<CpuModel, A, R>,
  notice: (m: Services, a: ArgumentsOf<A>, c: C) => void,
): Command<ServiceModel, A, R> {
  const command = onCpus(of);
  return {
    ...command,
    effect(m, a, c) {
      notice(m, a, c);
      command.effect(m, a, c);
    },
  };
}

/** What has passed is over for guests before CPUs are given out anew: it counts who had them. */
export const tick = noticed(cpuCommands['cpu.tick'], (m, _a, c) => {
  for (let id = 0; id < m.guests.length; id++) {
    const system = m.guests.at(id);
    if (system.system === 'off' || isElsewhere(m, id)) continue;
    if (isPausedVm(m, id)) {
      system.wasPaused = true;
      c.operation.noteStop(m, id, c);
    }
    if (system.system === 'up') {
      c.operation.advanceClock(m, id, c);
      noteSteal(m, id, c.size);
      if (takesTimer(m, id)) c.operation.account(m, id);
    }
    c.operation.countDown(m, id, c);
  }
});

export function noteStop(m: Services, id: number): void {
  const system = m.guests.at(id);
  system.stopped = true;
  system.syncDue = system.present;
}

export function countDown(m: Services, id: number, c: C): void {
  const system = m.guests.at(id);
  const { message } = system;
  if (message.kind !== 'none') {
    system.message = { kind: message.kind, age: Math.min(message.age + 1, c.size.drift) };
  }
  if (system.system === 'up') {
    system.unwatched = Math.min(system.unwatched + 1, c.size.watchdog);
  }
  if (!isPausedVm(m, id)) hearNothing(m, id, c);
  // The time of the host: a guest that is paused must not stay frozen.
  if (system.files !== 'thawed') {
    system.thawsIn--;
    if (system.thawsIn === 0) {
      system.files = 'thawed';
      c.emit({ type: 'thawed', vm: id, by: 'timeout' });
    }
  }
  if (system.patience > 0) system.patience--;
}

/** Another tick in which a heartbeat is not answered: was it for want of a CPU? */
function hearNothing(m: Services, id: number, c: C): void {
  const system = m.guests.at(id);
  system.sinceBeat = Math.min(system.sinceBeat + 1, c.size.heartbeat);
  if (system.unanswered === 0) return;
  const starves = waitsForCpu(m, id) && !hasCpu(m, id);
  if (!starves) system.silence = 'idle';
  else if (system.silence === 'none') system.silence = 'starved';
}
