/** Jobs of a run on a mesh of one folder: its runners are the real program in checkouts of their own. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { openGit } from '../../../src/git/index.ts';
import { digestOf } from '../../../src/kernel/content-store.ts';
import { BitError } from '../../../src/kernel/errors.ts';
import { ulid } from '../../../src/kernel/ids.ts';
import type { JobEnd, JobOffer, JobSpecification } from '../../../src/mesh/protocol/types.ts';
import {
  launchWorkflow,
  MeshDelegate,
  type MeshJobs,
  type MeshNews,
  sourceOfRun,
  UNABLE,
} from '../../../src/mesh/workflow/index.ts';
import { workTreeFiles } from '../../../src/runs/files.ts';
import { sourceOf } from '../../../src/runs/sources.ts';
import { type RunEnd, type RunEvent, sealWith, startRun } from '../../../src/workflow/index.ts';
import { suite } from '../../suite.ts';
import { type World, world } from '../../world.ts';

interface Ran {
  readonly id: string;
  readonly job: JobSpecification;
  readonly news: MeshNews[];
  end?: { standard: string; reason?: string; result?: JobEnd };
  cancel(): void;
  done: Promise<void>;
}

/** Keeps artifacts in a folder and starts each job at once. */
class FolderMesh implements MeshJobs {
  readonly jobs = new Map<string, Ran>();
  readonly puts: string[] = [];
  readonly #byKey = new Map<string, string>();
  readonly #root: string;
  readonly #place: World;

  constructor(root: string, place: World) {
    this.#root = root;
    this.#place = place;
  }

  #path(uri: string): string {
    return join(this.#root, 'kept', uri.replaceAll('/', '_'));
  }

  async put(uri: string, path: string): Promise<void> {
    this.puts.push(uri);
    mkdirSync(join(this.#root, 'kept'), { recursive: true });
    copyFileSync(path, this.#path(uri));
  }

  async get(uri: string, path: string): Promise<void> {
    copyFileSync(this.#path(uri), path);
  }

  async submit(job: JobSpecification, key: string): Promise<{ job_id: string }> {
    const known = this.#byKey.get(key);
    if (known !== undefined) return { job_id: known };
    const id = `J-${this.jobs.size + 1}`;
    this.#byKey.set(key, id);
    this.jobs.set(id, this.#start(id, job));
    return { job_id: id };
  }

  #start(id: string, job: JobSpecification): Ran {
    const news: MeshNews[] = [];
    const work = join(this.#root, id, 'work');
    const home = join(this.#root, id, 'home');
    mkdirSync(home, { recursive: true });
    const { task } = job;
    if (task?.kind !== 'workflow') throw new Error('no workflow');
    const git = (...args: string[]) => this.#place.gitIn(this.#root, ...args);
    const from = job.repo.replace('git+file://', '').replace(/#.*/, '');
    if (task.delegation?.bundle?.complete === true) git('init', '-q', work);
    else git('clone', '-q', '--no-checkout', from, work);
    if (task.delegation?.bundle !== undefined)
      this.#place.gitIn(work, 'fetch', '-q', this.#path(task.delegation.bundle.uri), String(job.commit));
    this.#place.gitIn(work, 'checkout', '-q', '--detach', String(job.commit));
    for (const uri of job.artifacts_in ?? []) copyFileSync(this.#path(uri), join(work, basename(uri)));
    const { argv } = launchWorkflow({ job_id: id, ...job } as JobOffer, home);
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd: work,
      env: { ...this.#place.env, HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let offset = 0;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (data: string) => {
        news.push({ kind: 'log', job_id: id, fence: 1, offset, stream, data });
        offset += Buffer.byteLength(data);
      });
    }
    const ran: Ran = {
      ...{ id, job, news, cancel: () => void child.kill('SIGTERM') },
      done: new Promise((resolve) => {
        child.on('close', (code) => {
          const artifacts = (job.artifacts_out ?? []).flatMap((wanted) => {
            const uri = wanted.replaceAll('{job_id}', id);
            const path = join(work, basename(uri));
            if (!existsSync(path)) return [];
            copyFileSync(path, this.#path(uri));
            return [{ uri, ...digestOf(path) }];
          });
          const status = code === 0 ? 'CompletedSuccessfully' : 'Failed';
          const error = news
            .flatMap((one) => (one.kind === 'log' && one.stream === 'stderr' ? [one.data] : []))
            .join('');
          ran.end = {
            standard: status,
            result: {
              ...{ job_id: id, fence: 1, idempotency_key: id, status, metrics: {}, artifacts },
              ...(code === UNABLE || code === null ? {} : { exit_code: code }),
              ...(error === '' ? {} : { error: error.slice(0, 4000) }),
            },
          };
          resolve();
        });
      }),
    };
    return ran;
  }

  async job(id: string) {
    return this.jobs.get(id)?.end ?? { standard: 'Running' };
  }

  async *watch(id: string): AsyncIterable<MeshNews> {
    const ran = this.jobs.get(id);
    if (ran === undefined) throw new BitError('not-found', `no ${id}`);
    await ran.done;
    yield* ran.news;
  }

  async cancel(id: string): Promise<void> {
    this.jobs.get(id)?.cancel();
  }
}

interface Scene {
  readonly place: World;
  readonly mesh: FolderMesh;
  readonly root: string;
  readonly events: RunEvent[];
  run(name: string, more?: { signal?: AbortSignal; id?: string }): Promise<RunEnd>;
}

function scene(): Scene {
  const place = world();
  place.start();
  const root = mkdtempSync(join(tmpdir(), 'bit-mesh-'));
  const mesh = new FolderMesh(root, place);
  const events: RunEvent[] = [];
  return {
    place,
    mesh,
    root,
    events,
    async run(name, { signal = new AbortController().signal, id = ulid(Date.now()) } = {}) {
      const files = workTreeFiles(place.dir);
      const stateDirectory = join(place.dir, '.git', 'bit');
      const directory = join(stateDirectory, 'runs', id, 'delegated');
      const gitDir = join(place.dir, '.git');
      const git = openGit({ paths: { root: place.dir, gitDir, commonDir: gitDir }, env: place.env });
      return startRun({
        stateDirectory,
        cacheDirectory: join(place.root, 'cache'),
        workspace: place.dir,
        id,
        load: (asked) => sourceOf(asked.source).load(asked, files),
        request: {
          ...{ source: 'native', workflow: `.bithub/workflows/${name}.yml`, inputs: {}, env: {}, jobs: [] },
          ...{ on: 'mesh', options: {}, event: { name: 'manual', payload: {} } },
        },
        env: { ...place.env },
        secrets: async () => () => undefined,
        seal: sealWith(Buffer.alloc(32, 3)),
        signal,
        now: () => new Date(),
        watch: (event) => events.push(event),
        bit: async () => 0,
        delegates: {
          mesh: new MeshDelegate({
            run: id,
            mesh: async () => mesh,
            source: () => sourceOfRun({ git, directory, signal }),
            repo: ({ remote, branch }) =>
              `git+file://${remote ?? place.dir}${branch === undefined ? '' : `#${branch}`}`,
          }),
        },
      });
    },
  };
}

const CI = `
jobs:
  build:
    steps:
      - id: make
        run: |
          cat a.txt > built.txt
          cat new.txt >> built.txt || true
          echo "lines=$(wc -l < built.txt)" >> "$BIT_OUTPUT"
      - uses: upload-artifact
        with: { name: built, path: built.txt }
    outputs:
      lines: \${{ steps.make.outputs.lines }}
  test:
    needs: [build]
    steps:
      - uses: download-artifact
        with: { name: built, path: got }
      - run: test "$(wc -l < got/built.txt)" -eq 3
      - run: echo "it has \${{ needs.build.outputs.lines }} lines"
`;

suite<Scene>('jobs of a run on a mesh', (test) => {
  test.before.each((context) => {
    Object.assign(context, scene());
  });
  test.after.each(({ place, root }) => {
    place.close();
    rmSync(root, { recursive: true, force: true });
  });

  test('what is not committed and not pushed goes along, and nothing in the repository changes', async (context) => {
    const { place, mesh, events, run } = context;
    place.write('.bithub/workflows/ci.yml', CI);
    place.write('new.txt', 'two\nthree\n');
    const before = [
      place.git('status', '--porcelain'),
      place.git('for-each-ref'),
      place.git('count-objects'),
    ];
    const gitDir = join(place.dir, '.git');
    const git = openGit({ paths: { root: place.dir, gitDir, commonDir: gitDir }, env: place.env });
    const { signal } = new AbortController();
    const directory = join(place.root, 'committed');
    const source = await sourceOfRun({ git, directory, signal, committed: true });
    assert.equal([source.commit, source.changed], [place.git('rev-parse', 'HEAD'), 0]);
    const end = await run('ci');
    assert.is(end.result, 'success', JSON.stringify(end.failed));
    assert.equal(
      [place.git('status', '--porcelain'), place.git('for-each-ref'), place.git('count-objects')],
      before,
    );
    assert.is(end.jobs[0]?.outputs['lines'], '3');
    assert.equal(
      end.artifacts.map(({ name, size }) => [name, size]),
      [['built', 14]],
    );
    const lines = events.flatMap((event) => (event.event === 'step-output' ? [event.line] : []));
    assert.ok(lines.includes('it has 3 lines'), lines.join('\n'));
    const [first] = mesh.jobs.values();
    assert.is(first?.job.task?.kind === 'workflow' && first.job.task.delegation?.bundle?.complete, true);
    assert.is(mesh.puts.filter((uri) => uri.endsWith('source.bundle')).length, 1);
    assert.is(first?.job.network, false);
  });

  test('a pushed commit needs no bundle; a commit over it only itself', async ({
    place,
    root,
    mesh,
    run,
  }) => {
    place.write('.bithub/workflows/ci.yml', 'jobs:\n  a:\n    steps:\n      - run: git log --format=%s -1\n');
    place.git('add', '.');
    place.git('commit', '-qm', 'workflow');
    place.gitIn(root, 'init', '-q', '--bare', 'origin.git');
    place.git('remote', 'add', 'origin', join(root, 'origin.git'));
    place.git('push', '-q', '-u', 'origin', 'main');
    assert.is((await run('ci')).result, 'success');
    assert.is(
      mesh.puts.some((uri) => uri.endsWith('.bundle')),
      false,
    );
    place.write('b.txt', 'x\n');
    place.git('add', '.');
    place.git('commit', '-qm', 'not pushed');
    assert.is((await run('ci')).result, 'success');
    const second = [...mesh.jobs.values()][1];
    assert.is(second?.job.task?.kind === 'workflow' && second.job.task.delegation?.bundle?.complete, false);
    assert.match(
      second?.news.map((one) => (one.kind === 'log' ? one.data : '')).join('') ?? '',
      /not pushed/,
    );
  });

  test('a step that fails there fails the run here, with its last lines', async ({ place, run }) => {
    place.write(
      '.bithub/workflows/bad.yml',
      'jobs:\n  a:\n    steps:\n      - run: echo because >&2; exit 4\n',
    );
    const end = await run('bad');
    assert.equal(
      [end.result, end.failed?.error, end.failed?.tail],
      ['failure', 'exit status 4', ['because']],
    );
  });

  test('a machine that cannot run it says why', async ({ place, run }) => {
    place.write('.bithub/workflows/w.yml', 'jobs:\n  a:\n    steps:\n      - run: "true"\n');
    place.write('.gitignore', '.bithub\n');
    const end = await run('w');
    assert.is(end.result, 'failure');
    assert.match(end.failed?.error ?? '', /job J-1 of the mesh: .*w\.yml/);
  });

  test('Ctrl-C ends the job on the mesh', async ({ place, mesh, run }) => {
    place.write('.bithub/workflows/long.yml', 'jobs:\n  a:\n    steps:\n      - run: sleep 100\n');
    const ending = new AbortController();
    const running = run('long', { signal: ending.signal });
    while (mesh.jobs.size === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 500));
    ending.abort();
    assert.is((await running).result, 'cancelled');
    assert.ok([...mesh.jobs.values()].every(({ end }) => end !== undefined));
  });
});
