/** What a QEMU command line says of the machine: memory, processors, balloon, driver. */

/** The parts of a command line that the rules need. Sizes are bytes. */
export interface MachineArguments {
  readonly ram: number;
  readonly cpus: number;
  /** Balloon devices with their ids, in order. */
  readonly balloons: readonly { readonly id: string | undefined; readonly oom: boolean }[];
  /** Modules that the guest's init is told not to load. */
  readonly skipped: readonly string[];
}

/** Reads a command line; a text says what is wrong with it. */
export function parseArguments(argv: readonly string[]): MachineArguments | string {
  const memory = optionValues(argv, '-m')[0];
  // QEMU's documented default.
  const ram = memory === undefined ? 128 * 1024 * 1024 : memoryBytes(memory);
  if (ram === undefined) return `cannot read the memory size "${memory}"`;
  const cpus = Number(/^(?:cpus=)?(\d{1,4})/.exec(optionValues(argv, '-smp')[0] ?? '1')?.[1] ?? 1);
  const balloons = optionValues(argv, '-device')
    .map((device) => device.split(','))
    .filter(([driver]) => driver?.startsWith('virtio-balloon') === true)
    .map((parts) => ({ id: property(parts, 'id'), oom: isOn(property(parts, 'deflate-on-oom')) }));
  const skipped = optionValues(argv, '-append')
    .flatMap((text) => text.split(/\s+/))
    .filter((word) => word.startsWith('skip='))
    .flatMap((word) => word.slice('skip='.length).split(','))
    .filter((module) => module !== '');
  return { ram, cpus, balloons, skipped };
}

function optionValues(argv: readonly string[], option: string): string[] {
  return argv.filter((_, index) => argv[index - 1] === option);
}

function property(parts: readonly string[], name: string): string | undefined {
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

function isOn(value: string | undefined): boolean {
  return value === 'on' || value === 'true' || value === 'yes';
}

/** `-m` takes a number with an optional suffix, mebibytes without one. */
function memoryBytes(text: string): number | undefined {
  const size = property(text.split(','), 'size') ?? text.split(',')[0] ?? '';
  const found = /^(\d{1,12})([BKMGT]?)B?$/i.exec(size);
  const shift = { B: 0, K: 10, '': 20, M: 20, G: 30, T: 40 }[found?.[2]?.toUpperCase() ?? '?'];
  if (found === null || shift === undefined) return undefined;
  const bytes = Number(found[1]) * 2 ** shift;
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
