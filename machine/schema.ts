/** JSON Schema (draft 2020-12) of states and calls in a scope, for tools that know no shapes. */
import type { Machine } from './machine.ts';
import { names, resolve, type Scope, type Sizes } from './scope.ts';
import type { ArgumentShape, StateShape } from './shape.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

const dialect = 'https://json-schema.org/draft/2020-12/schema';

/** The states of a shape. */
export function schemaOfState(shape: StateShape, sizes: Sizes): JsonSchema {
  return { $schema: dialect, ...schemaOf(shape, sizes) };
}

/**
 * The calls of a machine in a scope, each `{ kind, args }`. That the members of a subset ascend
 * cannot be said in JSON Schema: it says that they differ.
 */
export function schemaOfCalls<S>(machine: Machine<S>, scope: Scope): JsonSchema {
  const calls = Object.entries(machine.commands)
    .filter(([kind]) => names(scope.commands, kind))
    .map(([kind, { args, summary }]) => ({
      description: summary,
      ...objectOf([
        ['kind', { const: kind }],
        ['args', objectOf(schemas(args, scope.sizes))],
      ]),
    }));
  return { $schema: dialect, oneOf: calls };
}

type Named = readonly (readonly [name: string, schema: JsonSchema])[];

function schemas(
  shapes: Readonly<Record<string, StateShape | ArgumentShape>>,
  sizes: Sizes,
): Named {
  return Object.entries(shapes).map(([name, shape]) => [name, schemaOf(shape, sizes)]);
}

/** An object that has all of these fields and no others. */
function objectOf(fields: Named): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields),
    required: fields.map(([name]) => name),
    additionalProperties: false,
  };
}

function integer(minimum: number, maximum: number, description: string | undefined): JsonSchema {
  return {
    type: 'integer',
    minimum,
    maximum,
    ...(description === undefined ? {} : { description }),
  };
}

function schemaOf(shape: StateShape | ArgumentShape, sizes: Sizes): JsonSchema {
  const marked = shape.marker === undefined ? {} : { $comment: shape.marker };
  return { ...plainSchemaOf(shape, sizes), ...marked };
}

function plainSchemaOf(shape: StateShape | ArgumentShape, sizes: Sizes): JsonSchema {
  switch (shape.form) {
    case 'bool':
      return { type: 'boolean' };
    case 'int':
      return integer(shape.min, resolve(shape.max, sizes), undefined);
    case 'ref':
      return integer(0, resolve(shape.index.name, sizes) - 1, `id of ${shape.index.name}`);
    case 'enum':
      return { type: 'string', enum: shape.values };
    case 'option':
      return { anyOf: [{ type: 'null' }, schemaOf(shape.of, sizes)] };
    case 'variant':
      return {
        oneOf: Object.entries(shape.cases).map(([kind, fields]) =>
          objectOf([['kind', { const: kind }], ...schemas(fields, sizes)]),
        ),
      };
    case 'rational': {
      const most = resolve(shape.most, sizes) * resolve(shape.denominator, sizes);
      return objectOf([
        ['n', integer(-most, most, 'numerator, in lowest terms')],
        ['d', integer(1, resolve(shape.denominator, sizes), 'denominator')],
      ]);
    }
    case 'record':
      return objectOf(schemas(shape.fields, sizes));
    case 'array': {
      const size = resolve(shape.index.name, sizes);
      const description = `by id of ${shape.index.name}`;
      const items = schemaOf(shape.of, sizes);
      return { type: 'array', description, items, minItems: size, maxItems: size };
    }
    case 'list': {
      const items = schemaOf(shape.of, sizes);
      return { type: 'array', items, maxItems: resolve(shape.bound, sizes) };
    }
    case 'subset':
      return {
        type: 'array',
        description: `ids of ${shape.index.name}, ascending`,
        items: integer(0, resolve(shape.index.name, sizes) - 1, undefined),
        minItems: shape.min,
        maxItems: resolve(shape.max, sizes),
        uniqueItems: true,
      };
  }
}
