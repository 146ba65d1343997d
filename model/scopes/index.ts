/** The named bounded configurations of the VMM. */
import { balloonScopes } from './balloon.ts';
import { cpuScopes } from './cpu.ts';
import { creditScopes } from './credit.ts';
import { memoryScopes } from './memory.ts';
import { migrationScopes } from './migration.ts';
import { mixedScopes } from './mixed.ts';
import { modelEScopes } from './model-e.ts';
import type { Scopes } from './scope.ts';
import { serviceScopes } from './service.ts';

export type { VmmScope, VmmSizes } from './scope.ts';
export const scopes = {
  ...memoryScopes,
  ...balloonScopes,
  ...cpuScopes,
  ...creditScopes,
  ...modelEScopes,
  ...serviceScopes,
  ...migrationScopes,
  ...mixedScopes,
} satisfies Scopes;
