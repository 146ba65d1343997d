/** The pool of examples/own-machine.ts as a system in a process of its own: as little as there can be. */
import { createInterface } from 'node:readline';

let free = [];
let owners = new Map();

function step({ kind, args: { client, block } }) {
  const has = [...owners.values()].filter((owner) => owner === client).length;
  if (kind === 'free') {
    if (owners.get(block) !== client) return { ok: false, rejection: { code: 'not-owner' } };
    owners.delete(block);
    free.push(block);
    return { ok: true };
  }
  if (has >= 3) return { ok: false, rejection: { code: 'over-quota' } };
  const taken = free.pop();
  if (taken === undefined) return { ok: false, rejection: { code: 'in-use' } };
  owners.set(taken, client);
  return { ok: true, choices: { block: taken } };
}

function answer({ op, command, commands }) {
  if (op === 'hello') return { protocol: 1, can: ['batch'] };
  if (op === 'reset') {
    free = [3, 2, 1, 0];
    owners = new Map();
    return { ok: true };
  }
  return op === 'batch' ? { replies: commands.map(step) } : step(command);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id: request.id, ...answer(request) })}\n`);
}
