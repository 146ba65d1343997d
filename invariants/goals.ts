/** Goals that every subsystem has: states that are seen, events that are told, refusals. */
import type { Change, CommandTable, Model, propertiesOf, Sometimes } from '../machine/index.ts';

/** What is to be seen, and the commands that may bring it about. */
type By = Readonly<Record<string, readonly string[]>>;

/** Goals of one model, declared as its properties are. */
export function goalsOf<M extends Model>(property: ReturnType<typeof propertiesOf<M>>) {
  return {
    /** States of something: `is` says whether any of it is of a kind. */
    states: (
      of: string,
      named: string,
      by: By,
      is: (state: Change<M>['after'], kind: string) => boolean,
    ): readonly Sometimes<M>[] =>
      Object.entries(by).map(([kind, commands]) =>
        property.sometimes({
          id: `GOAL-${of}-${kind}`,
          name: `${named} ${kind}`,
          commands,
          reached: ({ after }) => is(after, kind),
        }),
      ),
    events: (by: By): readonly Sometimes<M>[] =>
      Object.entries(by).map(([type, commands]) =>
        property.sometimes({
          id: `GOAL-event-${type}`,
          name: `something tells '${type}'`,
          commands,
          reached: ({ events }) => events.some((event) => event.type === type),
        }),
      ),
    /** Every code that every command of a table can be refused with. */
    refusals: (table: CommandTable, idOf: (kind: string) => string): readonly Sometimes<M>[] =>
      Object.entries(table).flatMap(([kind, { requires }]) => {
        const codes = new Set(requires.map(([code]) => code));
        return [...codes].map((code) =>
          property.refused({
            id: `GOAL-${idOf(kind)}-refused-${code}`,
            name: `${kind} is refused with ${code}`,
            refused: { command: kind, code },
          }),
        );
      }),
  };
}
