import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { printable, shorten } from '../../kernel/text.ts';
import type { Bench, Change, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { WorkflowText } from '../workflow-text.ts';
import { evidenceOf } from './evidence.ts';

const FULL = [
  /\bENOSPC\b/,
  /\bNo space left on device\b/i,
  /\bStorageFull\b/,
  /\bDisk quota exceeded\b/i,
  /\bEDQUOT\b/,
  /\bThere is not enough space on the disk\b/,
];
const NAMED = [
  /\b(?:ENOSPC|EDQUOT)\b.{0,200}?'(\/[^']{1,400})'/,
  /['‘"](\/[^'’"]{1,400})['’"]/,
  /(?:^|[\s:])(\/[^\s:'"]{1,400}): (?:write error: )?(?:No space|Disk quota)/i,
];
/** Variables that say where programs put what they can make again. */
const PLACES =
  /^(?:TMPDIR|TMP|TEMP|GOTMPDIR|GOCACHE|CARGO_TARGET_DIR|XDG_CACHE_HOME|npm_config_cache|PIP_CACHE_DIR|YARN_CACHE_FOLDER|CCACHE_DIR|OUT_DIR|BUILD_DIR)$/i;
const ROOM = 1 << 30;
const MB = 1 << 20;

/** Nothing more fits where a step writes. */
export const diskFull: Fixer = {
  name: 'disk-full',
  title: 'a disk is full',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = failure.log.split('\n', 6000);
    const at = lines.findIndex((line) => line.length < 2000 && FULL.some((one) => one.test(line)));
    if (at < 0) return [];
    const line = lines[at] ?? '';
    const path = NAMED.map((pattern) => pattern.exec(line)?.[1]).find((one) => one !== undefined);
    const where = path === undefined ? undefined : room(path);
    const evidence: Evidence[] = [
      evidenceOf(failure, at),
      ...(where === undefined ? [] : [{ text: where.text }]),
    ];
    const shown = path === undefined ? 'where the step writes' : printable(shorten(path, 120));
    const base = {
      fixer: 'disk-full',
      cause: `there is no room left ${path === undefined ? '' : 'for '}${shown}`,
    };
    const moved = path === undefined ? undefined : await elsewhere(failure, bench, path);
    const used = await largest(bench);
    if (moved !== undefined)
      return [
        {
          ...base,
          evidence: [...evidence, { file: failure.workflow.path, text: moved.text }],
          confidence: 0.7,
          changes: [moved.change],
          advice: `or make room in ${dirname(path ?? '/')}`,
        },
      ];
    return [
      {
        ...base,
        evidence: [...evidence, ...used],
        confidence: 0.9,
        changes: null,
        advice:
          where?.inodes === true
            ? 'the disk has room but no more files: remove many small ones (caches, node_modules of old trees)'
            : `make room: du -xh --max-depth=2 ${where?.folder ?? '.'} | sort -h | tail; what builds leave is taken away by: bit build prune`,
      },
    ];
  },
};

/** Of the file system that holds a path, or would. */
function room(
  path: string,
): { readonly folder: string; readonly text: string; readonly inodes: boolean } | undefined {
  let folder = dirname(path);
  while (folder !== '/' && !existsSync(folder)) folder = dirname(folder);
  try {
    const { bavail, bsize, blocks, ffree, files } = statfsSync(folder);
    const inodes = files > 0 && ffree === 0 && bavail > 0;
    const text = `${folder}: ${Math.floor((bavail * bsize) / MB)} of ${Math.floor((blocks * bsize) / MB)} MB are free now${inodes ? ', and no file can be made' : ''}`;
    return { folder, text, inodes };
  } catch {
    return undefined;
  }
}

/** The workflow itself sent the files to a small place, by a variable: without it they go where programs put them. */
async function elsewhere(
  failure: FailedStep,
  bench: Bench,
  path: string,
): Promise<{ readonly change: Change; readonly text: string } | undefined> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const found = workflow?.find(failure);
  if (workflow === undefined) return undefined;
  const free = room(failure.workspace === '' ? '/tmp/x' : `${failure.workspace}/x`);
  for (const owner of [found?.step, found?.job, workflow.root]) {
    const env = workflow.at(owner, 'env');
    for (const { key, value } of workflow.members(env)) {
      const folder = workflow.scalar(value)?.value;
      if (
        typeof folder !== 'string' ||
        !PLACES.test(key) ||
        !path.startsWith(`${folder.replace(/\/+$/, '')}/`)
      )
        continue;
      const alone = workflow.members(env).length === 1;
      const edit =
        alone && owner !== undefined
          ? workflow.without(owner as typeof env, 'env')
          : workflow.without(env, key);
      if (edit === undefined || free === undefined) continue;
      return {
        change: workflow.change([edit]),
        text: `${key}: ${printable(folder)} sends what is written there; ${free.text}`,
      };
    }
  }
  return undefined;
}

/** What of the tree takes most room. */
async function largest(bench: Bench): Promise<readonly Evidence[]> {
  const { status, output } = await bench.tool(
    ['sh', '-c', 'df -Pk . | tail -1; du -xk -d 1 . 2>/dev/null | sort -rn | head -4'],
    {
      seconds: 60,
    },
  );
  if (status !== 0) return [];
  return output
    .split('\n')
    .slice(1, 5)
    .flatMap((line) => {
      const [, kilobytes, name] = /^(\d+)\s+(.{1,200})$/.exec(line) ?? [];
      const size = Number(kilobytes ?? 0);
      return name === undefined || name === '.' || size < ROOM / 1024 / 10
        ? []
        : [{ text: `${printable(name)} takes ${Math.floor(size / 1024)} MB` }];
    });
}
