/** A macro's parameters as arguments and flags, and what help says of them; no command is made for it. */
import { Args, Flags } from '@oclif/core';
import type { JsonObject } from '../kernel/json.ts';
import type { Macro, MacroParameter } from '../script/index.ts';
import { actionFlags } from './flags.ts';
import { describeCommand } from './plugin-describe.ts';
import type { CommandClass } from './table.ts';

export function macroArguments({ args }: Macro) {
  return Object.fromEntries(args.map((one) => [one.name, argument(one)]));
}

export function macroFlags({ flags }: Macro) {
  return Object.fromEntries(flags.map((one) => [one.name, flag(one)]));
}

/** Nothing of a plugin is loaded for it. */
export function helpOfMacro(id: string, macro: Macro): JsonObject {
  const { summary, description } = macro;
  const statics = {
    summary,
    description,
    args: macroArguments(macro),
    flags: macroFlags(macro),
    baseFlags: actionFlags,
  };
  return describeCommand(id, statics as unknown as CommandClass)['help'] as JsonObject;
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
