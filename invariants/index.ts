/** What must be true of the VMM. */
export { vmmProperties } from './catalogue.ts';
export { cpuProperties } from './cpu.ts';
export { memoryProperties } from './memory.ts';
export { serviceProperties } from './service.ts';
