import { BitError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * Runs a jq program (jqlang.org) over one document and returns what it prints, strings raw, one result a line.
 *
 * @throws BitError `usage` with jq's own message
 */
export async function jq(document: Json, program: string): Promise<string> {
  const { raw } = await import('jq-wasm');
  const { stdout, stderr, exitCode } = await raw(JSON.stringify(document), program, ['-r', '-c']);
  if (exitCode === 0) return stdout.replace(/\n$/, '');
  const [message] = stderr.replace(/^jq: error:? /, '').split('\n');
  throw new BitError('usage', `jq: ${message}`, {
    hint: 'the language is jq’s: https://jqlang.org/manual/',
  });
}
