/** What the page on exploring shows is run. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hypercheck, temporaryFolder } from '../cli/console.ts';

const { file } = temporaryFolder();
const root = resolve(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'checking.md'), 'utf8');
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';

test('the machine file of the page is violated as the page shows', async () => {
  const library = join(root, 'machine', 'index.ts');
  const path = file('machine.mjs', block('js').replace("'hypercheck/machine'", `'${library}'`));
  const { code, out } = await hypercheck(['check', path, '--out', file('found')]);
  expect(code).toBe(1);
  const shown = block('text').trimEnd();
  expect(out.slice(0, shown.length)).toBe(shown);
});

test('every flag of the page is one of the command', async () => {
  const { out } = await hypercheck(['check', '--help']);
  const flags = [...page.matchAll(/`(--[a-z-]+)/g)].map(([, flag = '']) => flag);
  expect(flags.length).toBeGreaterThan(10);
  for (const flag of flags) expect(out).toContain(`${flag} `);
  for (const [flag] of out.matchAll(/--[a-z-]+/g)) {
    if (flag !== '--help') expect(page).toContain(flag);
  }
});
