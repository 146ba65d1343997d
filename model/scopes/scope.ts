/** What a bounded configuration of the VMM says. */
import type { Scope } from '../../machine/index.ts';
import type { CpuSizes } from '../cpu/index.ts';
import type { MemorySizes } from '../memory/index.ts';
import type { MigrationSizes } from '../migration/index.ts';
import type { ServiceSizes } from '../service/index.ts';

export type VmmSizes = MemorySizes & CpuSizes & ServiceSizes & MigrationSizes;
export interface VmmScope extends Scope {
  readonly sizes: VmmSizes;
  /** What an exhaustive search finds while it asks nothing. */
  readonly explored?: {
    readonly distinct: number;
    readonly generated: number;
    readonly depth: number;
    /** Every state there is; else every state that is no more than `depth` steps away. */
    readonly complete: boolean;
    /** What is left of `distinct` where states that differ in names alone count as one. */
    readonly classes?: number;
  };
}

export type Scopes = Readonly<Record<string, VmmScope>>;
