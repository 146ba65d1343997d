/** The protocol as JSON Schema, from the shapes of a machine in a scope. */
import {
  type JsonSchema,
  type Machine,
  type Scope,
  schemaOfCalls,
  schemaOfState,
} from '../../machine/index.ts';
import { abilities, protocolVersion } from './messages.ts';

const text: JsonSchema = { type: 'string', maxLength: 200 };
const texts: JsonSchema = { type: 'array', items: text, maxItems: 1_000 };
const to = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });

/** An object with some fields, all required but the optional ones; others are passed over. */
function object(
  required: Readonly<Record<string, JsonSchema>>,
  optional: Readonly<Record<string, JsonSchema>> = {},
): JsonSchema {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
  };
}

const id: JsonSchema = { type: 'integer', minimum: 0 };
const request = (op: string, fields: Readonly<Record<string, JsonSchema>> = {}): JsonSchema =>
  object({ id, op: { const: op }, ...fields });

/**
 * What hypercheck writes to a system (`request`) and what a system answers (`helloAnswer`, and so
 * on), each one JSON object a line.
 */
export function protocolSchema<S>(machine: Machine<S>, scope: Scope): JsonSchema {
  const { $schema, ...calls } = schemaOfCalls(machine, scope);
  const beside = {
    choices: { type: 'object', description: 'the choices it made, by argument' },
    before: { type: 'array', items: to('told') },
    after: { type: 'array', items: to('told') },
  };
  const event = object({ type: text });
  return {
    $schema,
    title: `hypercheck protocol ${protocolVersion}: ${machine.name}, scope ${scope.name}`,
    $ref: '#/$defs/request',
    $defs: {
      command: calls,
      request: {
        oneOf: [
          request('hello', {
            protocol: { const: protocolVersion },
            machine: { const: machine.name },
            modelHash: text,
            scope: object({
              name: text,
              sizes: { type: 'object', additionalProperties: { type: 'integer' } },
            }),
            commands: texts,
          }),
          request('reset', { seed: { type: 'integer' } }),
          request('step', { command: to('command') }),
          request('batch', { commands: { type: 'array', items: to('command') } }),
          request('observe'),
          request('snapshot', { snapshot: id }),
          request('restore', { snapshot: id }),
        ],
      },
      helloAnswer: object(
        { id, protocol: { const: protocolVersion } },
        {
          system: text,
          commands: texts,
          can: { type: 'array', items: { enum: abilities } },
          anonymous: texts,
          events: texts,
          internal: texts,
          loose: { type: 'object', additionalProperties: texts },
        },
      ),
      resetAnswer: object({ id, ok: { const: true } }),
      snapshotAnswer: object({ id, ok: { type: 'boolean' } }),
      restoreAnswer: object({ id, ok: { type: 'boolean' } }),
      reply: {
        oneOf: [
          object({ ok: { const: true } }, { events: { type: 'array', items: event }, ...beside }),
          object({ ok: { const: false } }, { rejection: object({}, { code: text }), ...beside }),
          object({ unknown: { const: true } }),
          object({ unsupported: { const: true } }),
        ],
      },
      told: object({ command: to('command') }, { reply: to('reply') }),
      stepAnswer: { allOf: [object({ id }), to('reply')] },
      batchAnswer: object({ id, replies: { type: 'array', items: to('reply') } }),
      observeAnswer: object({ id, state: to('observation') }),
      observation: partial(schemaOfState(machine.shape, scope.sizes)),
    },
  };
}

/** A schema of states made one of observations: nothing is required, arrays may be given by id. */
function partial(schema: JsonSchema): JsonSchema {
  const { $schema: _, required: __, ...rest } = schema;
  const made: Record<string, unknown> = { ...rest };
  if (isFields(rest.properties)) {
    const fields = Object.entries(rest.properties).map(
      ([name, of]) => [name, partial(of)] as const,
    );
    made.properties = Object.fromEntries(fields);
  }
  if (Array.isArray(rest.oneOf)) {
    // The case of a variant is always named.
    made.oneOf = rest.oneOf.map((each: JsonSchema) => ({ ...partial(each), required: ['kind'] }));
  }
  if (rest.type !== 'array' || rest.minItems === undefined || !isSchema(rest.items)) return made;
  const items = partial(rest.items);
  const ids = Array.from({ length: Number(rest.minItems) }, (_, id) => id).join('|');
  const byId = { type: 'object', patternProperties: { [`^(${ids})$`]: items } };
  return {
    anyOf: [
      { ...made, items },
      { ...byId, additionalProperties: false },
    ],
  };
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isFields = (value: unknown): value is Readonly<Record<string, JsonSchema>> => isSchema(value);
