import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { Paper } from '../kernel/paper.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { changeYaml } from '../runs/index.ts';
import { checkHandler } from './checked-handler.ts';
import { botPlace, readDeployed } from './deployed.ts';
import { checkBotName, parseBot } from './manifest.ts';
import type { ScriptLanguage } from './model.ts';
import {
  BOTS_FOLDER,
  type BotSource,
  botsRoot,
  deployedFile,
  manifestPath,
  noSuchBot,
  readBot,
} from './source.ts';
import { BOT_TEMPLATES, type BotTemplate, templateNamed } from './templates.ts';
import { SCRIPTS } from './templates-scripts.ts';

export interface BotWritten {
  readonly bot: string;
  /** Relative to the repository. */
  readonly paths: readonly string[];
  readonly capabilities: readonly string[];
  readonly from: string | null;
}

export interface CreateRequest {
  readonly mode: 'custom' | 'from-template';
  readonly name: string | undefined;
  readonly template: string | undefined;
  readonly language: ScriptLanguage | undefined;
  readonly description: string | undefined;
  /** `workflow:failed`, `schedule:0 5 * * *`. */
  readonly on: readonly string[];
  readonly capabilities: readonly string[];
}

/**
 * A new bot in the work tree, of one's own or from a template. It does nothing until it is deployed.
 *
 * @throws BitError `usage`; `not-found` for a template there is not; `conflict` where there is a bot of that name
 */
export async function createBot(reader: Reader, request: CreateRequest): Promise<Effect<BotWritten>> {
  const { template, from } = await templateFor(reader, request);
  const name = checkBotName(request.name ?? (await nameFor(reader, template)));
  const text = manifestText(name, template, request);
  return writeBot(reader, { name, text, files: template.files, from, event: 'BOT_CREATE' });
}

async function templateFor(
  reader: Reader,
  { mode, template: wanted, language = 'bit' }: CreateRequest,
): Promise<{ template: BotTemplate; from: string | null }> {
  if (mode === 'custom') {
    if (wanted !== undefined)
      throw new BitError('usage', 'a custom bot has no template', {
        hint: 'bit bot create from-template NAME',
      });
    const like = SCRIPTS.find((one) => one.language === language);
    if (like === undefined) throw new Error(`no template in ${language}`);
    return { template: customFrom(like), from: null };
  }
  const name =
    wanted ?? (reader.ask.possible ? await reader.ask.choose('From which', BOT_TEMPLATES) : undefined);
  if (name === undefined)
    throw new BitError('usage', 'from which template?', { hint: `--template ${BOT_TEMPLATES.join('|')}` });
  const template = templateNamed(name);
  if (template !== undefined) return { template, from: name };
  const near = nearest(name, BOT_TEMPLATES);
  throw new BitError('not-found', `there is no template ${printable(shorten(name))}`, {
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `there are: ${BOT_TEMPLATES.join(', ')}`,
  });
}

async function nameFor({ ask }: Reader, { name, language }: BotTemplate): Promise<string> {
  if (language === 'bundled') return name;
  if (ask.possible) return ask.text('Name of the bot');
  throw new BitError('usage', 'what is it to be called?', { hint: 'bit bot create custom NAME' });
}

const FIRST: Readonly<Record<ScriptLanguage, (line: string) => string>> = {
  aln: (line) => `# ${line}\n[RUN main]\nbit.status\n`,
  batch: (line) => `@echo off\nrem ${line}\nbit status\n`,
  bit: (line) => `# ${line}\nbit.status\n`,
  javascript: (line) => `/** ${line} */
export async function handle(event, context) {
  const { json } = await context.bit(['status'], { json: true });
  context.log(\`\${event.id}: on \${json?.branch ?? 'no branch'}\`);
}
`,
  lisp: (line) => `; ${line}\n(bit 'status)\n`,
  shell: (line) => `#!/bin/sh\n# ${line}\nset -eu\nbit status\n`,
};

function customFrom({ language, handler }: BotTemplate): BotTemplate {
  const path = handler.slice('script:'.length);
  const first = language === 'bundled' ? undefined : FIRST[language];
  return {
    name: 'custom',
    language,
    description: 'A bot of one’s own.',
    handler,
    on: [],
    capabilities: ['query:status'],
    files:
      first === undefined
        ? {}
        : { [path]: first('Run for every event; what it may do stands in the manifest.') },
  };
}

function manifestText(name: string, template: BotTemplate, request: CreateRequest): string {
  const { description = template.description, on, capabilities } = request;
  const events = on.length === 0 ? template.on : on.map(eventLine);
  const asked = [...new Set([...template.capabilities, ...capabilities])];
  const list = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);
  return [
    '# yaml-language-server: $schema=https://bithub.dev/schema/bot-v1.json',
    `name: ${name}`,
    `description: ${JSON.stringify(description)}`,
    `handler: ${template.handler}`,
    ...(events.length === 0 ? ['on: []'] : ['on:', ...list(events)]),
    ...(asked.length === 0
      ? ['capabilities: []']
      : ['capabilities:', ...asked.map((one) => `  - ${JSON.stringify(one)}`)]),
    ...(template.settings === undefined ? [] : ['settings:', ...list(template.settings)]),
    '',
  ].join('\n');
}

function eventLine(word: string): string {
  const at = word.indexOf(':');
  if (at < 0) return `- ${word}`;
  return `- ${word.slice(0, at)}: ${JSON.stringify(word.slice(at + 1).trim())}`;
}

/** A copy of a bot under another name, of the work tree or, where it has none of that name, of what is deployed. */
export async function duplicateBot(
  reader: Reader,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Effect<BotWritten>> {
  const { text, files } = await sourceOf(reader, from);
  const renamed = changeYaml(text, { key: 'name', value: checkBotName(to) });
  const copied = Object.fromEntries(files.map((file) => [file.path, file.text]));
  return writeBot(reader, { name: to, text: renamed, files: copied, from, event: 'BOT_DUPLICATE' });
}

/** As the work tree has it; else as it was deployed. @throws BitError `not-found` */
export async function sourceOf(reader: Reader, name: string): Promise<Pick<BotSource, 'text' | 'files'>> {
  const root = botsRoot(reader);
  if (existsSync(join(root, manifestPath(checkBotName(name))))) return readBot(root, name);
  const { bots } = readDeployed(await botPlace(reader));
  const deployed = bots.find(({ manifest }) => manifest.name === name);
  if (deployed !== undefined) return deployed;
  throw noSuchBot(
    name,
    bots.map(({ manifest }) => manifest.name),
  );
}

export interface NewBot {
  readonly name: string;
  readonly text: string;
  readonly files: Readonly<Record<string, string>>;
  readonly from: string | null;
  readonly event: string;
}

/**
 * Writes a bot's files, all of them or none.
 *
 * @throws BitError `conflict` where there is a bot of that name, `usage` for one that would be none
 */
export async function writeBot(reader: Reader, bot: NewBot): Promise<Effect<BotWritten>> {
  const root = botsRoot(reader);
  const { name, from, event } = bot;
  const path = manifestPath(name);
  // what would be no bot is refused before anything is written
  const manifest = parseBot(path, bot.text, name);
  const files = Object.entries(bot.files).map(([inside, text]) =>
    deployedFile(inside, Buffer.from(text), inside),
  );
  await checkHandler(reader, { name, handler: manifest.handler, files, granted: manifest.capabilities });
  const written = new Map([
    [path, bot.text],
    ...files.map((file) => [`${BOTS_FOLDER}/${name}/${file.path}`, file.text] as const),
  ]);
  const taken = (): string | undefined =>
    [path, `${BOTS_FOLDER}/${name}`].find((one) => existsSync(join(root, one)));
  const there = taken();
  if (there !== undefined)
    throw new BitError('conflict', `there is a bot ${name} already: ${there}`, { details: { path: there } });
  return {
    summary: from === null ? `create bot ${name}` : `create bot ${name} from ${from}`,
    event,
    target: { bot: name, from, paths: [...written.keys()], capabilities: manifest.capabilities },
    plan: [...written.keys()].map((one) => `write ${one}`),
    touches: { refs: [], worktree: 'untracked' },
    async run() {
      const now = taken();
      if (now !== undefined) throw new BitError('changed', `${now} came meanwhile; nothing was written`);
      try {
        for (const [one, text] of [...written].reverse()) writeFileAtomic(join(root, one), text);
      } catch (error) {
        for (const one of written.keys())
          if (readTextIfExists(join(root, one)) === written.get(one))
            rmSync(join(root, one), { force: true });
        throw error;
      }
      return { bot: name, paths: [...written.keys()], capabilities: manifest.capabilities, from };
    },
    record: ({ paths }) => ({ paths }),
  };
}

export function renderWritten({ bot, paths, capabilities }: BotWritten, page: Paper): void {
  for (const path of paths) page.line(page.safe(`wrote ${path}`));
  page.line(
    page.safe(
      `${bot} may ${capabilities.join(', ') || 'change nothing'}; set it to work with: bit bot deploy ${bot}`,
    ),
  );
}
