/** What a machine file must export, so that nothing of it breaks later in a place that says less. */
import { z } from 'zod';
import { names } from '../machine/index.ts';

const text = z.string().min(1, 'must not be empty');
const rule = z.custom<unknown>((value) => typeof value === 'function', 'must be a function');
const bound = z.custom<unknown>(
  (value) =>
    Number.isSafeInteger(value) || typeof value === 'string' || typeof value === 'function',
  'must be an integer, the name of a size, or a function of the sizes',
);
const index = z.object({ name: text, ordered: z.boolean() });
const marked = { marker: z.enum(['ghost', 'history']).optional() };

const bool = z.object({ form: z.literal('bool'), ...marked });
const int = z.object({ form: z.literal('int'), min: z.int(), max: bound, ...marked });
const enumeration = z.object({ form: z.literal('enum'), values: z.array(text).min(1), ...marked });
const reference = z.object({ form: z.literal('ref'), index, ...marked });
const scalars = [bool, int, enumeration, reference] as const;

const wrongForm = (what: string) => ({
  error: `must be ${what}: use the functions of hypercheck/machine`,
});
const scalar = z.discriminatedUnion(
  'form',
  scalars,
  wrongForm('a bool, an int, an enumOf or a ref'),
);
const option = z.object({ form: z.literal('option'), of: scalar, ...marked });
const variant = z.object({
  form: z.literal('variant'),
  cases: z.record(z.string(), z.record(z.string(), scalar)),
  ...marked,
});
const rational = z.object({
  form: z.literal('rational'),
  most: bound,
  denominator: bound,
  ...marked,
});
const record = z.object({
  form: z.literal('record'),
  get fields(): z.ZodType {
    return z.record(z.string(), state);
  },
  ...marked,
});
const array = z.object({
  form: z.literal('array'),
  index,
  get of(): z.ZodType {
    return state;
  },
  ...marked,
});
const list = z.object({ form: z.literal('list'), of: scalar, bound, ...marked });
const state: z.ZodType = z.discriminatedUnion(
  'form',
  [...scalars, option, variant, rational, record, array, list],
  wrongForm('a shape'),
);
const subset = z.object({ form: z.literal('subset'), index, min: z.int(), max: bound });
const argument = z.discriminatedUnion(
  'form',
  [...scalars, option, subset],
  wrongForm('the shape of an argument'),
);

const command = z
  .object({
    actor: z.enum(['host', 'guest', 'daemon', 'hardware']),
    summary: z.string(),
    args: z.record(z.string(), argument),
    requires: z.array(z.tuple([text, z.array(z.string()), rule])),
    effect: rule,
  })
  .check(({ value: { args, requires }, issues }) => {
    for (const [i, [, looksAt]] of requires.entries()) {
      for (const [j, name] of looksAt.entries()) {
        if (Object.hasOwn(args, name)) continue;
        const message = `'${name}' is no argument of the command`;
        issues.push({ code: 'custom', message, path: ['requires', i, 1, j], input: name });
      }
    }
  });

const scope = z.object({
  name: text,
  purpose: z.string(),
  sizes: z.record(z.string(), z.int()),
  commands: z.array(z.string()).optional(),
});

const machine = z.object({
  name: text,
  version: z.int(),
  shape: record,
  commands: z.record(z.string(), command),
  operations: z.record(z.string(), z.unknown()),
  initial: rule,
  scopes: z.record(z.string(), scope),
});

const named = { id: text, name: text };
const maybe = rule.optional();
const fairness = z.array(
  z.object({
    commands: z.array(z.string()),
    strength: z.enum(['weak', 'strong']),
    each: z.array(z.string()).optional(),
  }),
);
const ofRuns = { ...named, fairness, ceasing: z.array(z.string()).optional(), instances: maybe };
const property = z.discriminatedUnion(
  'kind',
  [
    z.object({ kind: z.literal('invariant'), ...named, when: maybe, violation: rule }),
    z.object({ kind: z.literal('transition'), ...named, when: maybe, violation: rule }),
    z.object({ kind: z.literal('conjecture'), ...named, when: maybe, violation: rule }),
    z.object({
      kind: z.literal('within'),
      ...named,
      instances: rule,
      starts: rule,
      bound: rule,
      counts: rule,
      assuming: rule,
      done: rule,
    }),
    z
      .object({
        kind: z.literal('sometimes'),
        ...named,
        reached: maybe,
        refused: z.object({ command: text, code: text }).optional(),
      })
      .refine(({ reached, refused }) => reached !== undefined || refused !== undefined, {
        message: 'must have reached or refused',
      }),
    z.object({
      kind: z.literal('two-run'),
      ...named,
      scopes: z.array(text),
      vary: rule,
      observe: rule,
    }),
    z.object({ kind: z.literal('eventually'), ...ofRuns, holds: rule }),
    z.object({ kind: z.literal('leads-to'), ...ofRuns, starts: rule, done: rule }),
  ],
  { error: 'must be a property: use propertiesOf of hypercheck/machine' },
);

/** Where a property of whole runs names commands. */
function namedBy(
  given: z.infer<typeof property>,
  i: number,
): readonly { readonly place: PropertyKey[]; readonly names: readonly string[] }[] {
  if (given.kind !== 'eventually' && given.kind !== 'leads-to') return [];
  const { fairness: conditions, ceasing = [] } = given;
  return [
    ...conditions.map(({ commands }, j) => ({
      place: ['properties', i, 'fairness', j, 'commands'],
      names: commands,
    })),
    { place: ['properties', i, 'ceasing'], names: ceasing },
  ];
}

export const machineModule: z.ZodType = z
  .object({ machine, scope: scope.optional(), properties: z.array(property).optional() })
  .check(({ value: { machine: given, scope: chosen, properties = [] }, issues }) => {
    const complain = (message: string, path: PropertyKey[]): void => {
      issues.push({ code: 'custom', message, path, input: undefined });
    };
    if (chosen === undefined && Object.keys(given.scopes).length === 0) {
      complain('is missing, and the machine has no scopes', ['scope']);
    }
    const scopes: { readonly place: PropertyKey[]; readonly of: z.infer<typeof scope> }[] = [
      ...Object.entries(given.scopes).map(([key, of]) => ({
        place: ['machine', 'scopes', key],
        of,
      })),
      ...(chosen === undefined ? [] : [{ place: ['scope'], of: chosen }]),
    ];
    for (const {
      place,
      of: { commands = [] },
    } of scopes) {
      for (const [i, name] of commands.entries()) {
        if (Object.keys(given.commands).some((kind) => names([name], kind))) continue;
        complain(`'${name}' is no command of the machine`, [...place, 'commands', i]);
      }
    }
    for (const { place, names: kinds } of properties.flatMap(namedBy)) {
      for (const [i, name] of kinds.entries()) {
        if (name in given.commands) continue;
        complain(`'${name}' is no command of the machine`, [...place, i]);
      }
    }
    for (const [i, { id }] of properties.entries()) {
      if (properties.findIndex((each) => each.id === id) === i) continue;
      complain(`'${id}' is the id of another property too`, ['properties', i, 'id']);
    }
  });
