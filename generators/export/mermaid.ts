/** Counterexamples as Mermaid sequence diagrams, which many Markdown viewers draw. */
import type { Call } from '../../machine/index.ts';
import { type Example, replayed } from './example.ts';

/** The actors in the order in which they first act, each calling the machine. */
export function mermaidDiagram<S>(example: Example<S>): string {
  const { machine, violation, run } = example;
  const { calls } = replayed(example);
  const actorOf = ({ kind }: Call): string => machine.commands[kind]?.actor ?? 'host';
  const actors = [...new Set(calls.map(({ call }) => actorOf(call)))];
  const messages = calls.map(({ call, refused }) => {
    const [arrow, why] = refused === undefined ? ['->>', ''] : ['--x', ` (refused: ${refused})`];
    return `${actorOf(call)}${arrow}machine: ${mermaidText(`${callText(call)}${why}`)}`;
  });
  const last = actors.at(-1);
  const over = last === undefined ? 'machine' : `${actors[0]},machine`;
  const note =
    violation === undefined
      ? []
      : [`Note over ${over}: ${mermaidText(`${violation.property}: ${violation.message}`)}`];
  const loop = run?.loop ?? messages.length;
  const goesOn = loop < messages.length;
  const lines = [
    ...actors.map((actor) => `actor ${actor}`),
    `participant machine as ${mermaidText(machine.name)}`,
    ...messages.slice(0, loop),
    ...(goesOn ? ['loop for ever', ...messages.slice(loop), 'end'] : []),
    ...note,
  ];
  return `sequenceDiagram\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

/** `memory.write vm 0, page 2`. */
function callText({ kind, args }: Call): string {
  const given = Object.entries(args).map(([name, value]) => `${name} ${argumentText(value)}`);
  return [kind, given.join(', ')].filter((part) => part !== '').join(' ');
}
const argumentText = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? 'none' : JSON.stringify(value);

/** What Mermaid takes for the end of a text, or for the begin of an entity. */
export function mermaidText(text: string): string {
  return text.replace(/[#;]/g, (sign) => `#${sign.charCodeAt(0)};`).replace(/\s*\n\s*/g, ' ');
}
