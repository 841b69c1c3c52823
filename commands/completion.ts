import { Args } from '@oclif/core';
import { BitError, type Input, type Page, Query, type Reader } from '../src/api/index.ts';
import { completionScript, SHELLS } from '../src/cli/completion.ts';
import { completionValues, VALUE_KINDS } from '../src/cli/completion-values.ts';
import { packageRoot, readManifest } from '../src/cli/manifest.ts';

interface Completion {
  readonly text: string;
}

export default class CompletionCommand extends Query<Completion> {
  static override summary = 'Print a completion script for a shell.';
  static override description =
    'It completes commands, flags and their values, and asks bit for the branches, tags and remotes of the repository. ' +
    '`completion values branches|remotes|tags` is what it asks.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    'source <(<%= config.bin %> completion zsh)',
    '<%= config.bin %> completion fish | source',
    '<%= config.bin %> completion powershell | Out-String | Invoke-Expression',
  ];
  static override args = {
    shell: Args.string({ description: 'The shell.', required: true, options: [...SHELLS, 'values'] }),
    kind: Args.string({ description: 'With `values`: which names.', options: [...VALUE_KINDS] }),
  };

  protected override async execute(
    reader: Reader,
    { args }: Input<typeof CompletionCommand>,
  ): Promise<Completion> {
    const kind = VALUE_KINDS.find((known) => known === args.kind);
    const shell = SHELLS.find((known) => known === args.shell);
    if (shell !== undefined && kind === undefined) {
      return { text: completionScript(shell, readManifest(packageRoot())) };
    }
    if (shell !== undefined || kind === undefined) {
      throw new BitError('usage', `takes a shell, or values and one of: ${VALUE_KINDS.join(', ')}`);
    }
    return { text: (await completionValues(reader, kind)).map((name) => `${name}\n`).join('') };
  }

  protected override render({ text }: Completion, page: Page): void {
    if (text !== '') page.raw(text);
  }
}
