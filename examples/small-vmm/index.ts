/** A system under test: the memory manager of a small VMM, written without the model. */
export { smallVmm, smallVmmCommands } from './adapter.ts';
export { type SmallVmmBug, smallVmmBugs } from './memory.ts';
