/** Transition properties of sampling: how much of its memory a VM seems to use. Chapter 1. */
import { reads, trespass } from './changes.ts';
import { part } from './parts.ts';
import { kinds, pageName, property } from './reading.ts';

export const samplingOnlyLooks = property.transition({
  id: 'MEM-T6',
  name: 'sampling changes accessed bits of the sample and the estimate, nothing else',
  commands: kinds('memory.sample-active'),
  violation(change) {
    const { before, after, call, events } = change;
    const { vm, pages } = call.args;
    const found = trespass(change, vm, -1, { mine: part.reports | part.accessed, others: 0 });
    if (found !== null) return found;
    const old = before.host.vms.at(vm);
    const now = after.host.vms.at(vm);
    let sampled = 0;
    let seen = 0;
    for (let p = 0; p < now.pages.length; p++) {
      if (old.sampled.at(p)) {
        sampled++;
        if (old.pages.at(p).accessed) seen++;
      }
      const inSample = pages.includes(p);
      if (now.sampled.at(p) !== inSample) return `${pageName(vm, p)} is not sampled as asked`;
      const expected = !inSample && old.pages.at(p).accessed;
      if (now.pages.at(p).accessed !== expected) {
        return `the accessed bit of ${pageName(vm, p)} is not what sampling leaves`;
      }
    }
    const active = sampled === 0 ? old.active : Math.floor((old.size * seen) / sampled);
    const told = events.length === 0 ? null : events[0]?.active;
    if (now.active !== active || told !== (sampled === 0 ? null : active)) {
      return `${seen} of ${sampled} sampled pages were touched, but VM ${vm} counts ${now.active} active`;
    }
    return null;
  },
});

export const activityIsSampled = property.transition({
  id: 'MEM-T27',
  name: 'the estimate of what a VM uses changes by sampling, or with the VM, alone',
  reads: reads(part.reports),
  violation({ before, after, call }) {
    const { kind } = call;
    if (kind === 'memory.sample-active') return null;
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { active, state, sampled } = vms.at(v);
      if (state !== 'running') continue;
      const old = before.host.vms.at(v);
      if (active !== old.active) return `VM ${v} counts ${active} active pages without a sample`;
      const other = sampled.findIndex((is, p) => is !== old.sampled.at(p));
      if (other !== -1) return `${pageName(v, other)} is sampled otherwise without a sample`;
    }
    return null;
  },
});
