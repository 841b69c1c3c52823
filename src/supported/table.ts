import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** A row of SECURITY.md's table. */
export interface SupportedVersion {
  /** As it stands: `5.1.x`, `< 4.0`. */
  readonly version: string;
  readonly supported: boolean;
  readonly notes: string;
  readonly line: number;
}

const MOST_LINES = 10_000;
const LONGEST_LINE = 4096;
const YES = /^(?::white_check_mark:|:heavy_check_mark:|✅|✔️?|yes|true|supported)$/iu;
const NO = /^(?::x:|:no_entry(?:_sign)?:|❌|✖️?|🚫|no|false|unsupported|end[- ]of[- ]life|eol)$/iu;

/**
 * The support table of a SECURITY.md: the first whose head has a column Version and one Supported. Empty where there is
 * none.
 *
 * @throws BitError `usage` naming file:line of a row that says neither yes nor no
 */
export function parseSupportTable(name: string, text: string): SupportedVersion[] {
  const lines = text.split(/\r?\n/, MOST_LINES + 1);
  if (lines.length > MOST_LINES) throw new BitError('usage', `${name} has more than ${MOST_LINES} lines`);
  for (const [at, line] of lines.entries()) {
    const head = cells(line)?.map((cell) => cell.toLowerCase());
    const version = head?.findIndex((cell) => /^versions?$/.test(cell)) ?? -1;
    const supported = head?.findIndex((cell) => /^(?:supported\??|support|status)$/.test(cell)) ?? -1;
    const rule = cells(lines[at + 1] ?? '');
    if (
      head === undefined ||
      version < 0 ||
      supported < 0 ||
      rule?.every((cell) => /^:?-+:?$/.test(cell)) !== true
    )
      continue;
    return rows(name, lines, at + 2, {
      version,
      supported,
      notes: head.findIndex((cell) => /^(?:notes?|comments?)$/.test(cell)),
    });
  }
  return [];
}

function rows(
  name: string,
  lines: readonly string[],
  from: number,
  column: { readonly version: number; readonly supported: number; readonly notes: number },
): SupportedVersion[] {
  const found: SupportedVersion[] = [];
  for (let at = from; at < lines.length; at++) {
    const row = cells(lines[at] ?? '');
    if (row === undefined) break;
    const version = (row[column.version] ?? '').replace(/^`|`$/g, '').trim();
    const said = row[column.supported] ?? '';
    const supported = YES.test(said) ? true : NO.test(said) ? false : undefined;
    if (version === '' || supported === undefined || parseRange(version) === undefined) {
      const what =
        supported === undefined ? `says neither yes nor no: ${said}` : `has no version: ${version}`;
      throw new BitError('usage', `${name}:${at + 1}: the row ${printable(shorten(what))}`, {
        hint: 'write :white_check_mark: or :x:, and versions as 5.1.x, < 4.0 or 2.3.4',
        details: { path: name, line: at + 1 },
      });
    }
    found.push({ version, supported, notes: row[column.notes] ?? '', line: at + 1 });
  }
  return found;
}

/** Cells of a table's line; `\|` is no border. Undefined for any other line. */
function cells(line: string): string[] | undefined {
  const text = line.trim();
  if (!text.includes('|') || text.length > LONGEST_LINE) return undefined;
  const inner = text.replace(/^\|/, '').replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

type Operator = '=' | '<' | '<=' | '>' | '>=';
interface Range {
  readonly operator: Operator;
  readonly parts: readonly number[];
}

function parseRange(text: string): Range | undefined {
  const [, operator = '=', numbers = ''] =
    /^(<=|>=|<|>|=|≤|≥)?\s*v?(\d{1,9}(?:\.\d{1,9}){0,3})(?:\.(?:x|\*))*$/i.exec(text.trim()) ?? [];
  if (numbers === '') return undefined;
  const plain = operator === '≤' ? '<=' : operator === '≥' ? '>=' : operator;
  return { operator: plain as Operator, parts: numbers.split('.').map(Number) };
}

/** The first row that a version falls under; undefined where none speaks of it. */
export function rowFor(table: readonly SupportedVersion[], version: string): SupportedVersion | undefined {
  const parts = /^v?(\d{1,9}(?:\.\d{1,9}){0,3})/.exec(version.trim())?.[1]?.split('.').map(Number);
  if (parts === undefined) return undefined;
  return table.find((row) => {
    const range = parseRange(row.version);
    return range !== undefined && within(range, parts);
  });
}

function within({ operator, parts }: Range, version: readonly number[]): boolean {
  // `5.1` and `5.1.x` mean all of 5.1; what a range leaves out counts in `<=` and `>` alike
  const difference = parts.map((part, at) => (version[at] ?? 0) - part).find((one) => one !== 0) ?? 0;
  if (operator === '=') return difference === 0;
  if (operator === '<') return difference < 0;
  if (operator === '<=') return difference <= 0;
  if (operator === '>') return difference > 0;
  return difference >= 0;
}
