import { posix } from 'node:path';
import { printable, shorten } from '../../kernel/text.ts';
import { invocationsOf } from '../invocation.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf } from '../script-edit.ts';
import { evidenceOf, inTree } from './evidence.ts';

const SEPARATOR = /^(?<path>[^\s:]{1,300}):(?<line>\d{1,7}): \*\*\* missing separator\b/;
/** A line that says a JSON file can't be read; the file is one of those it names. */
const JSON_FAULT = /\bJSON(?:ParseError|Error)?\b|\bEJSONPARSE\b|[Tt]railing comma|json\.decoder/;
const JSON_FILE = /[\w@./-]{0,400}\.json\b/g;
const MOST = 1 << 20;

/** A file that its program can't read for a slip of whoever wrote it last. */
export const syntaxSlip: Fixer = {
  name: 'syntax-slip',
  title: 'a Makefile or a JSON file has a slip that nothing can be read past',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    for (const [at, line] of linesOf(failure.log)) {
      if (found.size >= 4) break;
      const { path, line: number } = SEPARATOR.exec(line)?.groups ?? {};
      if (path !== undefined) {
        const finding = await recipes(failure, bench, at, path, Number(number));
        if (finding !== undefined) found.set(finding.cause, finding);
      }
      if (!JSON_FAULT.test(line)) continue;
      for (const [named] of line.slice(0, 1000).matchAll(JSON_FILE)) {
        const file = inTree(failure, named);
        const finding = file === undefined ? undefined : await commas(failure, bench, at, file);
        if (finding !== undefined) found.set(finding.cause, finding);
      }
    }
    return [...found.values()];
  },
};

/** Blanks before the commands of a rule become the tab that make asks for. */
async function recipes(
  failure: FailedStep,
  bench: Bench,
  at: number,
  named: string,
  number: number,
): Promise<Finding | undefined> {
  const folders = (await invocationsOf(failure, bench)).map(({ folder }) => folder);
  for (const folder of new Set([failure.workingDirectory, ...folders])) {
    const path = inTree({ ...failure, workingDirectory: folder }, named);
    const text = path === undefined ? undefined : (await bench.read(path))?.toString('utf8');
    if (path === undefined || text === undefined || text.length > MOST) continue;
    const lines = text.split('\n');
    if (!/^ +\S/.test(lines[number - 1] ?? '')) continue;
    const put = tabbed(lines);
    if (put.join('\n') === text) continue;
    return {
      fixer: 'syntax-slip',
      cause: `${path}:${number} begins with blanks where make wants a tab`,
      evidence: [
        evidenceOf(failure, at),
        { file: path, line: number, text: printable(shorten(lines[number - 1]?.trim() ?? '', 200)) },
      ],
      confidence: 0.95,
      changes: [{ path, content: Buffer.from(put.join('\n')) }],
      advice: `put a tab before the commands of ${posix.basename(path)}`,
    };
  }
  return undefined;
}

/** Lines of blanks that follow a rule, or a command of one, and continue no line. */
function tabbed(lines: readonly string[]): readonly string[] {
  let inRule = false;
  let continued = false;
  return lines.map((line) => {
    const own = continued;
    continued = line.endsWith('\\');
    if (own) return line;
    if (/^[^\s#=][^=]*:(?![=:])/.test(line.slice(0, 2000)) || line.startsWith('\t')) inRule = true;
    else if (/^\S/.test(line) && !line.startsWith('#')) inRule = false;
    return inRule && /^ +\S/.test(line) ? line.replace(/^ +/, '\t') : line;
  });
}

async function commas(
  failure: FailedStep,
  bench: Bench,
  at: number,
  path: string,
): Promise<Finding | undefined> {
  const text = (await bench.read(path))?.toString('utf8');
  if (text === undefined || text.length > MOST || parses(text)) return undefined;
  const [mended] = [withoutEnds(text), withMissing(text), withMissing(withoutEnds(text))].filter(parses);
  if (mended === undefined) return undefined;
  const first = text.split('\n').findIndex((line, index) => line !== mended.split('\n')[index]);
  return {
    fixer: 'syntax-slip',
    cause: `${path} is no JSON: a comma too many or too few`,
    evidence: [
      evidenceOf(failure, at),
      { file: path, line: first + 1, text: printable(shorten(text.split('\n')[first]?.trim() ?? '', 200)) },
    ],
    confidence: 0.95,
    changes: [{ path, content: Buffer.from(mended) }],
    advice: `put the commas of ${path} right`,
  };
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Parts of a text that are strings, and those that are not. */
const PARTS = /"(?:[^"\\\n]|\\.)*"|[^"]+|"/g;

function outside(text: string, change: (part: string) => string): string {
  // an end may stand behind a string: joined by marks no JSON holds, so that a comma meets what follows it
  const strings: string[] = [];
  const marked = text.replace(PARTS, (part) => {
    if (part.length < 2 || !part.startsWith('"')) return part;
    strings.push(part);
    return '\u0001';
  });
  let next = 0;
  return change(marked).replaceAll('\u0001', () => strings[next++] ?? '');
}

const withoutEnds = (text: string): string =>
  text.includes('\u0001') ? text : outside(text, (part) => part.replace(/,(\s*[}\]])/g, '$1'));

const withMissing = (text: string): string =>
  text.includes('\u0001')
    ? text
    : outside(text, (part) =>
        part.replace(/([\u0001\d}\]]|true|false|null)([ \t]*\r?\n\s*)(?=[\u0001{[])/g, '$1,$2'),
      );
