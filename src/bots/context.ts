import { extname } from 'node:path';
import { policyStanding } from '../guard/index.ts';
import { isBitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { maskJson } from '../kernel/secrets.ts';
import { shorten } from '../kernel/text.ts';
import type { Reader } from '../operation/index.ts';
import { findAll, inspectRun, workTreeFiles } from '../runs/index.ts';
import { type RunSummary, runIds, summarize } from '../workflow/index.ts';
import { ownersOf, readOwners } from './context-owners.ts';
import { deployedBots } from './deployed.ts';

/** What bots are given of the repository beside an event, all of it bounded and masked. */
export interface BotsContext {
  /** RFC 3339. */
  readonly at: string;
  /** `repo`, or a folder of the tree. */
  readonly scope: string;
  readonly commit: string | null;
  readonly branch: string | null;
  readonly tree: TreeSummary;
  /** Folders and files at the top of the scope, with whose they are by CODEOWNERS. */
  readonly owners: readonly { readonly path: string; readonly owners: readonly string[] }[];
  /** Newest first. */
  readonly failures: readonly FailedRun[];
  readonly workflows: readonly {
    readonly name: string;
    readonly path: string;
    readonly on: readonly string[];
  }[];
  readonly policies: {
    readonly state: string;
    readonly sources: readonly string[];
    readonly changed: readonly string[];
  };
  readonly bots: readonly { readonly name: string; readonly description: string; readonly paused: boolean }[];
}

export interface TreeSummary {
  readonly files: number;
  readonly bytes: number;
  readonly kinds: readonly { readonly extension: string; readonly files: number; readonly bytes: number }[];
  /** At the top of the scope: of a folder what is in it. */
  readonly entries: readonly { readonly path: string; readonly files: number; readonly bytes: number }[];
  readonly largest: readonly { readonly path: string; readonly bytes: number }[];
}

export interface FailedRun {
  readonly run: string;
  readonly workflow: string;
  readonly event: string;
  readonly at: string;
  /** The job and the step that failed first. */
  readonly job: string | null;
  readonly step: string | null;
  readonly why: string | null;
}

const MOST_KINDS = 20;
const MOST_ENTRIES = 100;
const MOST_LARGEST = 10;
const MOST_FAILURES = 20;
const RUNS_LOOKED_AT = 300;
const MOST_NAMES = 100;

/** Reads it all, and changes nothing. `folder` is empty for the whole tree. */
export async function gatherContext(reader: Reader, root: string, folder: string): Promise<BotsContext> {
  const { git, now } = reader;
  const commit = (await git.resolve('HEAD', 'commit')) ?? null;
  const tree = await treeSummary(reader, commit, folder);
  const rules = readOwners(root);
  const owners = ownersOf(rules);
  const { bots } = await deployedBots(reader);
  const workflows = await findAll(workTreeFiles(root));
  const standing = await policyStanding(reader);
  const context: BotsContext = {
    at: now().toISOString(),
    scope: folder === '' ? 'repo' : folder,
    commit,
    branch: await branchHere(reader),
    tree,
    owners:
      rules.length === 0
        ? []
        : tree.entries.map(({ path }) => ({ path, owners: owners(path.replace(/\/$/, '')) })),
    failures: await failedRuns(reader),
    workflows: workflows.slice(0, MOST_NAMES).map(({ name, path, on }) => ({ name, path, on })),
    policies: {
      state: standing.state,
      sources: sourcesOf(reader).slice(0, MOST_NAMES),
      changed: standing.changed.slice(0, MOST_NAMES),
    },
    bots: bots.slice(0, MOST_NAMES).map(({ manifest, paused }) => ({
      name: manifest.name,
      description: manifest.description,
      paused,
    })),
  };
  return maskJson(context as unknown as JsonObject) as unknown as BotsContext;
}

async function branchHere({ git }: Reader): Promise<string | null> {
  const head = await git.head();
  return head.kind === 'detached' ? null : head.ref.replace(/^refs\/heads\//, '');
}

/** Paths of the policies in force; none where the set can't be read, which `state` tells. */
function sourcesOf(reader: Reader): readonly string[] {
  try {
    return reader.policy.sources.map(({ path }) => path);
  } catch (error) {
    if (isBitError(error)) return [];
    throw error;
  }
}

async function treeSummary({ git }: Reader, commit: string | null, folder: string): Promise<TreeSummary> {
  const inside = folder === '' ? '' : `${folder}/`;
  const words = ['ls-tree', '-r', '-l', '-z', commit ?? '', '--', ...(folder === '' ? [] : [folder])];
  const listed = commit === null ? '' : (await git.read(words)).stdout;
  const files = listed.split('\0').flatMap((line) => {
    const found = /^\d+ blob [0-9a-f]+ +(\d+)\t(.*)$/s.exec(line);
    return found === null ? [] : [{ path: found[2] ?? '', bytes: Number(found[1]) }];
  });
  const kinds = new Map<string, { files: number; bytes: number }>();
  const entries = new Map<string, { files: number; bytes: number }>();
  const add = (to: typeof kinds, key: string, bytes: number): void => {
    const known = to.get(key) ?? { files: 0, bytes: 0 };
    to.set(key, { files: known.files + 1, bytes: known.bytes + bytes });
  };
  for (const { path, bytes } of files) {
    add(kinds, extname(path).toLowerCase().slice(0, 32), bytes);
    const [top = '', ...deeper] = path.slice(inside.length).split('/');
    add(entries, `${inside}${top}${deeper.length > 0 ? '/' : ''}`, bytes);
  }
  const most = <Of extends { bytes: number }>(list: readonly Of[], count: number): readonly Of[] =>
    [...list].sort((a, b) => b.bytes - a.bytes).slice(0, count);
  return {
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    kinds: most(
      [...kinds].map(([extension, of]) => ({ extension, ...of })),
      MOST_KINDS,
    ),
    entries: most(
      [...entries].map(([path, of]) => ({ path, ...of })),
      MOST_ENTRIES,
    ),
    largest: most(files, MOST_LARGEST),
  };
}

async function failedRuns(reader: Reader): Promise<readonly FailedRun[]> {
  const found: FailedRun[] = [];
  for (const id of runIds(reader.stateDirectory).slice(0, RUNS_LOOKED_AT)) {
    if (found.length === MOST_FAILURES) break;
    let summary: RunSummary;
    try {
      summary = summarize(reader.stateDirectory, id);
    } catch (error) {
      // a damaged journal is told of by who asks for that run
      if (isBitError(error)) continue;
      throw error;
    }
    if (summary.state === 'failure') found.push({ ...(await whyOf(reader, id)), ...told(summary) });
  }
  return found;
}

function told({ id, name, event, startedAt }: RunSummary) {
  return { run: id, workflow: shorten(name, 200), event, at: startedAt };
}

async function whyOf(reader: Reader, id: string): Promise<Pick<FailedRun, 'job' | 'step' | 'why'>> {
  try {
    const { jobs } = await inspectRun(reader, { id, log: undefined });
    const job = jobs.find(({ result }) => result === 'failure');
    const step = job?.steps.find((one) => one['outcome'] === 'failure');
    const why = step?.['error'] ?? job?.error ?? null;
    return {
      job: job?.id ?? null,
      step: typeof step?.['title'] === 'string' ? shorten(step['title'], 200) : null,
      why: typeof why === 'string' ? shorten(why, 500) : null,
    };
  } catch (error) {
    if (isBitError(error)) return { job: null, step: null, why: null };
    throw error;
  }
}
