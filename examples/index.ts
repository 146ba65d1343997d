/** Machines that show the modelling language and that tools can be tried on. */
export {
  type SharedPages,
  type SharedPagesSizes,
  sharedPages,
  sharedPagesProperties,
} from './shared-pages.ts';
