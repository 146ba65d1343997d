/** What the README shows is run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';

const root = resolve(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Runs a block with the package's name resolved to this checkout. */
async function runBlock(code: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hypercheck-readme-'));
  const file = join(folder, 'block.ts');
  const fastCheck = join(root, 'node_modules', 'fast-check', 'lib', 'fast-check.js');
  writeFileSync(
    file,
    code
      .replaceAll("'hypercheck'", `'${join(root, 'index.ts')}'`)
      .replaceAll("'fast-check'", `'${fastCheck}'`),
  );
  await import(/* @vite-ignore */ pathToFileURL(file).href);
  rmSync(folder, { recursive: true });
}
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

test('the property over traces of the first example holds', { timeout: 60_000 }, async () => {
  const [property = ''] = blocks;
  expect(property).toContain('fc.assert');
  await runBlock(property);
});

test('the second example refuses to create a VM twice, with the same state', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const [, steps = ''] = blocks;
  await runBlock(steps);
  expect(log).toHaveBeenCalledWith(
    true,
    expect.objectContaining({ ok: false, rejection: { code: 'vm-exists', vm: 0 } }),
  );
  log.mockRestore();
});

test('every file that the README links to or names exists', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
  const logs = [...readme.matchAll(/transcripts\/\S+\.jsonl/g)].map(([path]) => path);
  expect(links.length).toBeGreaterThan(5);
  for (const path of [...links.filter((p) => p.endsWith('.md')), ...logs]) {
    expect(() => readFileSync(join(root, path)), path).not.toThrow();
  }
});
