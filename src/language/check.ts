import { lstatSync, readFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { configInForce, readInForce } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { collectFiles } from '../orchestration/index.ts';
import type { Profanity } from '../specification/index.ts';
import { listRuns, runPlace } from '../workflow/index.ts';
import { hits, type Lexicon, readLexicon, redact, redactLine } from './words.ts';

export interface LanguageFinding {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** As `policy.profanity.logRedaction` lets it be shown. */
  readonly word: string;
}

export interface LanguageReport {
  readonly mode: Lexicon['mode'];
  readonly words: number;
  readonly files: number;
  readonly findings: readonly LanguageFinding[];
  /** What could not be looked at, and why; none of it stops the rest. */
  readonly warnings: readonly string[];
  /** With `redact`: the text without those words. */
  readonly text: string | null;
  /** Findings only warn. */
  readonly warn: boolean;
}

export interface LanguageQuestion {
  /** Files and folders; `-` is standard input. None: the logs of the newest run. */
  readonly paths: readonly string[];
  readonly allow: readonly string[];
  readonly warn: boolean;
  readonly redact: boolean;
}

const MOST_FILE = 16 * 1024 * 1024;
const MOST_FILES = 20_000;
const MOST_FINDINGS = 1000;
const LONGEST_LINE = 64 * 1024;

/**
 * Logs and texts against `policy.profanity` as accepted. What can't be read is a warning and not the end: a log that is
 * missing says nothing about the others.
 */
export async function checkLanguage(reader: Reader, question: LanguageQuestion): Promise<LanguageReport> {
  const root = reader.repository?.root ?? reader.cwd;
  const lexicon = readLexicon(root, profanityInForce(reader), question.allow);
  const warnings = lexicon.missing.map(
    (entry) => `${entry} has no list of words here: .bithub/words/${entry.replace('*', 'NAME.txt')}`,
  );
  if (lexicon.denied.size + lexicon.beginnings.length === 0)
    warnings.push('no word is denied: policy.profanity.denylist of .bithub.yml, once accepted');
  if (question.redact && question.paths.length !== 1)
    throw new BitError('usage', '--redact is for one file, or - for standard input');
  const findings: LanguageFinding[] = [];
  let files = 0;
  let text: string | null = null;
  for (const { path, read } of await sources(reader, root, question.paths, warnings)) {
    const content = read();
    if (content === undefined) continue;
    files++;
    const lines = content.split('\n');
    for (const [at, line] of lines.entries()) {
      if (findings.length >= MOST_FINDINGS) break;
      for (const { at: column, word } of hits(line.slice(0, LONGEST_LINE), lexicon))
        findings.push({ path, line: at + 1, column: column + 1, word: redact(word, lexicon.redaction) });
    }
    if (question.redact) text = lines.map((line) => redactLine(line, lexicon)).join('\n');
  }
  if (findings.length >= MOST_FINDINGS) warnings.push(`only the first ${MOST_FINDINGS} are told`);
  const { mode, denied, beginnings } = lexicon;
  return {
    mode,
    words: denied.size + beginnings.length,
    files,
    findings,
    warnings,
    text,
    warn: question.warn,
  };
}

function profanityInForce(reader: Reader): Profanity | undefined {
  const { repository, stateDirectory, configDirectory } = reader;
  const found = configInForce(readInForce({ repository, stateDirectory, configDirectory }, reader.ledger))[
    'profanity'
  ];
  return isJsonObject(found) ? (found as unknown as Profanity) : undefined;
}

/** What logs may show of a line, by the policy in force; undefined where it shows everything. */
export function logRedaction(reader: Reader, root: string): ((line: string) => string) | undefined {
  const lexicon = readLexicon(root, profanityInForce(reader), []);
  const { mode, redaction, denied, beginnings } = lexicon;
  if (mode === 'off' || redaction === 'none' || denied.size + beginnings.length === 0) return undefined;
  return (line) => redactLine(line, lexicon);
}

interface Source {
  readonly path: string;
  readonly read: () => string | undefined;
}

async function sources(
  reader: Reader,
  root: string,
  paths: readonly string[],
  warnings: string[],
): Promise<Source[]> {
  const from = (full: string, path: string): Source => ({ path, read: () => textOf(full, path, warnings) });
  if (paths.length === 0) {
    const [newest] = listRuns(reader.stateDirectory, 1);
    if (newest === undefined) {
      warnings.push('nothing was run here yet, so there is no log');
      return [];
    }
    const { logs } = runPlace(reader.stateDirectory, newest.id);
    return collectFiles(logs, ['**']).map(({ path, from: full }) => from(full, `run ${newest.id}/${path}`));
  }
  const all: Source[] = [];
  for (const path of paths) {
    if (path === '-') {
      const bytes = await reader.input(MOST_FILE);
      all.push({ path: '-', read: () => bytes.toString('utf8') });
      continue;
    }
    const full = resolve(reader.cwd, path);
    const stat = lstatSync(full, { throwIfNoEntry: false });
    if (stat === undefined) warnings.push(`${path} is not there`);
    else if (stat.isDirectory())
      all.push(
        ...collectFiles(full, ['**'], { skip: ['node_modules'] }).map((file) =>
          from(file.from, shownPath(root, join(full, file.path))),
        ),
      );
    else all.push(from(full, shownPath(root, full)));
    if (all.length > MOST_FILES) throw new BitError('usage', `more than ${MOST_FILES} files`);
  }
  return all;
}

function shownPath(root: string, full: string): string {
  const path = relative(root, full);
  return path.startsWith('..') || isAbsolute(path) ? full : path;
}

/** Text only; undefined for what is binary, too large or not to be read. */
function textOf(full: string, path: string, warnings: string[]): string | undefined {
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return undefined;
  if (stat.size > MOST_FILE) {
    warnings.push(`${path} is larger than ${MOST_FILE} bytes`);
    return undefined;
  }
  try {
    const bytes = readFileSync(full);
    return bytes.subarray(0, 8000).includes(0) ? undefined : bytes.toString('utf8');
  } catch (error) {
    warnings.push(`${path} can't be read: ${(error as NodeJS.ErrnoException).code ?? 'it failed'}`);
    return undefined;
  }
}

export function renderLanguage(
  { findings, warnings, files, words, text, mode }: LanguageReport,
  page: Paper,
): void {
  if (text !== null) {
    for (const line of text.replace(/\n$/, '').split('\n')) page.line(page.safe(line));
    return;
  }
  for (const { path, line, column, word } of findings)
    page.line(page.safe(`${path}:${line}:${column}: ${printable(shorten(word, 80))}`));
  for (const warning of warnings) page.line(page.style.yellow(page.safe(warning)));
  const what = findings.length === 0 ? 'nothing denied' : `${findings.length} denied`;
  page.line(
    `${what} in ${files} ${files === 1 ? 'file' : 'files'}, by ${words} ${words === 1 ? 'word' : 'words'} (${mode})`,
  );
}
