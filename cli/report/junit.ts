/** JUnit XML, which continuous integration systems read. */

export interface TestCase {
  readonly name: string;
  readonly group: string;
  /** Why it failed: one line, and the details. */
  readonly failure?: { readonly message: string; readonly details: string };
  /** Why nothing can be said. */
  readonly skipped?: string;
}

export function junitXml(suite: string, seconds: number, cases: readonly TestCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const skipped = cases.filter((each) => each.skipped !== undefined).length;
  const counts = `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const time = `time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name=${quoted(suite)} ${counts} ${time}>`,
    `  <testsuite name=${quoted(suite)} ${counts} ${time}>`,
    ...cases.map(caseXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseXml({ name, group, failure, skipped }: TestCase): string {
  const head = `    <testcase name=${quoted(name)} classname=${quoted(group)}`;
  if (failure !== undefined) {
    const { message, details } = failure;
    const body = `<failure message=${quoted(message)}>${escaped(details)}</failure>`;
    return `${head}>\n      ${body}\n    </testcase>`;
  }
  if (skipped === undefined) return `${head}/>`;
  return `${head}>\n      <skipped message=${quoted(skipped)}/>\n    </testcase>`;
}

const quoted = (text: string): string => `"${escaped(text).replace(/[\t\n]/g, ' ')}"`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return (
    text
      // What XML 1.0 cannot hold at all, not even as an entity.
      .replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
      .replace(/[&<>"']/g, (character) => entities[character] ?? character)
  );
}
