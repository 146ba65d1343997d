/** `hypercheck export FILE`: a stored counterexample in the format of other tools. */
import { dirname, relative, resolve, sep } from 'node:path';
import { sharedPages } from '../examples/index.ts';
import {
  type Example,
  itfTrace,
  mermaidDiagram,
  type TestSource,
  vitestTest,
} from '../generators/index.ts';
import { type Case, readCaseOf } from './cases.ts';
import { isOfRuns } from './counterexamples.ts';
import { badInput, type ExitCode, exitCodes } from './exit.ts';
import { write } from './files.ts';
import type { ExportFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import { sequenceDiagram } from './report/sequence.ts';
import { sequencesOf } from './sequence.ts';
import type { Subject } from './subject.ts';

export async function runExport(path: string, flags: ExportFlags, io: Io): Promise<ExitCode> {
  const { format, out, json } = flags;
  const text = exported(await readCaseOf(path, flags), flags);
  if (out !== undefined) write(out, text);
  if (json) io.out(jsonText(out === undefined ? { format, text } : { format, out }));
  else if (out === undefined) io.out(text);
  return exitCodes.holds;
}

function exported({ path, file, subject }: Case, { format, out }: ExportFlags): string {
  const { property, message = '' } = file;
  const example: Example<unknown> = {
    machine: subject.machine,
    scope: subject.scope,
    // What a faulty rule does after the violation may be anything.
    trace: file.commands.slice(0, file.step ?? file.commands.length),
    violation: property === null ? undefined : { property, message },
    run: isOfRuns(subject, property) ? { loop: file.loop } : undefined,
  };
  if (format === 'itf') return jsonText(itfTrace(example));
  if (format === 'mermaid') return mermaid(example, subject);
  if (property === null) throw badInput(path, 'violates nothing, so there is nothing to test for');
  return vitestTest(example, sourceOf(subject, dirname(out ?? 'stdout')));
}

/** Where VMs move, what hosts say to each other; else who calls what. */
function mermaid(example: Example<unknown>, subject: Subject): string {
  const { scope, trace, violation } = example;
  const sequences = sequencesOf(subject, scope, trace);
  if (sequences.length === 0) return mermaidDiagram(example);
  const note = violation === undefined ? undefined : `${violation.property}: ${violation.message}`;
  return sequenceDiagram(sequences, note);
}

/** How a test in a folder gets at a subject. */
function sourceOf({ machine, fault, file }: Subject, folder: string): TestSource {
  if (file !== undefined) {
    const path = relative(resolve(folder), resolve(file)).split(sep).join('/');
    return {
      imports: [
        `import subject from ${JSON.stringify(path.startsWith('.') ? path : `./${path}`)};`,
      ],
      machine: 'subject.machine',
      properties: 'subject.properties',
    };
  }
  if (machine.name === sharedPages.name) {
    return {
      imports: ["import { sharedPages, sharedPagesProperties } from 'hypercheck/examples';"],
      machine: 'sharedPages',
      properties: 'sharedPagesProperties',
    };
  }
  if (fault === undefined) {
    return {
      imports: ["import { vmmMachine, vmmProperties } from 'hypercheck';"],
      machine: 'vmmMachine',
      properties: 'vmmProperties',
    };
  }
  const named = `({ id }) => id === ${JSON.stringify(fault.id)}`;
  return {
    imports: ["import { vmmFaults, vmmMachine, vmmProperties } from 'hypercheck';"],
    machine: `vmmFaults.filter(${named}).reduce((machine, fault) => fault.apply(machine), vmmMachine)`,
    properties: 'vmmProperties',
  };
}
