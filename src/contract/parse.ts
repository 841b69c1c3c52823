import { printable, shorten } from '../kernel/text.ts';
import type { Diagnostic, Document, Field, Section } from './types.ts';

/** Bounds on a hostile text; what lies beyond is an error, never silence. */
const MOST_CHARACTERS = 256 * 1024;
const MOST_LINES = 5000;
const MOST_DIAGNOSTICS = 50;

const KEY = /^[A-Z][A-Z0-9_]{0,63}$/;
const SECTION_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/**
 * Reads the lines of a contract (docs/contract.md has the grammar). Goes on after a faulty line, so that one reading
 * tells of all; time and memory are linear in the text. Never throws.
 */
export function parseDocument(given: string): Document {
  const text = given.toWellFormed();
  const diagnostics: Diagnostic[] = [];
  const tell = (line: number, column: number, message: string, code = 'syntax'): void => {
    if (diagnostics.length < MOST_DIAGNOSTICS)
      diagnostics.push({ severity: 'error', code, message, line, column });
  };
  if (text.length > MOST_CHARACTERS) {
    tell(1, 1, `a contract has at most ${MOST_CHARACTERS} characters`, 'too-large');
    return { fields: [], sections: [], diagnostics };
  }
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  if (lines.length > MOST_LINES) {
    tell(MOST_LINES + 1, 1, `a contract has at most ${MOST_LINES} lines`, 'too-large');
    return { fields: [], sections: [], diagnostics };
  }
  const fields: Field[] = [];
  const sections: (Section & { readonly fields: Field[] })[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = index + 1;
    const start = raw.length - raw.trimStart().length;
    const body = raw.slice(start);
    if (body === '' || body.startsWith('#')) continue;
    const control = controlAt(raw);
    if (control !== -1) {
      tell(line, control + 1, `a control character (${printable(raw.charAt(control))})`);
      continue;
    }
    if (body.startsWith('[')) {
      const section = readSection(body, line, start + 1, tell);
      if (section !== undefined) sections.push(section);
      // what follows an unreadable header belongs to none; it is read into one that is thrown away
      else sections.push({ name: '', label: '', at: { line, column: start + 1 }, fields: [] });
      continue;
    }
    const field = readField(body, line, start + 1, tell);
    if (field !== undefined) (sections.at(-1)?.fields ?? fields).push(field);
  }
  return { fields, sections: sections.filter(({ name }) => name !== ''), diagnostics };
}

type Tell = (line: number, column: number, message: string, code?: string) => void;

function readSection(
  body: string,
  line: number,
  column: number,
  tell: Tell,
): (Section & { readonly fields: Field[] }) | undefined {
  const end = body.indexOf(']');
  if (end === -1) {
    tell(line, column, 'a section has no closing ]');
    return undefined;
  }
  const rest = body.slice(end + 1).trim();
  if (rest !== '' && !rest.startsWith('#')) {
    tell(line, column + end + 1, 'nothing but a comment follows a section');
    return undefined;
  }
  const [, name = '', label = ''] = /^(\S*)(?:\s+(.*))?$/.exec(body.slice(1, end).trim()) ?? [];
  if (!SECTION_NAME.test(name)) {
    tell(line, column + 1, `a section is named in capitals, as [DENY], not ${quoted(name)}`);
    return undefined;
  }
  return { name, label: label.trim(), at: { line, column }, fields: [] };
}

function readField(body: string, line: number, column: number, tell: Tell): Field | undefined {
  const colon = body.indexOf(':');
  if (colon === -1) {
    tell(line, column, `not KEY: value, a [SECTION] or a # comment: ${quoted(body)}`);
    return undefined;
  }
  const key = body.slice(0, colon).trimEnd();
  if (!KEY.test(key)) {
    tell(line, column, `a key is in capitals, digits and _, not ${quoted(key)}`);
    return undefined;
  }
  const after = body.slice(colon + 1);
  const lead = after.length - after.trimStart().length;
  const valueColumn = column + colon + 1 + lead;
  const value = readValue(after.trimStart());
  if (value === undefined) {
    tell(line, valueColumn, 'a quoted value is a JSON string with nothing but a comment after it');
    return undefined;
  }
  if (value === '') {
    tell(line, valueColumn, `${key} has no value`, 'bad-value');
    return undefined;
  }
  return { key, value, at: { line, column }, valueAt: { line, column: valueColumn } };
}

/** To the end of the line or a ` #`; in quotes, a JSON string. */
function readValue(text: string): string | undefined {
  if (!text.startsWith('"')) return (/^#|\s#/.test(text) ? text.slice(0, commentAt(text)) : text).trim();
  let end = 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) return undefined;
  const rest = text.slice(end + 1).trim();
  if (rest !== '' && !rest.startsWith('#')) return undefined;
  try {
    return String(JSON.parse(text.slice(0, end + 1))).toWellFormed();
  } catch {
    return undefined;
  }
}

function commentAt(text: string): number {
  if (text.startsWith('#')) return 0;
  const found = text.search(/\s#/);
  return found === -1 ? text.length : found;
}

/** Index of a control character, a tab excepted; -1 where there is none. */
function controlAt(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 9) || code === 0x7f) return i;
  }
  return -1;
}

function quoted(text: string): string {
  return `"${printable(shorten(text, 40))}"`;
}
