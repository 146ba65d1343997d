/** What must be true of the VMM. */
export { vmmProperties } from './catalogue.ts';
export { memoryProperties } from './memory.ts';
