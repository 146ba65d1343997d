/** Records of hand-written balloon logs, and what the reader says of them. */
import { validate } from '../../../oracle/transcripts/index.ts';

export const MIB = 1024 * 1024;
export const RAM = 256 * MIB;

/** A log of one machine: QMP commands with their replies, messages as they are. */
export function machine(devices: readonly string[], ...rest: readonly object[]): string[] {
  const argv = ['qemu', '-m', '256M', ...devices.flatMap((device) => ['-device', device])];
  const records = [{ argv }, ...rest];
  return records.map((record) => JSON.stringify({ vm: 'g', ...record }));
}

export const BALLOON = 'virtio-balloon-pci,id=bal';
export const READY = {
  agent: '<',
  msg: { ready: true, modules: 13, moduleErrors: 0, memTotalKb: 223632, memFreeKb: 195436 },
};

let id = 0;
export function qmp(execute: string, args: object | undefined, reply: object): object[] {
  id += 1;
  const ask = args === undefined ? { execute, id } : { execute, arguments: args, id };
  return [
    { dir: '>', msg: ask },
    { dir: '<', msg: { ...reply, id } },
  ];
}

export const target = (value: unknown, reply: object = { return: {} }): object[] =>
  qmp('balloon', { value }, reply);
export const actual = (bytes: number): object[] =>
  qmp('query-balloon', undefined, { return: { actual: bytes } });

export function judge(devices: readonly string[], ...rest: readonly object[]): string {
  const judged = validate('virtio-balloon', machine(devices, ...rest));
  return judged.verdict === 'violated' ? (judged.impossible?.field ?? 'nothing') : judged.verdict;
}
