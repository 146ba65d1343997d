/** `verify` with its seeded bugs, each of which takes a while to set up. */
import { expect, test } from 'vitest';
import { parseFlags } from '../../cli/flags.ts';
import type { Plan } from '../../cli/plan.ts';
import { verify } from '../../cli/verify.ts';
import { vmmFaults } from '../../faults/index.ts';
import { printing, temporaryFolder } from '../cli/console.ts';

const { file } = temporaryFolder();
const nothingElse = { random: [], pairs: 0, exploredStates: 0, safetySeconds: 600 };

test('twenty commands do not find every seeded bug, and a bug that is not found is no `holds`', async () => {
  const plan: Plan = { name: 'bugs', ...nothingElse, faultBudget: 20 };
  const { io, printed } = printing();
  const code = await verify(parseFlags('verify', { out: file('none'), json: true }), plan, io);
  const { faults, verdict } = JSON.parse(printed().out);
  expect(faults.asked).toBe(vmmFaults.length);
  expect(faults.found).toBe(faults.asked - faults.missed.length);
  expect(faults.missed.length).toBeGreaterThan(0);
  expect([verdict, code]).toEqual(['inconclusive', 3]);
});
