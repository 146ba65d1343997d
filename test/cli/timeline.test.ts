/** Pictures of what CPUs did: worked examples, and every sign that there is. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { timelineText } from '../../cli/report/timeline.ts';
import { timelinesOf } from '../../cli/timeline.ts';
import { vmmFaults } from '../../faults/index.ts';
import { traceFile, writeTrace } from '../../generators/index.ts';
import type { Call, Machine } from '../../machine/index.ts';
import { type VmmScope, vmmMachine } from '../../model/index.ts';
import { cpuTraces } from '../faults/cpu.traces.ts';
import { cpu, cpusOf } from '../model/cpu/story.ts';
import { hypercheck } from './console.ts';

const machine = vmmMachine as Machine;
const ticks = (count: number): readonly Call[] => Array.from({ length: count }, () => cpu('tick'));

function pictures(scope: VmmScope, trace: readonly Call[], columns = 80, loop?: number): string {
  return timelinesOf({ machine }, scope, trace, loop)
    .map((each) => timelineText(each, { colours: false, columns }))
    .join('\n');
}
const weights = (first: number, vm: number) => ({
  ...{ vm, weight: first, firstWeight: first, grid: 60, request: 1 },
});

test('EX-1 under stride, as a picture', () => {
  expect(pictures(cpusOf('stride', weights(3, 2)), ticks(12))).toBe(
    `  CPUs of host 0, 12 ticks and what is so after |

            1        10
  CPU 0     ABAAABAAABAA|A
  A  VM 0   A-AAA-AAA-AA|A
  B  VM 1   -B---B---B--|-

  ran     A 9  B 3
  stolen  A 3  B 9
  - waits for a CPU`,
  );
});

test('EX-2 under EEVDF, as a picture', () => {
  expect(pictures(cpusOf('eevdf', weights(5, 6)), ticks(10))).toBe(
    `  CPUs of host 0, 10 ticks and what is so after |

            1        10
  CPU 0     ABACADAEAF|A
  A  VM 0   A-A-A-A-A-|A
  B  VM 1   -B--------|-
  C  VM 2   ---C------|-
  D  VM 3   -----D----|-
  E  VM 4   -------E--|-
  F  VM 5   ---------F|-

  ran     A 5  B 1  C 1  D 1  E 1  F 1
  stolen  A 5  B 9  C 9  D 9  E 9  F 9
  - waits for a CPU`,
  );
});

/** VMs of two vCPUs, of which one is plugged in, on two CPUs, and a thread of the VMM. */
const pair = cpusOf('round-robin', { vm: 2, vcpus: 2, thread: 5, pcpu: 2, period: 4, quantum: 2 });

test('who waits, sleeps, is throttled, paused or not plugged in, and a CPU out of service', () => {
  const trace = [
    ...[...ticks(2), cpu('halt', { thread: 0 }), cpu('set-cap', { vm: 1, cap: 1 }), ...ticks(2)],
    ...[cpu('pause-vm', { vm: 1 }), cpu('wake', { thread: 0 }), ...ticks(3)],
    ...[cpu('set-vcpus', { vm: 0, count: 2 }), cpu('online-vcpu', { thread: 1 })],
    ...[cpu('vmm-work', { thread: 4, ticks: 2 }), cpu('offline-pcpu', { pcpu: 1 }), ...ticks(6)],
    cpu('resume-vm', { vm: 1 }),
  ];
  expect(pictures(pair, trace)).toBe(
    `  CPUs of host 0, 13 ticks and what is so after |

                   1        10
  CPU 0            AA...AAAABBEE|A
  CPU 1            CC.....      |
  A  VM 0 vCPU 0   AA...AAAA----|A
  B  VM 0 vCPU 1          --BB--|-
  C  VM 1 vCPU 0   CC=="""""""""|-
  E  VMM thread 0  ........---EE|.
  commands           ^ ^  ^      ^

  ran     A 6  B 2  C 2  E 2
  stolen  A 4  B 4  C 2  E 3
  - waits for a CPU  = is throttled  . sleeps, or idles  " is paused
    ^ other commands before`,
  );
});

test('who spins for a lock whose holder waits, and who is stopped to stay with a sibling', () => {
  const sizes = { vm: 1, vcpus: 2, online: 2, thread: 2, quantum: 4 };
  const locks = [
    ...[cpu('lock', { thread: 0 }), ...ticks(5), cpu('lock', { thread: 1 }), ...ticks(3)],
    cpu('unlock', { thread: 0 }),
  ];
  expect(pictures(cpusOf('round-robin', { ...sizes, spin: 1 }), locks)).toBe(
    `  CPUs of host 0, 8 ticks and what is so after |

                  1
  CPU 0           AAAABBBB|A
  A  VM 0 vCPU 0  AAAA----|A
  B  VM 0 vCPU 1  ----B@@@|-
  commands        ^    ^   ^

  ran     A 4  B 4
  stolen  A 4  B 4
  @ spins for a lock  - waits for a CPU  ^ other commands before`,
  );
  const together = [cpu('set-coscheduling', { vm: 0, mode: 'relaxed' }), ...ticks(6)];
  const scope = cpusOf('round-robin', { ...sizes, quantum: 10, stop: 3, start: 1 });
  expect(pictures(scope, together)).toContain(
    `  A  VM 0 vCPU 0  AAA~~-|-
  B  VM 0 vCPU 1  ---BBB|B
`,
  );
});

test('parts of a tick are columns of their own, and a refused tick is none', () => {
  const scope = cpusOf('credit', { vm: 2, horizon: 2, quantum: 3, period: 3 });
  const trace = [cpu('run-part', { thread: 0, subticks: 3 }), ...ticks(4)];
  expect(pictures(scope, trace)).toBe(
    `  CPUs of host 0, 2 ticks and what is so after |

            1'
  CPU 0     ABB|B
  A  VM 0   A--|-
  B  VM 1   -BB|B

  ran     A 0  B 2
  stolen  A 2  B 0
  - waits for a CPU  ' the same tick`,
  );
});

test('a long trace is cut in the middle, and says so', () => {
  const lines = pictures(cpusOf('round-robin', { vm: 2 }), ticks(120), 36).split('\n');
  expect(lines.filter((line) => line.length > 36 && !line.includes('...'))).toEqual([
    '  CPUs of host 0, 120 ticks and what is so after |',
  ]);
  expect(lines.filter((line) => /CPU 0|left out/.test(line))).toEqual([
    '  CPU 0     ABABABABABABABABABAB',
    '  ... ticks 21 to 80 are left out here; --json has them ...',
    '  CPU 0     ABABABABABABABABABAB',
    '  CPU 0     ABABABABABABABABABAB',
    '  CPU 0     |A',
  ]);
});

test('a guest that is told something else than was stolen', () => {
  const fault = vmmFaults.find(({ id }) => id === 'cpu/C21') ?? expect.fail();
  const scope = cpusOf('round-robin', { vm: 2 });
  const [timeline] = timelinesOf({ machine: fault.apply(vmmMachine) as Machine }, scope, ticks(3));
  expect(timeline?.rows.at(-1)?.ticks).toEqual({ letter: 'B', ran: 1, stolen: 2, told: 2000 });
  const text = timelineText(timeline ?? expect.fail(), { colours: false });
  expect(text).toContain('  stolen  A 1  B 2\n  told    A 1000  B 2000\n');
});

test('a run that goes on for ever says from where', () => {
  expect(pictures(cpusOf('round-robin', { vm: 2 }), ticks(3), 80, 1)).toContain(
    '  From tick 2 on this goes on for ever.\n',
  );
});

test('traces in which no time passes have no picture', () => {
  expect(pictures(pair, [cpu('halt', { thread: 0 })])).toBe('');
});

test('the picture in the README is that of its fault', () => {
  const fault = vmmFaults.find(({ id }) => id === 'cpu/C35') ?? expect.fail();
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const subject = { machine: fault.apply(vmmMachine) as Machine };
  const trace = cpuTraces['cpu/C35'] ?? expect.fail();
  const [drawn] = timelinesOf(subject, vmmMachine.scopes['cpu-promises'] ?? expect.fail(), trace);
  expect(readme).toContain(timelineText(drawn ?? expect.fail(), { colours: false }));
});

test('replay shows the picture of a trace, whether it violates something or not', async () => {
  const scope = vmmMachine.scopes['cpu-round-robin'] ?? expect.fail();
  const path = join(mkdtempSync(join(tmpdir(), 'hypercheck-')), 'trace.json');
  writeFileSync(path, writeTrace(traceFile(machine, scope, ticks(2), {})));
  const { code, out } = await hypercheck(['replay', path]);
  expect(code).toBe(0);
  expect(out).toContain('  CPU 0     AA|C\n  CPU 1     BB|A\n');
  expect(out).toContain('nothing is violated\n');
  const json = await hypercheck(['replay', path, '--json']);
  expect(JSON.parse(json.out).timelines[0].rows[0]).toEqual({ name: 'CPU 0', cells: 'AAC' });
});
