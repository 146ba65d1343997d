/** Lines of the protocol, damaged: by a byte, by a value of another kind, by structure. */

/** Values that programs trip over. */
const strange: readonly string[] = [
  'null',
  'true',
  '-1',
  '1e999',
  '9007199254740993',
  '0.5',
  '""',
  '"__proto__"',
  '"constructor"',
  '"\\u0000\\ud800"',
  '[]',
  '{}',
  '[[[[[[]]]]]]',
  '{"__proto__":{"polluted":1}}',
  '{"length":3,"0":1}',
  `"${'x'.repeat(300)}"`,
];
const keys: readonly string[] = ['__proto__', 'constructor', 'toString', 'kind', 'ok', 'id', ''];

type Below = (n: number) => number;
type Mutation = (line: string, below: Below) => string;

const mutations: readonly Mutation[] = [
  // A character that is another one, missing, or there twice.
  (line, below) => {
    const at = below(line.length);
    return line.slice(0, at) + String.fromCharCode(below(256)) + line.slice(at + 1);
  },
  (line, below) => {
    const at = below(line.length);
    return line.slice(0, at) + line.slice(at + 1 + below(3));
  },
  (line, below) => line.slice(0, below(line.length)),
  (line, below) => line + line.slice(below(line.length)),
  // A value of another kind in the place of one.
  (line, below) => {
    const values = [...line.matchAll(/(?<=[:[,])(-?\d+|true|false|null|"[^"]*")(?=[,\]}])/g)];
    const value = values[below(Math.max(values.length, 1))];
    if (value === undefined) return line;
    const end = value.index + value[0].length;
    return line.slice(0, value.index) + strange[below(strange.length)] + line.slice(end);
  },
  // A key of another name, or one more.
  (line, below) => {
    const names = [...line.matchAll(/"(\w+)":/g)];
    const name = names[below(Math.max(names.length, 1))];
    if (name === undefined) return line;
    const other = JSON.stringify(keys[below(keys.length)]);
    return `${line.slice(0, name.index)}${other}:${line.slice(name.index + name[0].length)}`;
  },
  (line, below) => {
    const field = `${JSON.stringify(keys[below(keys.length)])}:${strange[below(strange.length)]}`;
    return line.replace('{', `{${field},`);
  },
];

/** The line with one to three mutations. */
export function mutatedLine(line: string, below: Below): string {
  let mutant = line;
  for (let left = 1 + below(3); left > 0 && mutant !== ''; left--) {
    mutant = (mutations[below(mutations.length)] as Mutation)(mutant, below);
  }
  return mutant;
}
