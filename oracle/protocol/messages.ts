/**
 * The protocol between hypercheck and a system under test: one JSON object a line, requests on the
 * system's stdin, one answer for each on its stdout. What it writes to stderr is its log.
 */
import {
  type Call,
  type Machine,
  names,
  type Problem,
  type Scope,
  type Sizes,
} from '../../machine/index.ts';
import { isObject, own } from '../reference/form.ts';
import { show } from '../reference/reply.ts';

/** Rises when a system of an older version may misunderstand something. */
export const protocolVersion = 1;

/** What hypercheck asks. Every request has an `id`, which the answer repeats. */
export type Request =
  | {
      readonly op: 'hello';
      readonly protocol: typeof protocolVersion;
      readonly machine: string;
      readonly modelHash: string;
      readonly scope: { readonly name: string; readonly sizes: Sizes };
      /** The kinds of commands that the scope has. */
      readonly commands: readonly string[];
    }
  | { readonly op: 'reset'; readonly seed: number }
  | { readonly op: 'step'; readonly command: Call }
  | { readonly op: 'batch'; readonly commands: readonly Call[] }
  | { readonly op: 'observe' }
  /** The state is kept under a number, in the place of what was kept under it before. */
  | { readonly op: 'snapshot'; readonly snapshot: number }
  /** The state is again what was kept under a number. */
  | { readonly op: 'restore'; readonly snapshot: number };

/** What a system may be able to do besides `hello`, `reset` and `step`. */
export const abilities = ['batch', 'observe', 'snapshot'] as const;
export type Ability = (typeof abilities)[number];

/** What a system says of itself. */
export interface Hello {
  readonly protocol: typeof protocolVersion;
  /** A name for reports. */
  readonly system?: string;
  /** The kinds of commands that it has, or families (`memory.*`); all of the scope when absent. */
  readonly commands?: readonly string[];
  readonly can?: readonly Ability[];
  readonly anonymous?: readonly string[];
  readonly events?: readonly string[];
  readonly internal?: readonly string[];
  readonly loose?: Readonly<Record<string, readonly string[]>>;
}

/** The scope with the commands that a system has; `memory.*` names all of a family. */
export function narrowed<S>(
  machine: Machine<S>,
  scope: Scope,
  commands: readonly string[] | undefined,
): Scope & { readonly commands: readonly string[] } {
  const kinds = Object.keys(machine.commands).filter((kind) => names(scope.commands, kind));
  return { ...scope, commands: kinds.filter((kind) => names(commands, kind)) };
}

/** What is wrong with an answer to `hello`; unknown fields are passed over. */
export function problemsOfHello(data: unknown): readonly Problem[] {
  if (!isObject(data)) return [{ path: 'hello', problem: `is ${show(data)}, not an object` }];
  const found: Problem[] = [];
  const wrong = (path: string, value: unknown, wanted: string): void => {
    found.push({ path: `hello.${path}`, problem: `is ${show(value)}, not ${wanted}` });
  };
  const protocol = own(data, 'protocol');
  if (protocol !== protocolVersion) wrong('protocol', protocol, String(protocolVersion));
  const system = own(data, 'system');
  if (system !== undefined && !isShort(system)) wrong('system', system, 'a short text');
  for (const name of ['commands', 'can', 'anonymous', 'events', 'internal'] as const) {
    const list = own(data, name);
    if (list !== undefined && !isNames(list)) wrong(name, list, 'an array of short texts');
  }
  const can = own(data, 'can');
  for (const each of isNames(can) ? can : []) {
    if (!abilities.includes(each as Ability)) wrong('can', each, `one of ${abilities.join(', ')}`);
  }
  const loose = own(data, 'loose');
  if (loose === undefined) return found;
  if (!isObject(loose)) wrong('loose', loose, 'an object');
  else {
    for (const [kind, codes] of Object.entries(loose).slice(0, namesMax)) {
      if (!isNames(codes)) wrong(`loose.${show(kind)}`, codes, 'an array of short texts');
    }
  }
  return found;
}

const namesMax = 1_000;
const isShort = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 200;
const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= namesMax && value.every(isShort);
