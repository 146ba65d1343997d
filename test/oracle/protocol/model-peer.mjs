/**
 * The model itself as a system in a process of its own: of the scope that it is asked for, with the
 * seeded bug that the first argument names, choosing for itself.
 */
import { createInterface } from 'node:readline';
import { scopes, truth, vmmFaults, vmmMachine } from '../../../dist/index.js';

const [, , fault] = process.argv;
const machine = vmmFaults.find(({ id }) => id === fault)?.apply(vmmMachine) ?? vmmMachine;
let at = 1;
const below = (n) => {
  at = (at * 48_271) % 2_147_483_647;
  return at % n;
};
let system;

function answer({ op, scope, command, commands }) {
  if (op === 'hello') {
    system = truth(machine, { ...scopes[scope.name], sizes: scope.sizes }, below);
    return { protocol: 1, system: `model ${fault ?? ''}`.trim(), can: ['batch', 'observe'] };
  }
  if (op === 'reset') {
    system.reset();
    return { ok: true };
  }
  if (op === 'observe') return { state: system.observe() };
  return op === 'batch' ? { replies: commands.map(system.step) } : system.step(command);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id: request.id, ...answer(request) })}\n`);
}
