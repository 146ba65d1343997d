/** Where faults enter the rules of guest systems. */
import { seamsOf } from '../../machine/index.ts';
import type { ServiceModel, serviceCommands } from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

export const service = seamsOf<VmmMachine, ServiceModel, typeof serviceCommands>();
