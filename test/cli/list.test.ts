import { expect, test } from 'vitest';
import { catalogueNames, commandEntry } from '../../cli/report/catalogue.ts';
import { vmmMachine } from '../../model/index.ts';
import { hypercheck, jsonOf, problemsOf } from './console.ts';

test.each(catalogueNames)(
  'list %s gives entries with ids, as a table and as data',
  async (what) => {
    const json = jsonOf(await hypercheck(['list', what, '--json']));
    expect(Object.keys(json)).toEqual([what]);
    const ids = (json[what] as { id: string }[]).map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    const { code, out } = await hypercheck(['list', what]);
    expect(code).toBe(0);
    const [, ...rows] = out.trimEnd().split('\n');
    expect(rows.map((row) => row.split(' ')[0])).toEqual(ids);
  },
);

test('a command is listed with its actor, arguments and rejections', () => {
  const command = vmmMachine.commands['memory.read'];
  const entry = commandEntry('memory.read', command);
  expect(entry).toMatchObject({ id: 'memory.read', actor: 'guest' });
  expect(entry.args).toContainEqual({ name: 'vm', form: 'ref', of: 'vm' });
  expect(entry.rejections).toContain('no-such-vm');
});

test('an unknown catalogue is bad input that names the known ones', async () => {
  expect(await problemsOf(['list', 'bugs'])).toEqual([
    "list: 'bugs' is not one of commands, properties, faults, scopes",
  ]);
});
