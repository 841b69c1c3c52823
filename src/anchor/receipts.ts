import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { ULID_PATTERN } from '../kernel/ids.ts';
import { canonicalJson, isJsonObject, type JsonObject } from '../kernel/json.ts';
import { parseCheckpointText, parseNote } from '../tlog/index.ts';
import type { Receipt } from './port.ts';

/** Of a receipt; an OpenTimestamps file is some kilobytes. */
export const RECEIPT_LIMIT = 1024 * 1024;
/** Of a chain. */
const MOST_RECEIPTS = 10_000;

export interface KeptReceipt {
  readonly receipt: Receipt;
  readonly file: string;
  /** Hex, of the file. */
  readonly sha256: string;
}

/** A file among the receipts that is none, and why. */
export interface DamagedReceipt {
  readonly file: string;
  readonly reason: string;
}

function folder(stateDirectory: string, chain: string): string {
  return join(stateDirectory, 'ledger', 'anchors', chain);
}

export function receiptFile(stateDirectory: string, chain: string, id: string): string {
  return join(folder(stateDirectory, chain), `${id}.json`);
}

/** Its bytes: canonical JSON and a line feed, so that equal receipts are equal files. */
export function formatReceipt(receipt: Receipt): string {
  return `${canonicalJson(receipt as unknown as JsonObject)}\n`;
}

/** A receipt from anybody's bytes; a string says what is wrong with them. */
export function parseReceipt(bytes: Uint8Array): Receipt | string {
  if (bytes.length > RECEIPT_LIMIT) return `it is larger than ${RECEIPT_LIMIT} bytes`;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return 'it is not JSON';
  }
  if (!isJsonObject(value) || value['v'] !== 1) return 'it is not a receipt of version 1';
  const { id, anchor, driver, place, chain, size, ts, note, proof } = value;
  const texts = [id, anchor, driver, place, chain, ts, note];
  if (texts.some((text) => typeof text !== 'string') || !isJsonObject(proof)) return 'a member is missing';
  if (!ULID_PATTERN.test(String(id)) || !ULID_PATTERN.test(String(chain))) return 'its id or chain is none';
  try {
    if (parseCheckpointText(parseNote(String(note)).text)?.size !== size) return 'its size is not its note’s';
  } catch {
    return 'its note is no signed note';
  }
  return value as unknown as Receipt;
}

export function readReceipt(file: string): KeptReceipt | DamagedReceipt {
  try {
    if (statSync(file).size > RECEIPT_LIMIT)
      return { file, reason: `it is larger than ${RECEIPT_LIMIT} bytes` };
    const bytes = readFileSync(file);
    const receipt = parseReceipt(bytes);
    if (typeof receipt === 'string') return { file, reason: receipt };
    if (receiptFile(dirname(dirname(dirname(dirname(file)))), receipt.chain, receipt.id) !== file)
      return { file, reason: 'it is the receipt of another id or chain' };
    return { receipt, file, sha256: sha256(bytes) };
  } catch (error) {
    throw fromErrno(error, `cannot read ${file}`);
  }
}

/** All of a chain, oldest first. */
export function readReceipts(stateDirectory: string, chain: string): (KeptReceipt | DamagedReceipt)[] {
  const directory = folder(stateDirectory, chain);
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw fromErrno(error, `cannot read ${directory}`);
  }
  const files = names.filter((name) => name.endsWith('.json') && ULID_PATTERN.test(name.slice(0, -5))).sort();
  if (files.length > MOST_RECEIPTS) {
    throw new BitError('unsupported', `more than ${MOST_RECEIPTS} receipts: ${directory}`);
  }
  return files.map((name) => readReceipt(join(directory, name)));
}

/**
 * Writes a receipt, and beside it what other programs read. Durable when it returns; those files come first, so that
 * a receipt that is there has them.
 */
export function keepReceipt(
  stateDirectory: string,
  receipt: Receipt,
  files: Readonly<Record<string, Uint8Array>> = {},
): KeptReceipt {
  const file = receiptFile(stateDirectory, receipt.chain, receipt.id);
  const text = formatReceipt(receipt);
  for (const [ending, bytes] of Object.entries(files)) writeFileAtomic(file.replace(/json$/, ending), bytes);
  writeFileAtomic(file, text);
  return { receipt, file, sha256: sha256(Buffer.from(text)) };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
