/** A system under test: the memory manager of a small VMM, written without the model. */
export { smallVmm, smallVmmCommands } from './adapter.ts';
export { SmallVmm, type SmallVmmBug, type SmallVmmConfig, smallVmmBugs } from './memory.ts';
