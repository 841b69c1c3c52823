import { nearest } from '../../kernel/text.ts';
import type { YamlFault } from './judge.ts';
import { EVENTS, KEYS, VALUES } from './words.ts';

/** A text that may be right, and what was done for it. */
export interface Candidate {
  readonly text: string;
  readonly note: string;
}

const KNOWN = new Set([...KEYS, ...EVENTS]);
/** First word of a line, with its colon if it has one, and what stands before it: `  - name:`. */
const WORD = /^(\s*(?:- +)*)(\S{1,80})(?=\s|$)(.*)$/;
const VALUE = /^(\s*(?:- +)*(?:["']?[\w.-]+["']?:\s+)?)(\S.*?)(\s+#.*)?\s*$/;

/** What a message says is wrong. */
const TOLD = [
  /'([^']{1,60})'\.?$/,
  /\bneeds ([^\s,]{1,60}), and\b/,
  /\b(?:job|called|action|shell|key|not) ([\w./@-]{1,60}?)\.?$/,
];

/** Repairs of single lines around a fault, the likeliest first. */
export function* lineRepairs(lines: readonly string[], fault: YamlFault): Generator<Candidate> {
  const around = [
    ...(/\bclosing\b/.test(fault.message) ? unclosed(lines) : []),
    ...[fault.line - 1, fault.line - 2, fault.line, fault.line - 3],
  ].filter((at) => at >= 0 && at < lines.length);
  yield* tabs(lines);
  yield* fences(lines);
  yield* twice(lines, fault);
  for (const at of around) {
    const line = lines[at] ?? '';
    if (line.trim() === '' || line.trimStart().startsWith('#') || line.length > 2000) continue;
    for (const repaired of [...typography(line), ...colons(line), ...quotes(line)])
      if (repaired.line !== line) yield candidate(lines, at, repaired.line, `${at + 1}: ${repaired.note}`);
  }
  // what stands twice is spelt right
  if (/\bunique\b|\balready defined\b/.test(fault.message)) return;
  for (const at of around) yield* spelling(lines, at, fault);
  yield* unknownJob(lines, fault);
}

/** A workflow copied out of a page with the marks around it. */
function* fences(lines: readonly string[]): Generator<Candidate> {
  const kept = lines.filter((line) => !/^\s{0,3}```[\w-]{0,20}\s*$/.test(line));
  if (kept.length < lines.length)
    yield { text: kept.join('\n'), note: 'fences of Markdown are no part of it' };
}

/** An id that two steps of a job have: the later one gets a number, where nobody asks for its outputs. */
function* twice(lines: readonly string[], fault: YamlFault): Generator<Candidate> {
  const id = /^The identifier '([\w-]{1,100})' may not be used more than once/.exec(fault.message)?.[1];
  const line = lines[fault.line - 1] ?? '';
  if (id === undefined || !new RegExp(`\\bid:\\s*["']?${id}["']?\\s*$`).test(line)) return;
  const text = lines.join('\n');
  if (text.includes(`steps.${id}.`) || text.includes(`steps['${id}']`)) return;
  for (let number = 2; number < 10; number++)
    if (!new RegExp(`\\bid:\\s*["']?${id}-${number}\\b`).test(text)) {
      yield candidate(
        lines,
        fault.line - 1,
        line.replace(/(\bid:\s*["']?)[\w-]+/, (_all, before: string) => `${before}${id}-${number}`),
        `${fault.line}: the second ${id} is ${id}-${number}`,
      );
      return;
    }
}

/** A job that is waited for and that there is not, where nothing of it is used. */
function* unknownJob(lines: readonly string[], fault: YamlFault): Generator<Candidate> {
  const job = /\bdepends on unknown job '([\w-]{1,100})'/.exec(fault.message)?.[1];
  if (job === undefined || lines.join('\n').includes(`needs.${job}.`)) return;
  const at = fault.line - 1;
  const line = lines[at] ?? '';
  const note = `${fault.line}: there is no job ${job} to wait for`;
  const name = `["']?${job}["']?`;
  const listed = line.replace(new RegExp(`\\s*${name}\\s*,|,\\s*${name}(?=\\s*\\])`), '');
  if (listed !== line) yield candidate(lines, at, listed.replace(/\[\s+/, '['), note);
  const alone = new RegExp(`^\\s*(?:- +|needs: +\\[?\\s*)${name}\\s*\\]?\\s*$`).test(line);
  if (alone) yield { text: lines.toSpliced(at, 1).join('\n'), note };
}

/** Lines in which a quote opens and none closes it: the fault is told where the file ends. */
function unclosed(lines: readonly string[]): number[] {
  return lines
    .flatMap((line, at) => (/^[^"'#]*: *(["'])(?:(?!\1).)*$/.test(line.slice(0, 1000)) ? [at] : []))
    .slice(0, 5);
}

function candidate(lines: readonly string[], at: number, line: string, note: string): Candidate {
  return { text: lines.with(at, line).join('\n'), note };
}

interface Repaired {
  readonly line: string;
  readonly note: string;
}

/** Each tab before a line's first word as spaces, in all lines that have one there. */
function* tabs(lines: readonly string[]): Generator<Candidate> {
  if (!lines.some((line) => /^ *\t/.test(line))) return;
  const own = lines.map((line) => /^ +(?=\S)/.exec(line)?.[0].length ?? 0).filter((width) => width > 0);
  const usual = own.length === 0 ? 2 : Math.min(...own);
  for (const width of new Set([usual, 2, 4, 8])) {
    const spaces = ' '.repeat(width);
    const text = lines
      .map((line) => line.replace(/^[ \t]*\t/, (tab) => tab.replaceAll('\t', spaces)))
      .join('\n');
    yield { text, note: 'tabs before a line become spaces' };
  }
}

function* typography(line: string): Generator<Repaired> {
  const plain = line
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u00a0\u2007\u202f\u3000]/g, ' ')
    .replaceAll('\uff1a', ':')
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
    .replace(/^(\s*)[\u2013\u2014\u2022] /, '$1- ');
  if (plain !== line) yield { line: plain, note: 'characters that only look right become plain ones' };
}

function* colons(line: string): Generator<Repaired> {
  const [, before = '', key, value = ''] = /^(\s*(?:- +)*)([\w.-]+):(\S.*)$/.exec(line) ?? [];
  if (key !== undefined && !value.startsWith('//'))
    yield { line: `${before}${key}: ${value}`, note: `a space after ${key}:` };
  const dash = /^(\s*)-([A-Za-z"'].*)$/.exec(line);
  if (dash !== null) yield { line: `${dash[1]}- ${dash[2]}`, note: 'a space after the dash' };
  const [, start = '', word = '', rest = ''] =
    /^(\s*(?:- +)*)([\w-]+)(?:\s*[=;]\s*|\s+|\s*$)(.*)$/.exec(line) ?? [];
  if (KNOWN.has(word) && !/^\s*:/.test(rest))
    yield { line: `${start}${word}:${rest === '' ? '' : ` ${rest}`}`, note: `a colon after ${word}` };
  const wide = /^(\s*(?:- +)*)([\w-]+)\s+:(?=\s|$)(.*)$/.exec(line);
  if (wide !== null)
    yield { line: `${wide[1]}${wide[2]}:${wide[3]}`, note: `no space before the colon of ${wide[2]}` };
}

function* quotes(line: string): Generator<Repaired> {
  const [, before = '', value = '', comment = ''] = VALUE.exec(line) ?? [];
  if (value === '' || value === '|' || value === '>') return;
  const single = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const named = /([\w.-]+)["']?:\s+$/.exec(before)?.[1] ?? 'the value';
  const note = `quotes around ${named}`;
  const [first = ''] = value;
  if (first === '"' || first === "'") {
    const closed = value.length > 1 && value.endsWith(first);
    if (!closed && !value.slice(1).includes(first))
      yield { line: `${before}${value}${first}${comment}`, note: `the quote of ${named} is closed` };
    // "$X" --flag: a script that only begins with a quote
    yield { line: `${before}${single(value)}${comment}`, note };
    if (closed && first === "'")
      yield {
        line: `${before}${single(value.slice(1, -1))}${comment}`,
        note: `the quotes within ${named} are doubled`,
      };
    if (closed && first === '"') yield { line: `${before}${single(value.slice(1, -1))}${comment}`, note };
    return;
  }
  if (first === '[') {
    const inner = value.replace(/^\[|\]$/g, '');
    const items = inner.split(',').map((item) => item.trim());
    const safe = items.map((item) => (/^[\w./-]+$|^(["']).*\1$/.test(item) ? item : single(item)));
    if (!value.endsWith(']'))
      yield { line: `${before}${value}]${comment}`, note: `the list of ${named} is closed` };
    yield { line: `${before}[${safe.join(', ')}]${comment}`, note: `quotes in the list of ${named}` };
  }
  if (!KNOWN.has(value.replace(/:.*$/, ''))) yield { line: `${before}${single(value)}${comment}`, note };
  // what looks like a comment may be a part of it
  if (comment !== '') yield { line: `${before}${single(value + comment)}`, note };
}

/** A word that is nearly one of those there are. */
function* spelling(lines: readonly string[], at: number, { message }: YamlFault): Generator<Candidate> {
  const line = lines[at] ?? '';
  const [, before = '', word = '', rest = ''] = WORD.exec(line) ?? [];
  const plain = word.replace(/:+$/, '').replace(/^(["'])(.*)\1$/, '$2');
  for (const better of plain === '' ? [] : alike(plain, [...KEYS, ...EVENTS]))
    yield candidate(lines, at, `${before}${better}:${rest}`, `${at + 1}: ${plain} is ${better}`);
  if (/::$/.test(word))
    yield candidate(lines, at, `${before}${word.replace(/:+$/, ':')}${rest}`, `${at + 1}: one colon`);
  const told = TOLD.map((pattern) => pattern.exec(message.slice(0, 300))?.[1]).find(
    (one) => one !== undefined,
  );
  if (told === undefined || !line.includes(told)) return;
  const jobs = lines.flatMap((one) => /^\s{1,8}([A-Za-z_][\w-]*):\s*$/.exec(one)?.[1] ?? []);
  const own = /\b(?:job|needs)\b/.test(message) ? jobs : [...VALUES, ...EVENTS, ...KEYS];
  const last = line.lastIndexOf(told);
  for (const better of alike(told, own))
    yield candidate(
      lines,
      at,
      line.slice(0, last) + better + line.slice(last + told.length),
      `${at + 1}: ${told} is ${better}`,
    );
}

function alike(word: string, words: readonly string[]): readonly string[] {
  const shapes = [word, word.replaceAll('_', '-'), word.replaceAll('-', '_'), word.toLowerCase()];
  const exact = words.filter(
    (one) => shapes.includes(one) || shapes.some((shape) => shape.toLowerCase() === one),
  );
  const near = word.length < 3 ? [] : nearest(word, words, 4);
  return [...new Set([...exact, ...near])].filter((one) => one !== word);
}
