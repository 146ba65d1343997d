/**
 * Model E of the specification: three vCPUs on one CPU and on two, one of double weight, that sleep and
 * wake as they like, under each scheduler. Those whose states come to an end are searched for all time,
 * the others for so many ticks. Under stride on one CPU it is `cpu-stride`.
 */
import type { SchedulerName } from '../cpu/index.ts';
import { cpu, cpuSizes, place } from './cpu-sizes.ts';
import type { Scopes, VmmScope, VmmSizes } from './scope.ts';

function modelE(
  scheduler: SchedulerName,
  pcpu: 1 | 2,
  sizes: Partial<VmmSizes>,
  [distinct, generated, depth]: readonly [number, number, number],
): VmmScope {
  const { horizon = 0 } = sizes;
  const time = horizon === 0 ? 'for all time' : `for ${horizon} ticks`;
  return {
    name: `cpu-e-${scheduler}-${pcpu}`,
    purpose: `model E: every state of three vCPUs on ${pcpu === 1 ? 'one CPU' : 'two CPUs'}, ${time}, under ${scheduler}`,
    sizes: { ...cpuSizes, pcpu, firstWeight: 2, scheduler: place(scheduler), ...sizes },
    explored: { distinct, generated, depth, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  };
}

/** In so few ticks nobody waits longer than CR-N allows, so waits need not be counted. */
const creditSizes = { quantum: 3, period: 3, patience: 1 };

export const modelEScopes = {
  'cpu-e-round-robin-1': modelE('round-robin', 1, { patience: 5 }, [5456, 25264, 20]),
  'cpu-e-round-robin-2': modelE('round-robin', 2, {}, [11008, 59552, 18]),
  'cpu-e-stride-2': modelE('stride', 2, { patience: 7 }, [15192, 72144, 40]),
  'cpu-e-eevdf-1': modelE('eevdf', 1, { patience: 12 }, [83648, 387080, 55]),
  // Two CPUs may be more than weights can use: run times go apart for as long as that lasts.
  'cpu-e-eevdf-2': modelE('eevdf', 2, { patience: 24, horizon: 12 }, [589400, 2895656, 48]),
  // Credits differ by all that was run so far: three times as many states with each tick.
  'cpu-e-credit-1': modelE('credit', 1, { ...creditSizes, horizon: 9 }, [807976, 3194064, 31]),
  'cpu-e-credit-2': modelE('credit', 2, { ...creditSizes, horizon: 5 }, [540360, 2242424, 30]),
  'cpu-e-credit2-1': modelE('credit2', 1, { patience: 1 }, [9752, 44640, 25]),
  'cpu-e-credit2-2': modelE('credit2', 2, { patience: 1 }, [7016, 35872, 22]),
} satisfies Scopes;
