import { join } from 'node:path';
import type { BotSeam, CommandFacts } from '../bots/index.ts';
import { commandShapes } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { bundledPlugins } from '../plugins/index.ts';
import { host } from './host.ts';
import { resolveWords } from './names.ts';
import { sandboxProgram } from './plugin-program.ts';

/** What hosting bots needs to know of this `bit`. @throws BitError `unsupported` for a command run without its program */
export function botSeam(): BotSeam {
  const { installation } = host();
  if (installation === undefined) throw new BitError('unsupported', 'bots need the program bit around them');
  const facts = new Map<string, CommandFacts>(
    commandShapes().map(({ command, action }) => [
      command,
      { command, action, kind: action === undefined ? 'query' : 'action' },
    ]),
  );
  // hands its words on unread: which of git's verbs it is, its run tells
  facts.set('git', { command: 'git', kind: 'action', action: undefined });
  return {
    program: sandboxProgram(installation),
    folder: installation.root,
    bundled: bundledPlugins(installation),
    shim: join(installation.root, 'bin', 'bot-shim.js'),
    commands: () => [...facts.values()],
    commandOf(words) {
      try {
        const resolved = resolveWords(installation.table, words);
        return resolved.kind === 'run' ? facts.get(resolved.id.replaceAll(':', '.')) : undefined;
      } catch {
        // the command itself says what is wrong with its words
        return undefined;
      }
    },
  };
}
