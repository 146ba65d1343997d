/** What the tutorial shows is run, as its reader would run it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../cli/console.ts';

const { file } = temporaryFolder();
const root = resolve(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'tutorial.md'), 'utf8');
const blocks = new Map(
  [...page.matchAll(/```js\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => {
    return [name, code] as const;
  }),
);
const block = (name: string): string => {
  const code = blocks.get(name);
  if (code === undefined) throw new Error(`the tutorial shows no ${name}`);
  return code;
};

/** Runs a file of the reader's folder, in which the packages are installed. */
function run(name: string): string {
  return execFileSync(process.execPath, [name], { cwd: dirname(file(name)), encoding: 'utf8' });
}

test('the bug of the tutorial is found as it says, and with its fix the VMM holds', () => {
  mkdirSync(file('node_modules'));
  symlinkSync(root, file('node_modules/hypercheck'));
  symlinkSync(join(root, 'node_modules', 'fast-check'), file('node_modules/fast-check'));
  for (const name of ['vmm.mjs', 'adapter.mjs', 'hold.mjs']) file(name, block(name));
  const shown = /```text\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(run('hold.mjs').slice(0, shown.trimEnd().length)).toBe(shown.trimEnd());

  const line = '    this.vms.get(name).shares = shares;';
  file('vmm.mjs', block('vmm.mjs').replace(line, `${block('fix')}${line}`));
  const codes = block('adapter.mjs').replace('  ESRCH:', "  EALREADY: 'no-change',\n  ESRCH:");
  file('adapter.mjs', codes);
  expect(run('hold.mjs')).toMatch(/^holds \{\n {2}traces: 60,/);
});
