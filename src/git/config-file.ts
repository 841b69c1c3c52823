import { readFileSync, statSync } from 'node:fs';

const MAX_BYTES = 4 << 20;

/**
 * The entries of one git configuration file, in order: `section.key` or `section.sub.key` (section and key in lower
 * case) and value; `true` for a key without one. Includes are not followed: git doesn't follow them either for
 * what decides the format of a repository. A file that doesn't exist, or is absurdly large, has none.
 */
export function readConfigFile(path: string): [string, string][] {
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) return [];
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return parseConfig(text);
}

export function parseConfig(text: string): [string, string][] {
  const entries: [string, string][] = [];
  let section = '';
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (let i = 0; i < lines.length; i++) {
    let line = (lines[i] ?? '').trim();
    const header = /^\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (header !== null) {
      const sub = header[2]?.replace(/\\(.)/g, '$1');
      section = `${(header[1] ?? '').toLowerCase()}${sub === undefined ? '' : `.${sub}`}`;
      line = line.slice(header[0].length).trim();
    }
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    while (line.endsWith('\\') && !line.endsWith('\\\\') && i + 1 < lines.length) {
      line = line.slice(0, -1) + (lines[++i] ?? '').trimEnd();
    }
    const entry = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/s.exec(line);
    if (entry === null || section === '') continue;
    entries.push([
      `${section}.${(entry[1] ?? '').toLowerCase()}`,
      entry[2] === undefined ? 'true' : unquote(entry[2]),
    ]);
  }
  return entries;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

function unquote(raw: string): string {
  let value = '';
  let quoted = false;
  let kept = 0;
  for (let i = 0; i < raw.length; i++) {
    const character = raw.charAt(i);
    if (character === '"') {
      quoted = !quoted;
      kept = value.length;
    } else if (character === '\\') {
      const next = raw.charAt(++i);
      value += ESCAPES[next] ?? next;
      kept = value.length;
    } else if (!quoted && (character === '#' || character === ';')) {
      break;
    } else {
      value += character;
      if (quoted || (character !== ' ' && character !== '\t' && character !== '\r')) kept = value.length;
    }
  }
  return value.slice(0, kept);
}

export function lastValue(entries: readonly [string, string][], key: string): string | undefined {
  return entries.findLast(([name]) => name === key)?.[1];
}

/** Git's truth: `true yes on` and non-zero numbers. */
export function isTrue(value: string | undefined): boolean {
  return (
    value !== undefined && (/^(true|yes|on)$/i.test(value) || (/^-?\d+$/.test(value) && Number(value) !== 0))
  );
}
