/** The model of the VMM. */
export * from './cpu/index.ts';
export { host } from './host.ts';
export * from './memory/index.ts';
export * from './migration/index.ts';
export { scopes, type VmmScope, type VmmSizes } from './scopes/index.ts';
export * from './service/index.ts';
export {
  type CheckedVmm,
  type Vmm,
  type VmmCall,
  type VmmModel,
  vmm,
  vmmCommands,
  vmmMachine,
} from './vmm.ts';
