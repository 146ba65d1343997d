/** Reading a QEMU command line. */

/** Bytes of guest memory; a text says what is wrong with it. */
export function memoryOf(argv: readonly string[]): number | string {
  const memory = optionValues(argv, '-m')[0];
  // QEMU's documented default.
  if (memory === undefined) return 128 * 1024 * 1024;
  return bytesOf(memory) ?? `cannot read the memory size "${memory}"`;
}

/** Processors that the guest starts with. */
export function cpusOf(argv: readonly string[]): number {
  return Number(/^(?:cpus=)?(\d{1,4})/.exec(optionValues(argv, '-smp')[0] ?? '1')?.[1] ?? 1);
}

/** The values of an option, one for each time it is given. */
export function optionValues(argv: readonly string[], option: string): string[] {
  return argv.filter((_, index) => argv[index - 1] === option);
}

/** The value of a property in `driver,name=value,...`. */
export function property(parts: readonly string[], name: string): string | undefined {
  return parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** Whether a property that is a switch is on. */
export function isOn(value: string | undefined): boolean {
  return value === 'on' || value === 'true' || value === 'yes';
}

/** `-m` takes a number with an optional suffix, mebibytes without one. */
function bytesOf(text: string): number | undefined {
  const size = property(text.split(','), 'size') ?? text.split(',')[0] ?? '';
  const found = /^(\d{1,12})([BKMGT]?)B?$/i.exec(size);
  const shift = { B: 0, K: 10, '': 20, M: 20, G: 30, T: 40 }[found?.[2]?.toUpperCase() ?? '?'];
  if (found === null || shift === undefined) return undefined;
  const bytes = Number(found[1]) * 2 ** shift;
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined;
}
