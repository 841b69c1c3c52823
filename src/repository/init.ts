import { chmodSync, lstatSync, mkdirSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { checkShortName, initRepository, type RepositoryPaths } from '../git/index.ts';
import { acceptPolicy, readAccepted, readTreePolicies, treeDiffers } from '../guard/index.ts';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import { openLedgerReader } from '../ledger/index.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import { SHARES, type Share, type TemplateFile } from '../templates/index.ts';
import { isBuiltIn, loadTemplate } from './init-template.ts';

export interface InitRequest {
  /** Built-in name, folder or git URL; `minimal` by default. */
  readonly template: string;
  /** First branch of a repository that is made. */
  readonly branch?: string | undefined;
  /** What of the ledger travels with a push; undefined asks, and where nobody can be asked is `off`. */
  readonly share?: string | undefined;
}

export interface InitResult {
  readonly directory: string;
  /** A git repository was made here. */
  readonly initialized: boolean;
  readonly template: string;
  readonly created: readonly string[];
  /** Files that were there already, left as they are. */
  readonly leftAlone: readonly string[];
  /** Digest of the policy set now in force, or null where the tree's policies wait for `bit policy accept`. */
  readonly policy: string | null;
}

/** `git init` where needed, then a template's files, none of which overwrites anything, then their policies in force. */
export async function initProject(reader: Reader, request: InitRequest): Promise<Effect<InitResult>> {
  const existing = reader.repository;
  if (existing !== undefined && existing.root === undefined) {
    throw new BitError(
      'unsupported',
      `${existing.gitDir} is a bare repository and has no work tree to put files in`,
    );
  }
  if (request.branch !== undefined) {
    checkShortName('branch', request.branch);
    if (existing !== undefined) {
      throw new BitError('usage', 'this is a repository already, so --branch has nothing to name', {
        hint: `make it with: bit branch new ${request.branch}`,
      });
    }
  }
  const root = existing?.root ?? reader.cwd;
  const branch = request.branch ?? (await defaultBranch(reader));
  const share = await sharing(reader, root, request);
  const files = await loadTemplate(reader, request.template, { root, branch, share });
  for (const file of files) refuseLeaving(root, file.path);
  const created = files.filter((file) => !present(join(root, file.path)));
  const leftAlone = files.filter((file) => !created.includes(file)).map((file) => file.path);
  const accepts = existing === undefined || acceptsHere(reader);
  return {
    summary: `set up ${request.template} with ${created.length} files`,
    target: {
      directory: root,
      template: request.template,
      create: created.map((file) => file.path),
      initialize: existing === undefined,
    },
    plan: [
      ...(existing === undefined ? [`git init ${root} on branch ${branch}`] : []),
      ...created.map((file) => `create ${file.path}`),
      ...leftAlone.map((path) => `leave ${path} as it is`),
      accepts
        ? 'put the policies of the tree in force'
        : "leave the policy set in force: the tree's differs from it already",
    ],
    touches:
      existing === undefined
        ? { refs: [] }
        : {
            refs: [],
            files: [
              ...created.map((file) => join(root, file.path)),
              join(reader.stateDirectory, 'policy', 'accepted.json'),
            ],
          },
    ...(existing === undefined ? { irreversible: [`made a repository in ${root}`] } : {}),
    run: (writer) => setUp(writer, { ...request, root, branch, created, leftAlone, accepts }),
    record: (out) => ({ directory: out.directory, created: out.created, policy: out.policy }),
  };
}

/** What `.bithub.yml` will say; asked only where one is written here. */
async function sharing(reader: Reader, root: string, { template, share }: InitRequest): Promise<Share> {
  const writes = isBuiltIn(template) && !present(join(root, SPECIFICATION));
  const said = SHARES.find((mode) => mode === share);
  if (share !== undefined) {
    if (said === undefined) throw new BitError('usage', `share is one of ${SHARES.join(', ')}`);
    if (writes) return said;
    throw new BitError('usage', `${SPECIFICATION} is not written by this, so --share has nowhere to go`, {
      hint: `say ledger.share: ${said} there`,
    });
  }
  if (!writes || !reader.ask.possible) return 'off';
  const chosen = await reader.ask.choose(
    'What of the ledger travels with a push, for others to verify?',
    Object.values(CHOICES),
  );
  return SHARES.find((mode) => CHOICES[mode] === chosen) ?? 'off';
}

const SPECIFICATION = '.bithub.yml';
const CHOICES: Readonly<Record<Share, string>> = {
  off: 'off: it stays here',
  headers: 'headers: what happened when and by whom, without payloads',
  all: 'all: payloads too, but for those of denials and notes',
};

interface SetUp extends InitRequest {
  readonly root: string;
  readonly branch: string;
  readonly created: readonly TemplateFile[];
  readonly leftAlone: readonly string[];
  readonly accepts: boolean;
}

async function setUp(writer: Writer, plan: SetUp): Promise<InitResult> {
  const { root, created } = plan;
  const existing = writer.repository;
  const written: string[] = [];
  const folders: string[] = [];
  let made: RepositoryPaths | undefined;
  try {
    if (existing === undefined) made = await initRepository(root, { env: writer.env, branch: plan.branch });
    for (const file of created) writeNew(root, file, { written, folders });
    const policy = plan.accepts ? await accept(writer, made) : null;
    return {
      directory: root,
      initialized: existing === undefined,
      template: plan.template,
      created: created.map((file) => file.path),
      leftAlone: plan.leftAlone,
      policy,
    };
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    for (const folder of folders.reverse()) removeIfEmpty(folder);
    if (made !== undefined) rmSync(made.gitDir, { recursive: true, force: true });
    throw error;
  }
}

/** In a repository as an action of its own, judged by the set before; in one just made as part of making it. */
async function accept(writer: Writer, made: RepositoryPaths | undefined): Promise<string> {
  if (made === undefined) {
    const effect = await acceptPolicy(writer, { lockout: false, recover: false });
    const before = readAccepted(writer.stateDirectory);
    if (before !== undefined && before.digest === effect.target['to']) return before.digest;
    const request = { action: 'policy.accept', event: 'POLICY_ACCEPT', command: 'policy.accept', args: {} };
    return (await writer.perform(request, effect)).digest;
  }
  const inside: Writer = Object.create(writer, {
    repository: { value: made },
    stateDirectory: { value: join(made.commonDir, 'bit') },
    ledger: { value: openLedgerReader({ directory: join(made.commonDir, 'bit', 'ledger') }) },
  });
  const effect = await acceptPolicy(inside, { lockout: false, recover: false });
  return (await effect.run(inside)).digest;
}

/** A set someone accepted and a tree that differs from it: putting the tree in force is a decision of its own. */
function acceptsHere(reader: Reader): boolean {
  const accepted = readAccepted(reader.stateDirectory);
  return accepted === undefined || treeDiffers(readTreePolicies(reader), accepted).length === 0;
}

async function defaultBranch(reader: Reader): Promise<string> {
  if (reader.repository === undefined) return 'main';
  const head = await reader.git.head();
  return head.kind === 'detached' ? 'main' : head.ref.replace(/^refs\/heads\//, '');
}

function writeNew(
  root: string,
  file: TemplateFile,
  done: { readonly written: string[]; readonly folders: string[] },
): void {
  const path = join(root, file.path);
  refuseLeaving(root, file.path);
  if (present(path)) throw new BitError('conflict', `${file.path} came to be while bit was setting up`);
  makeFolders(root, dirname(file.path), done.folders);
  writeFileAtomic(path, file.content, { mode: file.executable ? 0o755 : 0o644 });
  if (file.executable) chmodSync(path, 0o755);
  done.written.push(path);
}

function makeFolders(root: string, relative: string, made: string[]): void {
  let folder = root;
  for (const part of relative.split('/').filter((item) => item !== '.' && item !== '')) {
    folder = join(folder, part);
    if (present(folder)) continue;
    mkdirSync(folder);
    made.push(folder);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // something else is in it by now
  }
}

function present(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** No folder on the way may be a link that leaves the root, nor be a file. */
function refuseLeaving(root: string, path: string): void {
  const base = realpathSync(root);
  let folder = root;
  for (const part of path.split('/').slice(0, -1)) {
    folder = join(folder, part);
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) return;
    if (stat.isDirectory()) continue;
    const real = stat.isSymbolicLink() ? realPath(folder) : undefined;
    if (real === undefined || !real.startsWith(base + sep) || !lstatSync(real).isDirectory()) {
      throw new BitError(
        'integrity',
        `${folder} is ${stat.isSymbolicLink() ? 'a link that leaves the repository' : 'not a folder'}`,
        {
          hint: 'replace it by a plain folder, then run bit init again',
          details: { path: folder },
        },
      );
    }
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
