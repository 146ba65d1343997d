/** What VMs can learn of each other. Chapter 4.C, after CVE-2015-2877. */
import type { MemoryCall } from '../../model/index.ts';
import { property } from './reading.ts';

/** The VM that watches, and the one whose contents are none of its business. */
const observer = 0;

const costsKeepSecrets = property.twoRun({
  id: 'DED-S1',
  name: 'with salts of their own, the costs that a VM sees say nothing of what others hold',
  scopes: ['secrets', 'secrets-small'],
  vary(call, size): MemoryCall {
    if (call.kind !== 'memory.write' || call.args.vm === observer) return call;
    return {
      kind: call.kind,
      args: { ...call.args, content: (call.args.content + 1) % size.content },
    };
  },
  observe(call, outcome) {
    if (call.kind !== 'memory.read' && call.kind !== 'memory.write') return undefined;
    if (call.args.vm !== observer) return undefined;
    return outcome.ok ? outcome.events.map((event) => [event.type, event.cost]) : outcome.code;
  },
});

export const secretProperties = [costsKeepSecrets];
