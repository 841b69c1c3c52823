import { Args } from '@oclif/core';
import { BitError, type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { completionScript, SHELLS } from '../src/cli/completion.ts';
import { completionValues, VALUE_KINDS } from '../src/cli/completion-values.ts';
import { completionCommands } from '../src/cli/manifest.ts';
import { pluginHost } from '../src/cli/plugin-host.ts';

interface Completion {
  readonly text: string;
}

export default class CompletionCommand extends Query<Completion> {
  static override summary = 'Print a completion script for a shell.';
  static override description =
    'It completes commands (those of installed plugins too), flags and their values, and asks bit for the branches, ' +
    'tags and remotes of the repository while you type. `completion values branches|listeners|plugins|remotes|tags` ' +
    'is what it asks; names a shell would read as more than a word are not offered.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    'source <(<%= config.bin %> completion zsh)',
    '<%= config.bin %> completion fish | source',
    '<%= config.bin %> completion powershell | Out-String | Invoke-Expression',
  ];
  static override strict = false;
  static override args = {
    shell: Args.string({ description: 'The shell.', required: true, options: [...SHELLS, 'values'] }),
    kind: Args.string({ description: 'With `values`: which names.', options: [...VALUE_KINDS] }),
  };

  protected override async execute(
    reader: Reader,
    { args, rest }: Input<typeof CompletionCommand>,
  ): Promise<Completion> {
    const shell = SHELLS.find((known) => known === args.shell);
    const { bundled } = pluginHost();
    if (shell !== undefined && rest.length === 1)
      return { text: completionScript(shell, completionCommands()) };
    const kinds = VALUE_KINDS.filter((kind) => rest.slice(1).includes(kind));
    if (shell !== undefined || kinds.length !== rest.length - 1 || kinds.length === 0)
      throw new BitError('usage', `takes a shell, or values and some of: ${VALUE_KINDS.join(', ')}`);
    const names = await completionValues(reader, kinds, bundled);
    return { text: names.map((name) => `${name}\n`).join('') };
  }

  protected override render({ text }: Completion, page: Page): void {
    if (text !== '') page.raw(text);
  }
}
