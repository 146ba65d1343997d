/** What hosts have to have in common, and what comes over the network between them. Chapter 4.B. */
import { hasFeature } from '../../model/index.ts';
import { contentOn, kinds, named, property, runs } from './reading.ts';

const featuresStay = property.invariant({
  id: 'MIG-F1',
  name: 'a guest runs where its CPUs can do all that it was booted with, and finds nothing else there',
  when: (_m, size) => size.feature > 0,
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      for (let h = 0; h < size.host; h++) {
        if (!runs(m, h, v)) continue;
        const shown = m.cluster.hosts.at(h).features.at(v);
        for (let f = 0; f < size.feature; f++) {
          const has = m.cluster.booted.at(v).at(f);
          if (has && !hasFeature(h, f))
            return `${named(v, h)} needs feature ${f}, which is not there`;
          if (has !== shown.at(f))
            return `${named(v, h)} ${has ? 'has lost' : 'has got'} feature ${f}`;
        }
      }
    }
    return null;
  },
});

const badMessagesEndIt = property.transition({
  id: 'MIG-V1',
  name: 'a message that names what does not exist ends the connection, and changes nothing of the VM',
  commands: kinds('migration.receive'),
  when: ({ before, call }) =>
    before.cluster.migrations.at(call.args.vm).toTarget.at(0).kind === 'bad',
  violation({ before, call, after }) {
    const { vm } = call.args;
    const { target, toTarget, received } = before.cluster.migrations.at(vm);
    if (target === null || toTarget.at(0).kind !== 'bad') return null;
    if (after.cluster.migrations.at(vm).connected) return `VM ${vm} went on after it`;
    for (let p = 0; p < received.length; p++) {
      const [was, is] = [contentOn(before, target, vm, p), contentOn(after, target, vm, p)];
      if (was !== is) return `page ${p} of ${named(vm, target)} held ${was}, and now holds ${is}`;
      if (received.at(p) !== after.cluster.migrations.at(vm).received.at(p)) {
        return `page ${p} of ${named(vm, target)} counts as received`;
      }
    }
    return null;
  },
});

const versionsFit = property.invariant({
  id: 'MIG-V2',
  name: 'a source is connected to a target of its own version, or of the next: what that reads it sends',
  when: ({ cluster }, size) =>
    size.version > 0 && cluster.migrations.some((each) => each.connected),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { source, target, connected } = m.cluster.migrations.at(v);
      if (!connected || source === null || target === null) continue;
      const [speaks, reads] = [source, target].map((h) => m.cluster.hosts.at(h).version);
      if (reads !== speaks && reads !== (speaks ?? 0) + 1) {
        return `${named(v, source)} goes from version ${speaks} to version ${reads}`;
      }
    }
    return null;
  },
});

export const featureProperties = [featuresStay, badMessagesEndIt, versionsFit];
