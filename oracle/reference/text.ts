/** Reports for people: what a system did, what was permitted, and how it came there. */
import type { Call } from '../../machine/index.ts';
import type { Finding } from './finding.ts';
import { type Disagreement, outcomeText, type Reply, replyText, show } from './reply.ts';

/** So many commands before the last one are shown. */
const shownMax = 40;

export function disagreementText(
  finding: Finding,
  followed: readonly { readonly command: Call; readonly reply?: Reply }[],
): string {
  const { message, difference } = finding;
  const first = Math.max(0, followed.length - shownMax);
  const left = first === 0 ? [] : [`      (${first} more commands)`];
  const shown = followed.slice(first).map(({ command, reply }, i) => {
    const number = first + i + 1;
    const mark = number === followed.length ? '>' : ' ';
    const none = number === followed.length ? 'no answer' : 'left out';
    const answer = reply === undefined ? none : replyText(reply);
    return `${mark}${String(number).padStart(4)}  ${callText(command, reply)}  ${answer}`;
  });
  const lines = [message, ...allowedLines(finding), ...difference.map(differenceLine)];
  return [...lines, ...left, ...shown].join('\n');
}

function allowedLines({ reason, allowed }: Finding): readonly string[] {
  if (reason !== 'reply') return [];
  return allowed.map(({ outcome }) => `  allowed: ${outcomeText(outcome)}`);
}

function differenceLine({ path, allowed, observed }: Disagreement): string {
  return `  ${path}: allowed ${allowed}, observed ${observed}`;
}

/** `memory.write  host 0, vm 0, virtual 1, content 2`, with the choices that the system made. */
function callText({ kind, args }: Call, reply: Reply | undefined): string {
  const { choices } = reply !== undefined && 'ok' in reply ? reply : {};
  const all = Object.entries({ ...args, ...choices });
  const inside = all.map(([name, value]) => `${name} ${show(value)}`);
  return inside.length === 0 ? kind : `${kind}  ${inside.join(', ')}`;
}
