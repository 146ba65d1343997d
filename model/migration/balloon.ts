/**
 * The balloon of a VM that moves. It is part of the other state that is sent after the freeze (MIG
 * 4.C.1): sizes and features, which pages the host was told of, who has the statistics buffer, and
 * the set of pages. None of those is sent as a page; they arrive as ballooned, or as reported.
 */
import type { C, HostId, VmId, World } from './model.ts';
import { inner, memoryAt } from './model.ts';

export function bringBalloon(m: World, vm: VmId, source: HostId, target: HostId, c: C): void {
  const from = m.hosts.at(source).memory.vms.at(vm);
  const memory = memoryAt(m, target);
  const to = memory.host.vms.at(vm);
  to.record = from.record;
  const { balloon } = to;
  balloon.target = from.balloon.target;
  balloon.actual = from.balloon.actual;
  balloon.driver = from.balloon.driver;
  balloon.mustTell = from.balloon.mustTell;
  balloon.deflateOnOom = from.balloon.deflateOnOom;
  balloon.reporting = from.balloon.reporting;
  balloon.poison = from.balloon.poison;
  balloon.poisonValue = from.balloon.poisonValue;
  balloon.statistics = from.balloon.statistics;
  balloon.reportedFree = from.balloon.reportedFree;
  for (let p = 0; p < from.size; p++) {
    const { kind } = from.pages.at(p).at;
    if (kind === 'ballooned' || kind === 'reported') {
      c.operation.discard(memory, vm, p, kind, inner(c));
    }
    balloon.told[p] = from.balloon.told.at(p);
  }
}
