/** Machines that show the modelling language, and systems that tools can be tried on. */
export { pool } from './own-machine.ts';
export {
  type SharedPages,
  type SharedPagesSizes,
  sharedPages,
  sharedPagesProperties,
} from './shared-pages.ts';
export { type SmallVmmBug, smallVmm, smallVmmBugs, smallVmmCommands } from './small-vmm/index.ts';
