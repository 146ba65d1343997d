/** Transition properties of what a balloon driver negotiates, and of free page reporting. 3.3. */
import { reads } from './changes.ts';
import { part, sameFeatures } from './parts.ts';
import {
  balloonOf,
  contentAt,
  count,
  isInhibited,
  kinds,
  pageName,
  property,
  vmOf,
} from './reading.ts';

const negotiated: readonly string[] = kinds(
  'memory.load-driver',
  'memory.reset-vm',
  'memory.destroy-vm',
  'memory.oom-kill',
);

export const featuresAreFixed = property.transition({
  id: 'KVM-I1',
  name: 'what a driver negotiated, the poison value too, does not change while it runs',
  reads: reads(part.driver),
  violation(change) {
    const { before, after, call } = change;
    for (let v = 0; v < after.host.vms.length; v++) {
      const from = before.host.vms.at(v).balloon;
      const to = after.host.vms.at(v).balloon;
      if (sameFeatures(from, to)) continue;
      if (vmOf(change) !== v || !negotiated.includes(call.kind)) {
        return `the driver of VM ${v} has other features than it negotiated`;
      }
      if (from.driver === 'ready' && to.driver === 'ready') {
        return `the features of VM ${v} changed while its driver ran`;
      }
    }
    return null;
  },
});

export const driversAreAsLoaded = property.transition({
  id: 'BAL-T15',
  name: 'a driver that is loaded has the features it asked for and begins with an empty balloon',
  commands: kinds('memory.load-driver'),
  violation({ after, call }) {
    const { vm } = call.args;
    const { balloon } = after.host.vms.at(vm);
    if (!sameFeatures(call.args, balloon) || balloon.driver !== 'ready') {
      return `the driver of VM ${vm} is not as it was loaded`;
    }
    return balloon.actual === 0 && balloonOf(after.guests.at(vm)) === 0
      ? null
      : `the driver of VM ${vm} was loaded with pages in its balloon`;
  },
});

export const reportingIsNoBalloon = property.transition({
  id: 'KVM-T1',
  name: 'reporting free pages leaves target and size of the balloon alone',
  commands: kinds('memory.report-free-pages', 'memory.acknowledge-report'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm).balloon;
    const to = after.host.vms.at(vm).balloon;
    if (from.target !== to.target) return `reporting moved the target of VM ${vm}`;
    if (from.actual !== to.actual) return `reporting moved the balloon size of VM ${vm}`;
    const was = balloonOf(before.guests.at(vm));
    const is = balloonOf(after.guests.at(vm));
    if (was !== is) return `reporting changed the balloon of VM ${vm} from ${was} to ${is} pages`;
    return count(from.told) === count(to.told) ? null : `reporting told VM ${vm} of inflated pages`;
  },
});

/** A page that was reported under an earlier driver may be older than the poison: only new ones count. */
export const poisonSurvivesReporting = property.transition({
  id: 'KVM-T2',
  name: 'the host takes exactly the reported pages whose poison it can give back, which is zero',
  commands: kinds('memory.acknowledge-report'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm);
    const { balloon, pages, huge } = from;
    const { reporting } = before.guests.at(vm);
    const { use } = after.guests.at(vm);
    const willing = !huge && !isInhibited(from) && balloon.poisonValue === 0;
    for (let p = 0; p < pages.length; p++) {
      const { at, pins } = pages.at(p);
      const is = after.host.vms.at(vm).pages.at(p).at.kind;
      const due = reporting.at(p) && willing && pins === 0 && at.kind !== 'ballooned';
      if ((is === 'reported') !== (due || at.kind === 'reported')) {
        return `${pageName(vm, p)} was ${at.kind} and is ${is} after its report was answered`;
      }
      if (reporting.at(p) && use.at(p) !== 'free') {
        return `${pageName(vm, p)} was reported, but the guest did not get it back`;
      }
    }
    return null;
  },
});

export const reportsArePoisoned = property.transition({
  id: 'KVM-T3',
  name: 'a guest reports only free pages, and only poisoned ones where poison was negotiated',
  commands: kinds('memory.report-free-pages'),
  violation({ before, after, call }) {
    const { vm, pages } = call.args;
    const { balloon, pages: entries } = before.host.vms.at(vm);
    const { use } = before.guests.at(vm);
    if (!balloon.reporting) return `VM ${vm} reports pages, which was not negotiated`;
    for (const page of pages) {
      if (use.at(page) !== 'free')
        return `${pageName(vm, page)} was reported while ${use.at(page)}`;
      const { use: now, unspecified } = after.guests.at(vm);
      if (now.at(page) !== 'isolated' || !(balloon.poison || unspecified.at(page))) {
        return `${pageName(vm, page)} was reported but not set aside`;
      }
      const found = contentAt(before, entries.at(page).at);
      if (balloon.poison && found !== balloon.poisonValue) {
        return `${pageName(vm, page)} holds ${found}, not the poison`;
      }
    }
    return null;
  },
});
