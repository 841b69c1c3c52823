import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import {
  type CreatedExtension,
  createExtension,
  SCAFFOLD_KINDS,
  type ScaffoldKind,
} from '../../src/plugins/index.ts';

export default class ExtCreate extends action({
  action: 'ext.create',
  event: 'EXT_CREATE',
})<CreatedExtension> {
  static override summary = 'Make a function, a macro or a plugin to begin with.';
  static override description =
    'A folder that builds, tests and installs as it stands. A function is a step of workflows and a bot; a macro is a ' +
    '.bit script with parameters that becomes a command; a plugin has commands, a listener and a bot.';
  static override examples = [
    '<%= config.bin %> ext create function count-lines',
    '<%= config.bin %> ext create macro start-topic',
    '<%= config.bin %> ext create plugin @acme/marker --into plugins/marker',
  ];
  static override args = {
    kind: Args.string({ required: true, options: [...SCAFFOLD_KINDS], description: 'What to make.' }),
    name: Args.string({
      required: true,
      description: 'Name of the package; its last part names the command.',
    }),
  };
  static override flags = {
    into: Flags.string({ description: 'Where; default a folder of its name.', helpValue: 'DIR' }),
  };

  protected override async effect(reader: Reader, { args, flags }: Input<typeof ExtCreate>) {
    const { taken } = pluginHost();
    const kind = args.kind as ScaffoldKind;
    return createExtension(reader, { kind, name: args.name, directory: flags.into, taken });
  }

  protected override render(out: CreatedExtension, page: Page): void {
    page.line(`Made ${out.kind} ${out.name} in ${page.safe(out.directory)}`);
    for (const file of out.files) page.line(`  ${file}`);
    page.line(`Try it with: bit ext load ${page.safe(out.directory)}`);
  }
}
