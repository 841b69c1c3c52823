import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Counts, Tally } from './counts.ts';

export const MOST_REPORT_BYTES = 64 << 20;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The file's text, bounded; undefined where it is no plain file, or too large. */
export function readReport(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > MOST_REPORT_BYTES) return undefined;
    const bytes = Buffer.alloc(stat.size);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/**
 * Counts of a JUnit XML report, by its test cases and not by what its totals claim. Only elements and attributes are
 * looked at, from one end to the other: no document type is read, so nothing expands. Undefined where it is none.
 */
export function parseJunit(text: string): Counts | undefined {
  const tally = new Tally('JUnit XML');
  let test: { name: string; state: 'passed' | 'failed' | 'skipped' } | undefined;
  const end = (): void => {
    if (test === undefined) return;
    tally[test.state]++;
    if (test.state === 'failed') tally.name(test.name);
    test = undefined;
  };
  for (const { name, attributes, kind } of elements(text)) {
    if (name === 'testsuite' || name === 'testsuites') tally.seen = true;
    if (name === 'testcase') {
      if (kind !== 'close') {
        end();
        const place = attribute(attributes, 'classname');
        const own = attribute(attributes, 'name');
        test = { name: place === '' || place === own ? own : `${place} ${own}`, state: 'passed' };
      }
      if (kind !== 'open') end();
    } else if (test !== undefined && kind !== 'close') {
      if (name === 'failure' || name === 'error') test.state = 'failed';
      else if (name === 'skipped' && test.state === 'passed') test.state = 'skipped';
    }
  }
  end();
  return tally.counts();
}

interface Element {
  readonly name: string;
  readonly attributes: string;
  readonly kind: 'open' | 'close' | 'whole';
}

function* elements(text: string): IterableIterator<Element> {
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const skipped = (
      [
        ['<!--', '-->'],
        ['<![CDATA[', ']]>'],
        ['<?', '?>'],
        ['<!', '>'],
      ] as const
    ).find(([begin]) => text.startsWith(begin, at));
    if (skipped !== undefined) {
      const end = text.indexOf(skipped[1], at + skipped[0].length);
      if (end < 0) return;
      at = end + skipped[1].length;
      continue;
    }
    const end = tagEnd(text, at + 1);
    if (end < 0) return;
    const tag = text.slice(at + 1, end);
    const close = tag.startsWith('/');
    const name = /^\/?([A-Za-z_][\w.:-]{0,100})/.exec(tag)?.[1] ?? '';
    const kind = close ? 'close' : tag.endsWith('/') ? 'whole' : 'open';
    yield { name, attributes: tag.slice(name.length), kind };
    at = end + 1;
  }
}

/** The `>` that ends a tag; one inside quotes does not. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let at = from; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '>') return at;
  }
  return -1;
}

function attribute(attributes: string, name: string): string {
  for (const match of attributes
    .slice(0, 65_536)
    .matchAll(/\s([\w.:-]{1,100})\s?=\s?(?:"([^"]*)"|'([^']*)')/g)) {
    if (match[1] !== name) continue;
    return (match[2] ?? match[3] ?? '').replace(
      /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,4}));/gi,
      (whole, ten, hex, word) => {
        const code =
          ten === undefined ? (hex === undefined ? Number.NaN : Number.parseInt(hex, 16)) : Number(ten);
        if (Number.isNaN(code)) return ENTITIES[String(word)] ?? whole;
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      },
    );
  }
  return '';
}
