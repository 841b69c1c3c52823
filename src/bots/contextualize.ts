import { lstatSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { readTextIfExists, writeFileAtomic } from '../kernel/files.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type BotsContext, gatherContext } from './context.ts';
import { botsRoot } from './source.ts';

/** What the host hands to every bot as its context. */
export function contextFile(stateDirectory: string): string {
  return join(stateDirectory, 'bots', 'context.json');
}

const MOST_BYTES = 512 * 1024;

/** The stored context ({@link BotsContext}); undefined where there is none, or it is damaged. */
export function readContext(stateDirectory: string): JsonObject | undefined {
  const text = readTextIfExists(contextFile(stateDirectory));
  if (text === undefined || text.length > MOST_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Builds what bots are given of the repository, and stores it: the tree in figures, whose what is, runs that failed,
 * policies, workflows. Bounded; secrets are masked.
 *
 * @throws BitError `not-found` for a folder that isn't there, `usage` for one outside
 */
export async function contextualize(reader: Reader, scope: string): Promise<Effect<BotsContext>> {
  const root = botsRoot(reader);
  const folder = folderOf(reader, root, scope);
  const file = contextFile(reader.stateDirectory);
  const context = await gatherContext(reader, root, folder);
  const text = `${JSON.stringify(context, null, 2)}\n`;
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new BitError('usage', `the context of ${context.scope} is larger than ${MOST_BYTES} bytes`, {
      hint: 'take a smaller scope: bit bot contextualize FOLDER',
    });
  return {
    summary: `build the context of bots for ${context.scope}`,
    target: { scope: context.scope, commit: context.commit, files: context.tree.files },
    plan: [
      `${context.tree.files} files, ${context.tree.bytes} bytes in ${context.scope}`,
      `${context.owners.filter(({ owners }) => owners.length > 0).length} of ${context.tree.entries.length} entries have owners`,
      `${context.failures.length} runs that failed, ${context.workflows.length} workflows, policies: ${context.policies.state}`,
      'store it for every bot, in place of what is there',
    ],
    touches: { refs: [], files: [file] },
    async run() {
      writeFileAtomic(file, text, { mode: 0o600 });
      return context;
    },
    record: ({ commit, tree }) => ({ commit, files: tree.files, bytes: Buffer.byteLength(text) }),
  };
}

function folderOf({ cwd }: Reader, root: string, scope: string): string {
  if (scope === 'repo') return '';
  const path = resolve(cwd, scope);
  const inside = relative(root, path).split(sep).join('/');
  if (inside === '') return '';
  if (inside === '..' || inside.startsWith('../') || inside === '.git' || inside.startsWith('.git/'))
    throw new BitError('usage', `${printable(shorten(scope))} is no folder of the tree`);
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new BitError('not-found', `there is no folder ${printable(shorten(scope))}`, {
      hint: 'repo, or a folder of the tree',
    });
  return inside;
}

export function renderContext(out: BotsContext, page: Paper): void {
  const { tree, owners, failures, policies, workflows } = out;
  page.line(
    page.safe(
      `stored the context of ${out.scope}${out.commit === null ? '' : ` at ${out.commit.slice(0, 12)}`}`,
    ),
  );
  page.line(
    `  ${tree.files} files, ${tree.bytes} bytes; ${workflows.length} workflows; policies: ${policies.state}`,
  );
  page.table(
    tree.entries
      .slice(0, 20)
      .map(({ path, files, bytes }) => [
        `  ${page.safe(path)}`,
        String(files),
        String(bytes),
        page.safe(owners.find((one) => one.path === path)?.owners.join(' ') ?? ''),
      ]),
  );
  for (const { run, workflow, job, step, why } of failures.slice(0, 5))
    page.line(
      page.safe(
        `  ${run} ${workflow} failed${job === null ? '' : ` in ${job}, ${step}`}${why === null ? '' : `: ${why}`}`,
      ),
    );
}
