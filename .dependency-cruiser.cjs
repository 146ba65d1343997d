/** What each folder may import besides itself. `model` stands for any file of that folder. */
const rooms = {
  machine: { packages: ['immer'] },
  model: { rooms: ['machine'], packages: ['ts-pattern'] },
  invariants: { rooms: ['machine', 'model'], packages: ['ts-pattern'] },
  checker: { rooms: ['machine'], builtins: true },
  generators: {
    rooms: ['machine', 'model', 'checker'],
    packages: ['fast-check'],
    builtins: true,
  },
  faults: { rooms: ['machine', 'model'] },
  examples: {
    rooms: ['machine', 'model', 'checker', 'generators', 'oracle'],
    packages: ['fast-check'],
  },
  oracle: {
    rooms: ['machine', 'model', 'invariants', 'generators'],
    packages: ['zod'],
    builtins: true,
  },
};

const shipped = [...Object.keys(rooms), 'cli'];

const roomRules = Object.entries(rooms).map(
  ([room, { rooms: others = [], packages = [], builtins = false }]) => ({
    name: `${room}-imports`,
    comment: `${room}/ imports only ${[room, ...others, ...packages].join(', ')}.`,
    severity: 'error',
    from: { path: `^${room}/` },
    to: {
      pathNot: [
        ...[room, ...others].map((name) => `^${name}/`),
        ...packages.map((name) => `node_modules/${name}/`),
      ],
      // Node built-ins have a rule of their own, with a message that says why.
      dependencyTypesNot: ['core'],
    },
    builtins,
  }),
);

const pure = roomRules.filter((rule) => !rule.builtins).map((rule) => rule.from.path);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules.map(({ builtins: _, ...rule }) => rule),
    {
      name: 'pure-folders-have-no-builtins',
      comment: 'These folders run in a browser as they are: no Node, no clock, no randomness.',
      severity: 'error',
      from: { path: pure },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'subsystems-meet-through-their-index',
      comment: 'A subsystem of model/ sees of another one only what its index.ts exports.',
      severity: 'error',
      from: { path: '^model/([^/]+)/' },
      to: { path: '^model/[^/]+/', pathNot: ['^model/$1/', '^model/[^/]+/index\\.ts$'] },
    },
    {
      name: 'cli-imports',
      comment: 'cli/ is above every shipped folder, and below docs/, bench/ and test/.',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^(docs|bench|test)/' },
    },
    {
      name: 'index-is-a-library',
      comment: 'Importing the library must not pull in the command line.',
      severity: 'error',
      from: { path: '^index\\.ts$' },
      to: { path: '^(cli|docs|bench|test)/' },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-development-packages-in-shipped-code',
      severity: 'error',
      from: { path: `^(index\\.ts$|(${shipped.join('|')})/)` },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      // What is built is there only after a build.
      to: { couldNotResolve: true, pathNot: '(^|/)dist/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|reports|\\.stryker-tmp|docs/api|transcripts)/' },
    // Imports of types count: a type that crosses a boundary is a dependency too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
