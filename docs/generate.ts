/**
 * Writes the reference pages from what the code declares. `--check` compares them with the files
 * instead; `--coverage` fails on a rule that is nowhere, and prints the deferred ones.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fairnessRows, usualFairness } from '../cli/fairness.ts';
import { deferredFaults, vmmFaults } from '../faults/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import { vmmCommands } from '../model/index.ts';
import { commandsPage, coveragePage, fairnessPage, faultsPage, propertiesPage } from './pages.ts';
import { type Evidence, rules } from './specification.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where in the project's sources each id is named. */
function evidence(): (id: string) => Evidence {
  const rooms = ['model', 'invariants', 'faults', 'test'] as const;
  const texts = rooms.map((room) => ({ room, files: sources(join(root, room)) }));
  return (id) => {
    const named = new RegExp(`(?<![A-Z0-9-])${id}(?![0-9])`);
    const found = (room: string): readonly string[] =>
      (texts.find((each) => each.room === room)?.files ?? [])
        .filter(({ text }) => named.test(text))
        .map(({ path }) => path.slice(root.length + 1));
    return {
      modelled: found('model'),
      checked: found('invariants'),
      tested: [...found('test'), ...found('faults')],
    };
  };
}

function sources(folder: string): readonly { readonly path: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(folder, name))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

const where = evidence();
const covered = rules.map((rule) => ({ rule, evidence: where(rule.id) }));
const pages: Readonly<Record<string, string>> = {
  'commands.md': commandsPage(vmmCommands),
  'properties.md': propertiesPage(vmmProperties),
  'faults.md': faultsPage(vmmFaults, deferredFaults),
  'coverage.md': coveragePage(covered),
  'fairness.md': fairnessPage(fairnessRows(usualFairness())),
};

if (process.argv.includes('--coverage')) {
  const nowhere = covered.filter(
    ({ rule, evidence: { checked, tested } }) =>
      rule.deferred === undefined && checked.length + tested.length === 0,
  );
  const known = new Set(rules.map(({ id }) => id));
  const deferred = rules.filter((rule) => rule.deferred !== undefined);
  for (const rule of deferred) console.log(`deferred ${rule.id}: ${rule.deferred}`);
  for (const { id, reason } of deferredFaults) console.log(`deferred fault ${id}: ${reason}`);
  for (const { rule } of nowhere) console.error(`${rule.id} is neither checked nor tested`);
  const own = vmmProperties.filter(({ id }) => !known.has(id)).length;
  console.log(
    `${rules.length - deferred.length} rules covered, ${deferred.length} deferred, ` +
      `${own} properties of our own, ${vmmFaults.length} faults`,
  );
  if (nowhere.length > 0) process.exitCode = 1;
} else {
  for (const [name, text] of Object.entries(pages)) {
    const path = join(root, 'docs', 'reference', name);
    if (!process.argv.includes('--check')) writeFileSync(path, text);
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`docs/reference/${name} has drifted from the code: run 'npm run docs'`);
      process.exitCode = 1;
    }
  }
}
