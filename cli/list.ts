/** `hypercheck list`: what the package knows, as tables and as data. */
import { vmmFaults } from '../faults/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../model/index.ts';
import { badInput, type ExitCode, exitCodes } from './exit.ts';
import type { OutputFlags } from './flags.ts';
import type { Io } from './io.ts';
import {
  type CatalogueName,
  catalogueNames,
  catalogueText,
  commandEntry,
  type Entry,
  faultEntry,
  isCatalogueName,
  propertyEntry,
  scopeEntry,
} from './report/catalogue.ts';
import { jsonText } from './report/document.ts';

const catalogues: Readonly<Record<CatalogueName, () => readonly Entry[]>> = {
  commands: () => Object.entries(vmmMachine.commands).map(([id, c]) => commandEntry(id, c)),
  properties: () => vmmProperties.map(propertyEntry),
  faults: () => vmmFaults.map(faultEntry),
  scopes: () => Object.values<VmmScope>(scopes).map(scopeEntry),
};

export function runList(what: string, { json }: OutputFlags, io: Io): ExitCode {
  if (!isCatalogueName(what)) {
    throw badInput('list', `'${what}' is not one of ${catalogueNames.join(', ')}`);
  }
  const entries = catalogues[what]();
  io.out(json ? jsonText({ [what]: entries }) : catalogueText(what, entries, io));
  return exitCodes.holds;
}
