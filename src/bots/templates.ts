/** What `bit bot create` starts from. */
import type { ScriptLanguage } from './model.ts';
import { BUNDLED } from './templates-bundled.ts';
import { SCRIPTS } from './templates-scripts.ts';

export interface TemplateInfo {
  readonly name: string;
  /** Of its script; `bundled` for a bot that comes with bit. */
  readonly language: ScriptLanguage | 'bundled';
  readonly description: string;
}

/** A bot to be: what its manifest says below its name, and its script. */
export interface BotTemplate extends TemplateInfo {
  readonly handler: string;
  /** YAML of `on`, a line each. */
  readonly on: readonly string[];
  readonly capabilities: readonly string[];
  /** YAML of `settings`, indented. */
  readonly settings?: readonly string[];
  /** Beside the manifest, by path. */
  readonly files: Readonly<Record<string, string>>;
}

const ALL: readonly BotTemplate[] = [...SCRIPTS, ...BUNDLED];

export const BOT_TEMPLATES: readonly string[] = ALL.map(({ name }) => name);

export function botTemplates(): readonly TemplateInfo[] {
  return ALL.map(({ name, language, description }) => ({ name, language, description }));
}

export function templateNamed(name: string): BotTemplate | undefined {
  return ALL.find((one) => one.name === name);
}
