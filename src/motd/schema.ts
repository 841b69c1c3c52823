import { isAlias, parseDocument, visit } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { isJsonObject } from '../kernel/json.ts';
import { printable, shorten } from '../kernel/text.ts';

export const MOTD_FILE = '.bithub/motd.yml';
/** Characters of one message. */
export const MOST_TEXT = 500;
const MOST_MESSAGES = 500;
const MOST_BYTES = 1024 * 1024;

export interface Message {
  readonly text: string;
  /** RFC 3339, UTC. */
  readonly added?: string;
  readonly by?: string;
}

export interface MessageFile {
  /** Index into `messages`; 0 where there are none. */
  readonly current: number;
  readonly messages: readonly Message[];
}

/**
 * A message as it may stand in the file: one line or a few, printable, not longer than {@link MOST_TEXT}.
 *
 * @throws BitError `usage`
 */
export function checkMessage(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new BitError('usage', 'the message is empty');
  if (trimmed.length > MOST_TEXT) {
    throw new BitError('usage', `the message has ${trimmed.length} characters; ${MOST_TEXT} is the most`);
  }
  if (!trimmed.isWellFormed() || printable(trimmed, { multiline: true }) !== trimmed) {
    throw new BitError(
      'usage',
      `the message holds characters that don't print: '${printable(shorten(trimmed))}'`,
    );
  }
  return trimmed;
}

/** @throws BitError `integrity` naming the field */
export function parseMessages(text: string): MessageFile {
  if (text.length > MOST_BYTES) throw bad('the file', `is larger than ${MOST_BYTES} bytes`);
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined)
    throw bad(`line ${error.linePos?.[0].line ?? '?'}`, shorten(error.message.split('\n')[0] ?? '', 200));
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) throw bad('the file', 'holds YAML aliases, which have no place here');
    },
  });
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return { current: 0, messages: [] };
  if (!isJsonObject(value)) throw bad('the file', 'is not a mapping');
  const listed = value['messages'] ?? [];
  if (!Array.isArray(listed)) throw bad('messages', 'is not a list');
  if (listed.length > MOST_MESSAGES) throw bad('messages', `holds more than ${MOST_MESSAGES}`);
  const messages = listed.map((item: unknown, at) => message(item, `messages[${at}]`));
  const current = value['current'] ?? 0;
  if (typeof current !== 'number' || !Number.isSafeInteger(current) || current < 0)
    throw bad('current', 'is not a position');
  return { current: messages.length === 0 ? 0 : Math.min(current, messages.length - 1), messages };
}

function message(item: unknown, where: string): Message {
  const fields = typeof item === 'string' ? { text: item } : item;
  if (!isJsonObject(fields)) throw bad(where, 'is neither a text nor a mapping');
  const { text, added, by } = fields;
  if (typeof text !== 'string') throw bad(`${where}.text`, 'is not a text');
  return {
    text: shorten(text, 4 * MOST_TEXT),
    ...(typeof added === 'string' ? { added } : {}),
    ...(typeof by === 'string' ? { by } : {}),
  };
}

function bad(where: string, why: string): BitError {
  return new BitError('integrity', `${MOTD_FILE}: ${where} ${why}`, {
    details: { file: MOTD_FILE, field: where },
  });
}
