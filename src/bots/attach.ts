import { basename, join, relative, resolve, sep } from 'node:path';
import { readBoundedFile } from '../kernel/bounded-file.ts';
import { BitError, fromErrno } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { changeYaml } from '../runs/index.ts';
import { mayRun } from './capabilities.ts';
import { grantOf } from './identity.ts';
import { checkBotName, checkBotPath, languageOf, parseBot } from './manifest.ts';
import type { ScriptLanguage } from './model.ts';
import { checkScript, type NamedCommand, refuseFaults, type ScriptFault } from './script-check.ts';
import { BOTS_FOLDER, botNames, botsRoot, deployedFile, manifestPath, noSuchBot } from './source.ts';

export interface ScriptAttached {
  readonly bot: string;
  /** Where it lies now, relative to the repository. */
  readonly path: string;
  readonly language: ScriptLanguage;
  /** Every bit command it names, with what that needs and whether the bot has it. */
  readonly commands: readonly (NamedCommand & { readonly allowed: boolean | null })[];
  readonly warnings: readonly ScriptFault[];
}

const MOST_BYTES = 256 * 1024;

/**
 * Makes a script a bot's handler: checked by its language's parser, held against the bot's capabilities, copied beside
 * the manifest and named in it.
 *
 * @throws BitError `not-found` for a bot or a file that isn't there; `usage` with every fault of the script
 */
export async function attachScript(
  reader: Reader,
  request: { readonly bot: string; readonly script: string },
): Promise<Effect<ScriptAttached>> {
  const root = botsRoot(reader);
  const name = checkBotName(request.bot);
  const manifest = manifestPath(name);
  const before = readTextIfExists(join(root, manifest));
  if (before === undefined) throw noSuchBot(name, botNames(root));
  const folder = join(root, BOTS_FOLDER, name);
  const { inside, text } = read(reader.cwd, folder, request.script);
  const language = languageOf(inside);
  const path = `${BOTS_FOLDER}/${name}/${inside}`;
  const checked = await checkScript(reader, { path: request.script, text, language });
  refuseFaults(printable(request.script), checked);
  const after = changeYaml(before, { key: 'handler', value: JSON.stringify(`script:${inside}`) });
  const bot = parseBot(manifest, after, name);
  const { granted } = grantOf(root, bot);
  const commands = checked.commands.map((one) => ({
    ...one,
    allowed: one.need === null ? null : mayRun(granted, one.need),
  }));
  const old = readTextIfExists(join(root, path));
  return {
    summary: `make ${path} the script of bot ${name}`,
    target: {
      bot: name,
      path,
      language,
      commands: [...new Set(commands.flatMap(({ need }) => need?.command ?? []))],
    },
    plan: [
      ...(old === text ? [] : [`write ${path}${old === undefined ? '' : ', over what is there'}`]),
      ...(before === after ? [`${manifest} names it already`] : [`name it in ${manifest}`]),
      ...commands.map(commandLine),
      'what is deployed stays as it is until bit bot update',
    ],
    touches: { refs: [], worktree: 'untracked' },
    ...(old === undefined || old === text ? {} : { confirm: `Write over ${path}?` }),
    async run() {
      if (readTextIfExists(join(root, manifest)) !== before)
        throw new BitError('changed', `${manifest} was changed meanwhile; nothing was written`);
      if (old !== text) writeFileAtomic(join(root, path), text);
      if (before !== after) writeFileAtomic(join(root, manifest), after);
      return { bot: name, path, language, commands, warnings: checked.warnings };
    },
    record: ({ path: where }) => ({ path: where }),
  };
}

function read(
  cwd: string,
  folder: string,
  script: string,
): { readonly inside: string; readonly text: string } {
  const file = resolve(cwd, script);
  const below = relative(folder, file).split(sep).join('/');
  const inside = checkBotPath(below.startsWith('../') ? basename(file) : below);
  try {
    return { inside, text: deployedFile(inside, readBoundedFile(file, MOST_BYTES), printable(script)).text };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BitError('not-found', `there is no ${printable(script)}`, { details: { path: script } });
    throw fromErrno(error, `cannot read ${printable(script)}`);
  }
}

function commandLine({ line, words, need, allowed }: ScriptAttached['commands'][number]): string {
  if (need === null) return `line ${line}: bit ${words.slice(0, 3).join(' ')}: told only when it runs`;
  const what = need.capability === null ? 'what git is told decides' : need.capability;
  return `line ${line}: bit ${need.command} (${what})${allowed === false ? ', which the bot is not given' : ''}`;
}

export function renderAttached(out: ScriptAttached, page: Paper): void {
  const { style } = page;
  page.line(page.safe(`${out.path} is the script of ${out.bot} now (${out.language}); it may:`));
  for (const one of out.commands) {
    const told = page.safe(commandLine(one));
    page.line(`  ${one.allowed === false ? style.red(told) : told}`);
  }
  if (out.commands.length === 0) page.line('  run no bit command that it names');
  for (const { line, message } of out.warnings)
    page.line(style.yellow(page.safe(`  line ${line}: ${message}`)));
  page.line(`What is deployed stays as it is until: bit bot update now ${out.bot}`);
}
