/** One job on a runner of this process, without a mesh: a repository, a place, real processes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JobOffer } from '../../../src/mesh/protocol/types.ts';
import { Mirrors } from '../../../src/mesh/runner/checkout.ts';
import { executeJob } from '../../../src/mesh/runner/execute.ts';
import type { ArtifactExchange, EndReason, Execution } from '../../../src/mesh/runner/execution.ts';
import { Gate } from '../../../src/mesh/runner/gate.ts';
import { JobLog } from '../../../src/mesh/runner/job-log.ts';
import { runnerManifestOf } from '../../../src/mesh/settings/index.ts';
import { loadPolicySet, offerConfig } from '../../../src/policy/index.ts';

export interface Ground {
  readonly root: string;
  readonly repo: string;
  git(...args: string[]): string;
  write(path: string, text: string): void;
  commit(): string;
  close(): void;
}

export function ground(): Ground {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'bit-job-')));
  const repo = join(root, 'repo');
  mkdirSync(repo);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'T',
    GIT_AUTHOR_EMAIL: 't@example.com',
    GIT_COMMITTER_NAME: 'T',
    GIT_COMMITTER_EMAIL: 't@example.com',
  };
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: repo, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  git('init', '--quiet', '-b', 'main');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(repo, path)), { recursive: true });
    writeFileSync(join(repo, path), text);
  };
  const commit = (): string => {
    git('add', '-A');
    git('commit', '--quiet', '--allow-empty', '-m', 'something');
    return git('rev-parse', 'HEAD');
  };
  write('.bithub.yml', 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n');
  write('a.txt', 'one\n');
  commit();
  return { root, repo, git, write, commit, close: () => rmSync(root, { recursive: true, force: true }) };
}

export interface RanJob {
  readonly execution: Execution;
  readonly log: string;
  readonly states: readonly string[];
  readonly heldBy: Readonly<Record<string, string>>;
  readonly work: string;
}

export interface JobOptions {
  readonly offer?: Partial<JobOffer>;
  /** Lines of the manifest's `runner`, indented by two. */
  readonly manifest?: string;
  readonly policies?: string;
  readonly artifacts?: ArtifactExchange;
  readonly signal?: AbortSignal;
  readonly onState?: (state: string) => void;
}

const NO_ARTIFACTS: ArtifactExchange = {
  bring: () => Promise.reject(new Error('no artifacts here')),
  keep: () => Promise.reject(new Error('no artifacts here')),
};
let count = 0;

export async function runJob(
  { root, repo }: Ground,
  argv: readonly string[],
  options: JobOptions = {},
): Promise<RanJob> {
  count++;
  const folder = join(root, 'jobs', `J-${count}.1`);
  mkdirSync(folder, { recursive: true });
  const manifest = runnerManifestOf(`runner:\n  id: aln://runner/test\n${options.manifest ?? ''}`);
  const offer: JobOffer = {
    job_id: `J-${count}`,
    repo: `git+file://${repo}#main`,
    task: { kind: 'command', argv: [...argv] },
    required: { capabilities: [] },
    priority: 5,
    timeout_s: 60,
    ...options.offer,
  };
  const set = loadPolicySet(
    options.policies === undefined ? [] : [{ path: 'mesh.rego', text: options.policies }],
  );
  const gate = new Gate({
    set,
    decide: (asked) =>
      set.decide({
        ...{ action: 'mesh.job', command: 'runner.start', args: {}, actor: '', user: {}, tx: {}, repo: {} },
        ...{ token: null, config: offerConfig({}), freeze: [], now: new Date().toISOString(), ...asked },
      }),
    config: {},
    strict: manifest.policies.enforceStrict,
    runner: { id: manifest.id, persona: manifest.persona, publicKey: `ed25519:${'0'.repeat(64)}` },
    now: () => new Date(),
    notice: () => undefined,
  });
  const log = new JobLog({
    path: join(folder, 'log'),
    most: manifest.limits.logBytes,
    onGrowth: () => undefined,
  });
  const states: string[] = [];
  let heldBy: Readonly<Record<string, string>> = {};
  const work = join(folder, 'work');
  const env = { PATH: process.env['PATH'], HOME: root };
  const execution = await executeJob(
    { job: offer, fence: 1, attempt: 1, token: undefined },
    {
      manifest,
      mirrors: new Mirrors({ directory: join(root, 'mirrors'), env }),
      artifacts: options.artifacts ?? NO_ARTIFACTS,
      secrets: async (names) => Object.fromEntries(names.map((name) => [name, `value-of-${name}`])),
      programs: [],
      path: '/usr/local/bin:/usr/bin:/bin',
      preflight: (given) => gate.preflight({ ...given, ledgerHolds: true }),
    },
    {
      place: { folder, work, home: join(folder, 'home') },
      signal: options.signal ?? new AbortController().signal,
      log,
      onState: (state) => {
        states.push(state);
        options.onState?.(state);
      },
      onRoom: (room) => {
        heldBy = room.heldBy ?? {};
      },
    },
  );
  const text = readFileSync(log.path, 'utf8');
  log.close();
  return { execution, log: text, states, heldBy, work };
}

/** The outcome; throws where there is none. */
export function outcomeOf({ execution }: RanJob) {
  if (execution.kind === 'ended') return execution.outcome;
  throw new Error(`the job was ${execution.kind}: ${JSON.stringify(execution)}`);
}

export function reason(kind: EndReason['kind'], message = 'the test says so'): EndReason {
  return { kind, message };
}
