import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Reader } from '../operation/index.ts';
import { SPECIFICATION } from '../specification/index.ts';
import type { BuildOptions, BuildResult } from './model.ts';
import type { BuildPlan } from './plan.ts';
import { canSettle, type UsedTool, writeSettled } from './settled.ts';
import { usedTool } from './tools.ts';

const MOST_FOLDERS = 200_000;
const MOST_ROUNDS = 64;

/**
 * Remembers that a build found nothing to do, so that the next one only has to see that nothing changed. It never fails:
 * what can't be remembered is looked at again.
 */
export async function settle(reader: Reader, plan: BuildPlan, build: Settling): Promise<void> {
  try {
    await remember(reader, plan, build);
  } catch {
    // a folder that can't be read, a git that refuses: the next build looks again
  }
}

interface Settling {
  readonly options: BuildOptions;
  readonly result: BuildResult;
}

async function remember(reader: Reader, plan: BuildPlan, build: Settling): Promise<void> {
  // a folder among the files is another repository, whose files all count
  const plain = !plan.paths.some((path) => path.endsWith('/') || plan.state.isFolder(path));
  const tools = usedTools(plan, reader);
  if (!plain || tools === undefined || !canSettle(reader, build.options)) return;
  const [folders, settings] = await Promise.all([openFolders(reader, plan), settingsFiles(reader)]);
  if (folders === undefined || settings === undefined) return;
  const outputs = plan.targets.flatMap(({ id }) => [...(plan.state.target(id)?.outputs.keys() ?? [])]);
  const watched = new Set([
    ...plan.paths,
    ...outputs,
    SPECIFICATION,
    ...folders,
    ...settings,
    ...tools.map(([, , file]) => file).filter((file) => file !== ''),
    join(reader.stateDirectory, 'build', 'state.json'),
  ]);
  writeSettled(
    reader,
    {
      root: plan.root,
      wanted: build.options.targets,
      variables: [...new Set(plan.targets.flatMap(({ env }) => env))].sort(),
      tools,
      watched: [...watched],
      result: { targets: build.result.targets, left: build.result.left },
    },
    plan.begun,
  );
}

/** Undefined where one of them stands for another program, which has to be asked. */
function usedTools({ targets }: BuildPlan, { env }: Reader): UsedTool[] | undefined {
  const used: UsedTool[] = [];
  for (const name of new Set(targets.flatMap(({ tools }) => tools))) {
    const tool = usedTool(name, env);
    if (tool?.shim === true) return undefined;
    used.push([name, tool?.program ?? '', tool?.file ?? '']);
  }
  return used;
}

/**
 * Every folder that is not ignored, and every `.gitignore` in one: where something could appear that git would list. A
 * repository in one of them makes it undefined.
 */
async function openFolders(reader: Reader, { root, paths }: BuildPlan): Promise<string[] | undefined> {
  const known = new Set<string>();
  for (const path of paths)
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) known.add(path.slice(0, at));
  const found: string[] = [];
  let count = 0;
  let open = [''];
  for (let round = 0; open.length > 0; round++) {
    const next: string[] = [];
    const unsure: string[] = [];
    for (const folder of open) {
      found.push(folder === '' ? '.' : folder);
      for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.name === '.git') {
          if (folder !== '') return undefined;
        } else if (entry.isDirectory()) (known.has(path) ? next : unsure).push(path);
        else if (entry.name === '.gitignore') found.push(path);
      }
    }
    count += open.length + unsure.length;
    if (count > MOST_FOLDERS || round > MOST_ROUNDS) return undefined;
    const ignored = await ignoredAmong(reader, unsure);
    open = [...next, ...unsure.filter((path) => !ignored.has(path))];
  }
  return found;
}

async function ignoredAmong(reader: Reader, folders: readonly string[]): Promise<Set<string>> {
  if (folders.length === 0) return new Set();
  const asked = ['check-ignore', '--no-index', '-z', '--stdin'];
  const { stdout } = await reader.git.read(asked, { input: folders.join('\0'), accept: [0, 1] });
  return new Set(stdout.split('\0'));
}

/** The files that say what git lists: its index, its settings, and what they name of patterns. */
async function settingsFiles({ git, env }: Reader): Promise<string[] | undefined> {
  const { root, gitDir, commonDir } = git.paths;
  if (root === undefined) return undefined;
  const { stdout } = await git.read(['config', '--list', '--show-origin', '--name-only', '-z']);
  const records = stdout.split('\0');
  const named = records.filter((_, at) => at % 2 === 0 && at + 1 < records.length);
  const origins = [...new Set(named)];
  // what was handed over on the command line is our own
  const files = origins.filter((origin) => origin !== 'command line:');
  if (files.some((origin) => !origin.startsWith('file:'))) return undefined;
  const excludes = await git.read(['config', '--path', '--get', 'core.excludesFile'], { accept: [0, 1] });
  const home = env['HOME'] ?? homedir();
  const settings = env['XDG_CONFIG_HOME'] || join(home, '.config');
  return [
    join(gitDir, 'index'),
    join(gitDir, 'HEAD'), // settings may hang on the branch
    join(gitDir, 'config.worktree'),
    join(commonDir, 'config'),
    join(commonDir, 'info', 'exclude'),
    join(home, '.gitconfig'),
    join(settings, 'git', 'config'),
    join(settings, 'git', 'ignore'),
    '/etc/gitconfig',
    ...files.map((origin) => resolve(root, origin.slice('file:'.length))),
    ...(excludes.stdout.trim() === '' ? [] : [resolve(root, excludes.stdout.replace(/\n$/, ''))]),
  ];
}
