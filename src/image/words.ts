import { BitError } from '../kernel/errors.ts';
import { shorten, splitWords } from '../kernel/text.ts';

/**
 * A test command as words; nothing is expanded, for it is the image's own shell that may do that.
 *
 * @throws BitError `usage` for a quote that is never closed
 */
export function testWords(command: string): readonly string[] {
  const words = splitWords(command);
  if (words === undefined)
    throw new BitError('usage', `the test command has a quote that is never closed: ${shorten(command)}`);
  if (words.length === 0) throw new BitError('usage', 'the test command is empty');
  return words;
}
