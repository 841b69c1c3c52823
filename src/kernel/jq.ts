import { BitError } from './errors.ts';
import type { Json } from './json.ts';

/**
 * Runs a jq program (jqlang.org) over one document and returns what it prints, strings raw, one result a line.
 *
 * @throws BitError `usage` with jq's own message
 */
export async function jq(document: Json, program: string): Promise<string> {
  const { raw } = await import('jq-wasm');
  try {
    return (await raw(document as object, program, ['-r', '-c'])).replace(/\n$/, '');
  } catch (error) {
    const [message] = (error instanceof Error ? error.message : String(error))
      .replace(/^jq: error: /, '')
      .split('\n');
    throw new BitError('usage', `jq: ${message}`, {
      hint: 'the language is jq’s: https://jqlang.org/manual/',
    });
  }
}
