import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';

/** Has a push write the digest of what it pushed into a file, and reads it. */
export async function withDigestFile(push: (file: string) => Promise<unknown>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'bit-push-'));
  try {
    const file = join(directory, 'digest');
    await push(file);
    return checkDigest(readFileSync(file, 'utf8').trim());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @throws BitError `failed` where an engine told no digest */
export function checkDigest(digest: string): string {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return digest;
  throw new BitError(
    'failed',
    `the engine pushed, but told no digest: ${JSON.stringify(digest.slice(0, 100))}`,
  );
}
