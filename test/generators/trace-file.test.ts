import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  readTrace,
  type TraceFile,
  traceFile,
  traces,
  traceVersion,
  writeTrace,
} from '../../generators/index.ts';
import { modelHash, problemsMax } from '../../machine/index.ts';
import { create, toggle, toy } from './toy.ts';

const { toy: scope } = toy.scopes;
const good = traceFile(toy, scope, [create(1), toggle], { seed: 7, property: 'unmasked', step: 2 });

/** What reading says about a file with some fields replaced: the paths and problems as texts. */
function problemsOf(changes: Readonly<Record<string, unknown>>): readonly string[] {
  const read = readTrace(toy, JSON.stringify({ ...good, ...changes }));
  return read.ok ? [] : read.problems.map(({ path, problem }) => `${path} ${problem}`);
}

describe('a written file', () => {
  test('is read as it was', () => {
    const details = fc.record({
      seed: fc.option(fc.integer()),
      path: fc.option(fc.constantFrom('0', '3:0:12')),
      property: fc.option(fc.string()),
      step: fc.option(fc.nat(100)),
      message: fc.string(),
    });
    fc.assert(
      fc.property(traces(toy), details, (trace, said) => {
        const file: TraceFile = traceFile(toy, scope, trace, said);
        expect(readTrace(toy, writeTrace(file))).toEqual({ ok: true, file, scope });
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('keeps where a run that goes on for ever begins to repeat itself', () => {
    const file = traceFile(toy, scope, [create(1), toggle], { property: 'unmasked', loop: 1 });
    expect(readTrace(toy, writeTrace(file))).toEqual({ ok: true, file, scope });
  });

  test('has one line for each command', () => {
    expect(writeTrace(good)).toBe(`{
  "format": "hypercheck-trace",
  "version": ${traceVersion},
  "machine": "toy",
  "scope": "toy",
  "modelHash": "${modelHash(toy)}",
  "seed": 7,
  "path": null,
  "property": "unmasked",
  "step": 2,
  "commands": [
    {"kind":"create","args":{"vm":1}},
    {"kind":"toggle","args":{}}
  ]
}
`);
    expect(writeTrace({ ...good, commands: [] })).toContain('"commands": []');
  });
});

describe('a file from outside', () => {
  test('may have fields that are not known yet', () => {
    expect(problemsOf({ reporter: 'me', rest: [] })).toEqual([]);
  });

  test('is told what is wrong with each field', () => {
    expect(problemsOf({ format: 'itf' })).toEqual(['format is "itf", not "hypercheck-trace"']);
    expect(problemsOf({ version: 2 })).toEqual(['version is 2, not 1']);
    expect(problemsOf({ machine: 'vmm' })).toEqual(['machine is "vmm", not "toy"']);
    expect(problemsOf({ scope: 'huge' })).toEqual(['scope is "huge", not one of toy']);
    expect(problemsOf({ modelHash: '00' })[0]).toContain('modelHash is "00", but this machine is');
    expect(problemsOf({ seed: 0.5 })).toEqual(['seed is 0.5, not null or a 32-bit integer']);
    expect(problemsOf({ seed: 2 ** 40 })).toHaveLength(1);
    expect(problemsOf({ path: '1:x' })).toEqual([
      'path is "1:x", not null or numbers with colons between',
    ]);
    expect(problemsOf({ property: 3 })).toEqual(['property is 3, not null or a text']);
    expect(problemsOf({ step: -1 })).toEqual(['step is -1, not null or a number of commands']);
    expect(problemsOf({ loop: -1 })).toEqual(['loop is -1, not a number of commands']);
    expect(problemsOf({ loop: 2 })).toEqual(['loop is 2, but there are 2 commands']);
    expect(problemsOf({ loop: 1 })).toEqual([]);
    expect(problemsOf({ message: null })).toEqual(['message is null, not a text']);
    expect(problemsOf({ commands: {} })).toEqual(['commands is an object, not an array']);
    expect(problemsOf({ commands: undefined })).toEqual(['commands is missing']);
    expect(problemsOf({ scope: undefined, step: undefined })).toEqual([
      'scope is missing',
      'step is missing',
    ]);
  });

  test('is told which command is wrong, and how', () => {
    const found = problemsOf({
      commands: [create(0), create(3), { kind: 'fly', args: {} }, null, { kind: 'toggle' }],
    });
    expect([...new Set(found.map((problem) => problem.split(' ')[0]))]).toEqual([
      'commands[1].args.vm',
      'commands[2].kind',
      'commands[3]',
      'commands[4].args',
    ]);
  });

  test('of another model is read only when that is asked for', () => {
    const text = JSON.stringify({ ...good, modelHash: '00' });
    expect(readTrace(toy, text).ok).toBe(false);
    expect(readTrace(toy, text, { anyModel: true })).toMatchObject({
      ok: true,
      file: { modelHash: '00', commands: good.commands },
    });
  });

  test('that is hostile does no harm', () => {
    const texts = [
      '',
      'null',
      '[]',
      '"x"',
      '{',
      `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
      '{"__proto__":{"format":"hypercheck-trace"},"constructor":1}',
    ];
    for (const text of texts) {
      const read = readTrace(toy, text);
      expect(read.ok ? 0 : read.problems.length).toBeGreaterThan(0);
    }
    expect(problemsOf({ commands: Array.from({ length: 100_001 }, () => toggle) })).toEqual([
      'commands has 100001 commands, more than 100000',
    ]);
    expect(problemsOf({ commands: Array.from({ length: 5000 }, () => 1) })).toHaveLength(
      problemsMax,
    );
    expect(problemsOf({ commands: [{ kind: '__proto__', args: {} }] })).toHaveLength(1);
    expect(problemsOf({ message: 'x'.repeat(20_000) })[0]?.length).toBeLessThan(100);
    const tooLong = readTrace(toy, ' '.repeat(2 ** 26 + 1));
    expect(tooLong.ok ? [] : tooLong.problems.map(({ path }) => path)).toEqual(['the whole']);
  });

  test('never makes reading throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => !readTrace(toy, text).ok),
      { seed: 1, numRuns: 300 },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(good)),
        fc.jsonValue(),
        (name, value) =>
          typeof readTrace(toy, JSON.stringify({ ...good, [name]: value })).ok === 'boolean',
      ),
      { seed: 2, numRuns: 300 },
    );
  });
});
