/**
 * Whether the model permits a reply, by trying every choice that the host has. Slow, and simple: the
 * oracle is held against it.
 */
import { type Call, inPlace, type Machine, plans, type Scope } from '../../machine/index.ts';
import type { Answer } from '../reference/reply.ts';
import type { Alternatives } from './operators.ts';

export interface Permitted {
  /** What else a reply to a command of a kind could name. */
  alternatives(kind: string): Alternatives;
  /** A state after commands and what was answered to them, from the start. */
  after(commands: readonly Call[], replies: readonly Answer[]): unknown;
  /** Whether a reply is one that the model may give in a state, all of its events told. */
  permits(state: unknown, command: Call, reply: Answer): boolean;
}

export function permitted<S>(machine: Machine<S>, scope: Scope): Permitted {
  const host = inPlace(machine, scope);
  const known = new Map<string, Alternatives>(
    plans(host.engine).map(({ command, slots }) => [
      command.kind,
      {
        codes: command.guards.map(({ code }) => code),
        choices: new Map(
          slots
            .filter(({ shape }) => shape.choice === true)
            .map(({ name, values }) => [name, values]),
        ),
      },
    ]),
  );
  const alternatives = (kind: string): Alternatives => {
    return known.get(kind) ?? { codes: [], choices: new Map() };
  };
  return {
    alternatives,
    after(commands, replies) {
      const state = host.initial();
      commands.forEach(({ kind, args }, i) => {
        host.step(state, { kind, args: { ...args, ...replies[i]?.choices } });
      });
      return state;
    },
    permits(state, { kind, args }, reply) {
      let accepted = false;
      let refused = false;
      let explained = false;
      for (const chosen of combinations([...alternatives(kind).choices])) {
        const call = { kind, args: { ...args, ...chosen } };
        const outcome = host.step(host.copier.copy(state as S), call);
        if (!outcome.ok) refused ||= isCode(reply, outcome.rejection.code);
        else {
          accepted = true;
          explained ||= isNamed(reply, chosen) && tells(reply, outcome.events);
        }
      }
      // Where the host can choose well, it may not refuse for having chosen badly.
      return reply.ok ? explained : refused && !accepted;
    },
  };
}

const isCode = (reply: Answer, code: string): boolean =>
  !reply.ok && (reply.rejection?.code ?? code) === code;

function tells(reply: Answer, events: readonly unknown[]): boolean {
  if (!reply.ok) return false;
  return reply.events === undefined || JSON.stringify(reply.events) === JSON.stringify(events);
}

function isNamed({ choices = {} }: Answer, chosen: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(choices).every(
    ([name, value]) => JSON.stringify(value) === JSON.stringify(chosen[name]),
  );
}

function combinations(
  choices: readonly (readonly [name: string, values: readonly unknown[]])[],
): readonly Readonly<Record<string, unknown>>[] {
  return choices.reduce<readonly Readonly<Record<string, unknown>>[]>(
    (all, [name, values]) =>
      all.flatMap((chosen) => values.map((value) => ({ ...chosen, [name]: value }))),
    [{}],
  );
}
