/** Post-copy: what is missing comes once, as it was. Chapter 4.C: MIG-S14. */
import {
  contentOn,
  isMissing,
  type MigrationChange,
  movedOn,
  property,
  type Reading,
  runs,
} from './reading.ts';

/** What the first message under way to a target says of a page, where a command receives it. */
function arriving({ before, call }: MigrationChange, vm: number, page: number): number | null {
  if (call.kind !== 'migration.receive' || call.args.vm !== vm) return null;
  const message = before.cluster.migrations.at(vm).toTarget.at(0);
  if (message.kind === 'zero' && message.page === page) return 0;
  return message.kind === 'page' && message.page === page ? message.content : null;
}

const isBacked = ({ hosts }: Reading, at: number, vm: number, page: number): boolean => {
  const { kind } = hosts.at(at).memory.vms.at(vm).pages.at(page).at;
  return kind === 'mapped' || kind === 'zero' || kind === 'swapped';
};

const pagesComeOnce = property.transition({
  id: 'MIG-S14',
  name: 'post-copy brings a page once, where it is missing, as the source has it, and takes none away',
  commands: [
    ...['migration.*', 'postcopy.*', 'failure.*', 'crash.*'],
    ...['memory.acknowledge-inflate', 'memory.acknowledge-report'],
  ],
  when: ({ before, size }) => {
    // Commands of memory are everywhere, clusters are not.
    for (let v = 0; v < size.vm * size.postcopy; v++) if (anyMissing(before, v)) return true;
    return false;
  },
  violation(change) {
    for (let v = 0; v < change.size.vm; v++) {
      const ends = movedOn(change.before, v);
      // It has begun to, and does still: a VM that is lost has no pages.
      if (ends === null || [change.before, change.after].some((m) => !runs(m, ends.target, v)))
        continue;
      const { size } = change.before.hosts.at(ends.target).memory.vms.at(v);
      for (let p = 0; p < size; p++) {
        const wrong = wrongWith(change, { ...ends, vm: v, page: p });
        if (wrong !== null) return wrong;
      }
    }
    return null;
  },
});

/** Some page of a VM that runs has not come yet. */
function anyMissing(m: Reading, vm: number): boolean {
  const ends = movedOn(m, vm);
  return ends !== null && m.hosts.at(ends.target).memory.vms.at(vm).pages.some(isMissingAt);
}
const isMissingAt = ({ at }: { readonly at: { readonly kind: string } }) => at.kind === 'missing';

interface Place {
  readonly source: number;
  readonly target: number;
  readonly vm: number;
  readonly page: number;
}

/** What a command did to a page that it must not do; or null. */
function wrongWith(change: MigrationChange, { source, target, vm, page }: Place): string | null {
  const { before, call, after } = change;
  const came = arriving(change, vm, page);
  const [was, is] = [before, after].map((m) => isMissing(m, target, vm, page));
  const name = `page ${page} of VM ${vm}`;
  if (!was) {
    if (is) return `${name} was there, and is missing`;
    const taken = isBacked(before, target, vm, page) && !isBacked(after, target, vm, page);
    if (taken && anyMissing(before, vm)) return `${name} was taken while others are missing`;
    if (call.kind !== 'migration.receive') return null;
    const changed = contentOn(before, target, vm, page) !== contentOn(after, target, vm, page);
    if (changed) return `${name} was overwritten by what came late`;
    return came === null ? null : `${name} came once more`;
  }
  if (is) return came === null ? null : `${name} came, and is missing still`;
  if (came === null) return `${name} is not missing any more, but it did not come`;
  const [sent, has] = [source, target].map((h) => contentOn(after, h, vm, page));
  return sent === has ? null : `${name} came with ${has}, but the source has ${sent}`;
}

export const postcopyProperties = [pagesComeOnce];
