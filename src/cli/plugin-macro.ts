/** A macro as a command: its parameters become arguments and flags of a class like any other's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reader } from '../operation/index.ts';
import type { Plugin } from '../plugins/index.ts';
import { type Macro, runMacro, type ScriptResult } from '../script/index.ts';
import { action, type Input } from './command.ts';
import { count, type Page } from './page.ts';
import { macroArguments, macroFlags } from './plugin-macro-help.ts';
import type { CommandClass } from './table.ts';

interface MacroPlace {
  readonly plugin: Pick<Plugin, 'name' | 'version' | 'integrity' | 'directory'>;
  readonly id: string;
  /** Relative to the plugin's directory. */
  readonly module: string;
  readonly macro: Macro;
}

export function macroCommand({ plugin, id, module, macro }: MacroPlace): CommandClass {
  const spoken = id.replaceAll(':', ' ');
  class MacroCommand extends action({ action: 'macro.run', event: 'MACRO_RUN' })<ScriptResult> {
    static override summary = macro.summary;
    static override description = macro.description;
    static override args = macroArguments(macro);
    static override flags = macroFlags(macro);

    protected override async effect(_reader: Reader, { args, flags }: Input<unknown>) {
      const path = join(plugin.directory, module);
      return runMacro({
        path,
        name: spoken,
        text: readFileSync(path, 'utf8'),
        macro,
        given: { ...(args as object), ...(flags as object) },
        of: { plugin: plugin.name, version: plugin.version, integrity: plugin.integrity },
      });
    }

    protected override render(out: ScriptResult, page: Page): void {
      page.line(`${spoken}: ran ${count(out.ran, 'command')}`);
    }
  }
  return MacroCommand as unknown as CommandClass;
}
