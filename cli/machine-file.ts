/** A machine of the user's own: a module whose default export is `{ machine, scope, properties }`. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Machine, Property, Scope } from '../machine/index.ts';
import { BadInput, badInput, type InputProblem } from './exit.ts';
import { exists } from './files.ts';
import { machineModule } from './machine-schema.ts';
import type { Subject } from './subject.ts';

/** What a machine file exports, once it was found to be that. */
interface MachineModule {
  readonly machine: Machine;
  readonly scope?: Scope;
  readonly properties?: readonly Property<never>[];
}

const form = 'export default { machine, scope, properties }';

/** Loads a machine file; throws everything that is wrong with it as bad input. */
export async function subjectOfFile(path: string): Promise<Subject> {
  const exported = await defaultExportOf(path);
  const checked = machineModule.safeParse(exported);
  if (!checked.success) {
    throw new BadInput(
      checked.error.issues.map(({ path: place, message }) => ({
        where: [path, placeText(place)].filter((part) => part !== '').join(' '),
        problem: message
          .replace(/^Invalid input: /, '')
          .replace(/^.*received undefined$/, 'is missing'),
      })),
    );
  }
  const { machine, scope, properties = [] } = exported as MachineModule;
  // A file that names the scope must find it in the machine.
  const scopes = scope === undefined ? machine.scopes : { ...machine.scopes, [scope.name]: scope };
  const subject: Subject = {
    machine: { ...machine, scopes },
    fault: undefined,
    scope: scope ?? Object.values(machine.scopes)[0],
    properties,
    file: path,
  };
  return subject;
}

async function defaultExportOf(path: string): Promise<unknown> {
  if (!exists(path)) throw badInput(path, 'there is no such file');
  if (/\.[cm]?ts$/.test(path) && !readsTypeScript) {
    throw badInput(
      path,
      'is TypeScript, which this Node cannot load: compile it and give the .js, or use Node 22.18',
    );
  }
  const url = pathToFileURL(resolve(path)).href;
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    throw new BadInput([thrownAt(path, url, error)]);
  }
  if (module.default === undefined) throw badInput(path, `has no default export: write ${form}`);
  return module.default;
}

const readsTypeScript = 'typescript' in process.features && process.features.typescript !== false;

/** What a module threw when it was loaded, with the line where the stack names it. */
function thrownAt(path: string, url: string, error: unknown): InputProblem {
  const {
    message,
    name,
    stack = '',
  } = error instanceof Error ? error : { message: String(error), name: 'a value' };
  const line = /^:(\d+)/.exec(stack.split(url)[1] ?? '')?.[1];
  const where = line === undefined ? path : `${path}:${line}`;
  return { where, problem: `threw while it was loaded: ${name}: ${message}` };
}

/** `machine.commands.add.requires[0]`. */
function placeText(place: readonly PropertyKey[]): string {
  return place
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
