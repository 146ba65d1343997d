/**
 * CPU features (4.B, the CPU rule). A guest asks once, when it boots, what its CPUs can do, and believes
 * it for ever: it may move only to where they can do all that, and must not find that they can do more.
 */
import type { HostId, VmId, World, WorldView } from './model.ts';

/**
 * Whether the CPUs of a host have a feature. Of the first three hosts the second has all, the first
 * lacks the second feature, and the third the first.
 */
export const hasFeature = (host: HostId, feature: number): boolean =>
  feature === 0 ? host < 2 : host >= feature;

/** The guest was booted with a feature that the CPUs of a host lack. */
export function isIncompatible(m: WorldView, vm: VmId, host: HostId): boolean {
  return m.cluster.booted.at(vm).some((has, feature) => has && !hasFeature(host, feature));
}

/** The target's vCPUs have what the guest was booted with: no less, and no more. */
export function showsFeature(m: WorldView, vm: VmId, _host: HostId, feature: number): boolean {
  return m.cluster.booted.at(vm).at(feature);
}

export function forgetFeatures({ cluster }: World, vm: VmId, host: HostId): void {
  const shown = cluster.hosts.at(host).features.at(vm);
  for (let f = 0; f < shown.length; f++) shown[f] = false;
}
