import { Args, Flags } from '@oclif/core';
import { action, type Input, type Page, type Reader } from '../../src/api/index.ts';
import { count } from '../../src/cli/page.ts';
import { pluginHost } from '../../src/cli/plugin-host.ts';
import { type InstalledPlugin, installPlugin, REQUIREMENTS } from '../../src/plugins/index.ts';

export default class ExtInstall extends action({
  action: 'ext.install',
  event: 'EXT_INSTALL',
})<InstalledPlugin> {
  static override summary = 'Install a plugin or a macro from a folder, an archive, npm or git.';
  static override description =
    'Shows what the plugin asks for and asks whether to go on. Its scripts never run. Its code runs in a process of ' +
    'its own with nothing but what was granted, unless the plugin is trusted. A `.bit` script with parameters is a ' +
    'macro: installed, it is a command. With --grant, one that asks for more is refused with the list. ' +
    'Of a package from a registry, the registry signature and the provenance are checked where there are any.';
  static override examples = [
    '<%= config.bin %> ext install ./my-plugin',
    '<%= config.bin %> ext install @acme/bit-plugin-deploy@2 --trust',
    '<%= config.bin %> ext install @acme/bit-plugin-deploy --require provenance',
    '<%= config.bin %> ext install git+https://example.org/plugin.git --yes',
  ];
  static override args = {
    source: Args.string({
      required: true,
      description:
        'Folder, .tgz archive, .bit macro, npm package (name or name@version) or git+https address.',
    }),
  };
  static override flags = {
    grant: Flags.string({
      description: 'A capability it may ask for; any other is refused. `none` for none at all.',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'CAPABILITY',
    }),
    require: Flags.option({
      description: 'What it must be signed with; without it, nothing is installed.',
      options: [...REQUIREMENTS],
      multiple: true,
      multipleNonGreedy: true,
    })(),
    trust: Flags.boolean({ description: 'Let its code run inside bit, where it may do whatever you may.' }),
  };

  protected override effect(reader: Reader, { args, flags }: Input<typeof ExtInstall>) {
    const grant = flags.grant?.filter((name) => name !== 'none');
    const { trust, require = [] } = flags;
    return installPlugin(reader, { source: args.source, trust, grant, require, ...pluginHost() });
  }

  protected override render(out: InstalledPlugin, page: Page): void {
    const how = out.trusted ? 'trusted' : 'not trusted, runs in a sandbox';
    page.line(`Installed ${out.name} ${out.version} (${how})`);
    if (out.provenance !== null)
      page.line(`Built from ${out.provenance.repository} at ${out.provenance.commit}`);
    if (out.dependencies !== null)
      page.line(
        `Of ${count(out.dependencies.packages, 'package')} it depends on ${out.dependencies.signed} signed by a registry, ${out.dependencies.built} by a build`,
      );
    if (out.commands.length > 0) {
      page.line(
        `${count(out.commands.length, 'command')}: ${out.commands.map((id) => `bit ${id.replaceAll(':', ' ')}`).join(', ')}`,
      );
    }
    for (const [point, names] of Object.entries(out.provides)) page.line(`${point}: ${names.join(', ')}`);
    for (const name of out.listeners)
      page.line(`listener ${name} is off; switch it on with: bit listener enable ${name}`);
  }
}
