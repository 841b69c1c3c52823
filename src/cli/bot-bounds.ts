import { discoverRepository } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json } from '../kernel/json.ts';
import { leadingOut, type Reach } from '../kernel/reach.ts';
import { printable, shorten } from '../kernel/text.ts';
import { saysBot } from '../token/index.ts';
import type { Io } from './io.ts';
import { homeOfRefs } from './state-place.ts';

export interface BotBounds {
  /** Why no command runs with these words and what was read of them; undefined where one may. */
  refuses(words: readonly string[], args: Json): string | undefined;
}

/**
 * What a command under a bot's token is held to, whatever the words look like it was given: the repository it was started
 * in. The host of bots looks at the words before; here they are what the command read of them. Undefined for anybody
 * else; a token that only says it is a bot's narrows all the same.
 *
 * @throws BitError `denied` for a `-C` that leads out of it: nothing of what lies there is opened
 */
export function botBounds(io: Io, directory: string | undefined, cwd: string): BotBounds | undefined {
  if (!saysBot((io.env['BITHUB_TOKEN'] ?? '').trim())) return undefined;
  const repository = discoverRepository(io.cwd, io.env);
  const { root, gitDir, commonDir } = repository ?? { root: io.cwd, gitDir: undefined, commonDir: undefined };
  const closed =
    root === undefined && repository !== undefined
      ? [`${homeOfRefs(repository)}/bit`]
      : [gitDir, commonDir].filter((folder) => folder !== undefined);
  const reach: Reach = { root: root ?? gitDir ?? io.cwd, cwd, closed, home: io.env['HOME'] };
  const out = directory === undefined ? undefined : leadingOut([cwd], reach);
  if (out !== undefined)
    throw new BitError(
      'denied',
      `a bot works in its own repository: -C ${printable(shorten(out))} leads out`,
    );
  return {
    refuses(words, args) {
      const named = leadingOut([...words, ...textsOf(args)], reach);
      return named === undefined
        ? undefined
        : `${printable(shorten(named))} is not in the work tree, which is all that a bot reads and writes`;
    },
  };
}

function textsOf(value: Json | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(textsOf);
}
