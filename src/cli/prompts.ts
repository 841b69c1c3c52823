import { BitError } from '../kernel/errors.ts';
import { printable } from '../kernel/text.ts';
import type { Ask } from '../operation/index.ts';
import type { Globals } from './command.ts';
import type { Io } from './io.ts';

/** Questions on the terminal; where nobody can be asked, an error that names the flag which answers instead. */
export function openAsk(io: Io, globals: Globals): Ask {
  const possible = (): boolean =>
    globals['no-input'] !== true && globals.json !== true && io.stdinIsTerminal && io.stderrIsTerminal;
  const streams = () => ({ input: io.stdin as NodeJS.ReadStream, output: io.stderr as NodeJS.WriteStream });
  const refuse = (question: string, hint: string): BitError =>
    new BitError('usage', `needs an answer and nobody can be asked: ${printable(question)}`, { hint });
  return {
    get possible() {
      return possible();
    },
    async confirm(question) {
      if (!possible()) throw refuse(question, 'say it with --yes');
      const { confirm } = await import('@inquirer/prompts');
      return confirm({ message: printable(question), default: false }, streams());
    },
    async choose(question, choices) {
      if (!possible())
        throw refuse(question, `name one of: ${choices.map((choice) => printable(choice)).join(', ')}`);
      const { select } = await import('@inquirer/prompts');
      const listed = choices.map((value) => ({ name: printable(value), value }));
      return select({ message: printable(question), choices: listed }, streams());
    },
    async text(question, options) {
      if (!possible()) throw refuse(question, 'give it on the command line');
      const { input, password } = await import('@inquirer/prompts');
      const message = printable(question);
      return options?.secret === true ? password({ message }, streams()) : input({ message }, streams());
    },
  };
}
