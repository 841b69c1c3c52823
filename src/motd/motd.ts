import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { parseDocument, YAMLSeq } from 'yaml';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { checkMessage, type Message, type MessageFile, MOTD_FILE, parseMessages } from './schema.ts';

export interface ShownMessage {
  /** Undefined where there are no messages. */
  readonly message: Message | null;
  readonly position: number;
  readonly total: number;
}

export async function showMessage(reader: Reader): Promise<ShownMessage> {
  return shown(parseMessages(readTextIfExists(motdPath(reader)) ?? ''));
}

function shown(file: MessageFile): ShownMessage {
  return {
    message: file.messages[file.current] ?? null,
    position: file.current,
    total: file.messages.length,
  };
}

export interface RotatedMessage extends ShownMessage {
  readonly from: number;
}

/** Moves to the next message; after the last comes the first. */
export async function rotateMessage(reader: Reader): Promise<Effect<RotatedMessage>> {
  const path = motdPath(reader);
  const text = readTextIfExists(path) ?? '';
  const before = parseMessages(text);
  if (before.messages.length === 0) {
    throw new BitError('not-found', 'there is no message to rotate to', {
      hint: 'add one with: bit motd add <message>',
    });
  }
  const next = (before.current + 1) % before.messages.length;
  return {
    summary: `show message ${next + 1} of ${before.messages.length}`,
    target: { file: MOTD_FILE, from: before.current, to: next },
    plan: [`show "${shorten(before.messages[next]?.text ?? '')}"`],
    touches: { refs: [], files: [path] },
    async run() {
      const document = parseDocument(readTextIfExists(path) ?? '');
      document.set('current', next);
      writeFileAtomic(path, document.toString());
      return { ...shown(parseMessages(document.toString())), from: before.current };
    },
    record: ({ from, position }) => ({ from, to: position }),
  };
}

export interface AddedMessage extends ShownMessage {
  /** Where the new message stands. */
  readonly added: number;
}

/** Appends a message; the comments and order of the file stay. The first one added is shown at once. */
export async function addMessage(
  reader: Reader,
  request: { readonly text: string; readonly show: boolean },
): Promise<Effect<AddedMessage>> {
  const path = motdPath(reader);
  const text = checkMessage(request.text);
  const before = parseMessages(readTextIfExists(path) ?? '');
  const by = await author(reader);
  const added = before.messages.length;
  return {
    summary: `add message of the day: ${shorten(text, 60)}`,
    target: { file: MOTD_FILE, text },
    plan: [
      `add "${shorten(text)}" to ${MOTD_FILE} as message ${added + 1}`,
      ...(request.show ? ['show it'] : []),
    ],
    touches: { refs: [], files: [path] },
    async run(writer) {
      const document = parseDocument(startOf(readTextIfExists(path) ?? ''));
      if (!(document.get('messages') instanceof YAMLSeq)) document.set('messages', document.createNode([]));
      const messages = document.get('messages') as YAMLSeq;
      messages.flow = false;
      const entry = { text, added: writer.now().toISOString(), ...(by === undefined ? {} : { by }) };
      messages.add(document.createNode(entry));
      if (request.show) document.set('current', added);
      const written = document.toString();
      const after = parseMessages(written);
      writeFileAtomic(path, written);
      return { ...shown(after), added };
    },
    record: (out) => ({ added: out.added, total: out.total }),
  };
}

/** A file without content, comments at most, gets its two members. */
function startOf(text: string): string {
  if (parseDocument(text).contents !== null) return text;
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}current: 0\nmessages: []\n`;
}

async function author(reader: Reader): Promise<string | undefined> {
  const [name, email] = await Promise.all([reader.git.config('user.name'), reader.git.config('user.email')]);
  if (name === undefined) return undefined;
  return email === undefined ? name : `${name} <${email}>`;
}

/** The file's path, which no link may lead out of the repository. */
function motdPath(reader: Reader): string {
  const root = reader.git.paths.root;
  if (root === undefined)
    throw new BitError('unsupported', 'a bare repository has no work tree to keep messages in');
  const path = join(root, MOTD_FILE);
  const folder = dirname(path);
  const leaves =
    existsSync(folder) && !`${realpathSync(folder)}${sep}`.startsWith(`${realpathSync(root)}${sep}`);
  const link = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  if (leaves || link) {
    throw new BitError('integrity', `${MOTD_FILE} is a link`, {
      hint: 'replace it by a plain file inside the repository',
    });
  }
  return path;
}
