/**
 * A vCPU of a dedicated VM that was not plugged in was tied to a CPU of another one's own. When its VM
 * came to share again, there was no CPU for it to share.
 */
import { expect, test } from 'vitest';
import { inPlace } from '../../machine/index.ts';
import { vmmMachine } from '../../model/index.ts';
import { cpu, cpusOf } from '../model/cpu/story.ts';

const scope = cpusOf('round-robin', { vm: 2, vcpus: 2, thread: 4, pcpu: 3, minShared: 1 });

test('a VM shares again only where each of its vCPUs may run on a shared CPU', () => {
  const host = inPlace(vmmMachine, scope);
  const state = host.initial();
  const told = [0, 1].map((vm) => cpu('set-mode', { vm, mode: 'dedicated' }));
  told.push(cpu('set-affinity', { thread: 3, pcpus: [0] }));
  for (const call of told) expect(host.step(state, call)).toMatchObject({ ok: true });
  const share = cpu('set-mode', { vm: 1, mode: 'shared' });
  expect(host.step(state, share)).toMatchObject({ rejection: { code: 'affinity-conflict' } });
  expect(host.step(state, cpu('set-affinity', { thread: 3, pcpus: [0, 2] })).ok).toBe(true);
  expect(host.step(state, share).ok).toBe(true);
});
