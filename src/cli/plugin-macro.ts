/** A macro as a command: its parameters become arguments and flags of a class like any other's. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { JsonObject } from '../kernel/json.ts';
import type { Reader } from '../operation/index.ts';
import type { Plugin } from '../plugins/index.ts';
import { type Macro, type MacroParameter, runMacro, type ScriptResult } from '../script/index.ts';
import { action, type Input } from './command.ts';
import { count, type Page } from './page.ts';
import { describeCommand } from './plugin-describe.ts';
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
    static override args = Object.fromEntries(macro.args.map((one) => [one.name, argument(one)]));
    static override flags = Object.fromEntries(macro.flags.map((one) => [one.name, flag(one)]));

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

function argument({ description, type, required, default: otherwise, options }: MacroParameter) {
  const common = { description, required };
  if (type === 'number')
    return Args.integer(withDefault(common, otherwise === null ? null : Number(otherwise)));
  const text = options.length > 0 ? { ...common, options: [...options] } : common;
  return Args.string(withDefault(text, otherwise));
}

function flag({ description, type, required, default: otherwise, options }: MacroParameter) {
  if (type === 'boolean') return Flags.boolean({ description });
  const common = { description, required };
  if (type === 'number')
    return Flags.integer(withDefault(common, otherwise === null ? null : Number(otherwise)));
  const text = options.length > 0 ? { ...common, options: [...options] } : common;
  return Flags.string(withDefault(text, otherwise));
}

function withDefault<Value, Settings extends object>(settings: Settings, value: Value | null) {
  return value === null ? settings : { ...settings, default: value };
}

/** What help says of a macro; nothing of a plugin is loaded for it. */
export function helpOfMacro(id: string, macro: Macro): JsonObject {
  const plugin = { name: '', version: '', integrity: '', directory: '' };
  return describeCommand(id, macroCommand({ plugin, id, module: '', macro }))['help'] as JsonObject;
}
