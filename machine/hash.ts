/** A stable hash of what a machine declares: files say with it which model they belong to. */
import type { Machine } from './machine.ts';
import type { Scope } from './scope.ts';

/**
 * Sixteen hexadecimal digits over the name, the version, the shape and the declarations of the
 * commands (kind, actor, arguments, rejection codes). Bodies of rules are not part of it: a change
 * that gives an old trace a new meaning must raise the machine's `version`.
 */
export function modelHash<S>(machine: Machine<S>): string {
  const known = hashes.get(machine);
  if (known !== undefined) return known;
  const hash = hashOf(machine);
  hashes.set(machine, hash);
  return hash;
}

/** Every file that is read or written asks for it. */
const hashes = new WeakMap<object, string>();

function hashOf<S>(machine: Machine<S>): string {
  const { name, version, shape, commands } = machine;
  const declared = Object.entries(commands).map(([kind, { actor, args, requires }]) => ({
    kind,
    actor,
    // The order of arguments is the order of enumeration, so it is part of the declaration.
    args: Object.entries(args),
    rejections: requires.map(([code, looksAt]) => [code, looksAt]),
  }));
  const scopes = Object.values(machine.scopes);
  return fnv1a(canonical({ name, version, shape, commands: declared }, scopes));
}

/** JSON with sorted keys; a bound that is a function stands as its values in the machine's scopes. */
function canonical(value: unknown, scopes: readonly Scope[]): string {
  if (typeof value === 'function') {
    // Its text would change with the compiler.
    return JSON.stringify(scopes.map(({ name, sizes }) => [name, value(sizes)]));
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, scopes)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field, scopes)}`);
  return `{${fields.join(',')}}`;
}

/** FNV-1a, 64 bits, over the UTF-16 code units, low byte first. */
export function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 0xff, unit >> 8]) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
