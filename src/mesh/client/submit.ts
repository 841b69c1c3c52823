/** `bit job submit`: what a job is, from what was typed and where it was typed. */
import { readFileSync } from 'node:fs';
import { BitError } from '../../kernel/errors.ts';
import { isJsonObject, type JsonObject } from '../../kernel/json.ts';
import type { Paper } from '../../kernel/paper.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import type { JobSpecification } from '../protocol/types.ts';
import { openMesh } from './connect.ts';
import { describeTask } from './describe.ts';
import { followJob } from './follow.ts';
import type { JobRow, Submitted } from './index.ts';
import { jobRepository } from './repository.ts';
import { stateWord } from './rows.ts';
import { specificationOf } from './specification.ts';

export interface SubmitRequest {
  readonly controller: string | undefined;
  /** A job as JSON, instead of all that follows: a path, or `-`. */
  readonly file: string | undefined;
  readonly command: readonly string[];
  readonly workflow: string | undefined;
  readonly inputs: readonly string[];
  readonly repo: string | undefined;
  readonly commit: string | undefined;
  readonly require: readonly string[];
  readonly policies: readonly string[];
  readonly persona: string | undefined;
  readonly compliance: string | undefined;
  readonly env: readonly string[];
  readonly take: readonly string[];
  readonly keep: readonly string[];
  readonly priority: number;
  readonly timeout: number;
  readonly attempts: number | undefined;
  readonly profile: string | undefined;
  readonly network: boolean;
  /** The same key gives the same job; default a new one. */
  readonly key: string | undefined;
  /** Stay until it ended, its output shown. */
  readonly follow: boolean;
}

export interface SubmittedJob extends Submitted {
  readonly mesh: string;
  readonly controller: string;
  readonly repo: string;
  readonly commit: string | null;
  /** Where it was followed: how it ended. */
  readonly end: JobRow | null;
}

/** @throws BitError `usage` for what is no job; `remote` where no controller answers */
export async function submitJob(reader: Reader, request: SubmitRequest): Promise<Effect<SubmittedJob>> {
  const job =
    request.file === undefined ? await jobHere(reader, request) : await jobOfFile(reader, request.file);
  const what = describeTask(job);
  return {
    summary: `submit a mesh job: ${shorten(what, 100)}`,
    target: {
      repo: job.repo,
      commit: job.commit ?? null,
      task: (job.task ?? null) as JsonObject | null,
      required: job.required as unknown as JsonObject,
      priority: job.priority,
      timeout_s: job.timeout_s,
      network: job.network === true,
    },
    plan: planOf(job, what, request.controller),
    touches: { refs: [] },
    beside: true,
    irreversible: ['handed a job to a mesh'],
    async run(writer) {
      const mesh = await openMesh(writer, { controller: request.controller });
      try {
        const submitted = await mesh.submit(job, request.key ?? writer.operation);
        const told = {
          ...submitted,
          mesh: mesh.mesh,
          controller: mesh.address,
          repo: job.repo,
          commit: job.commit ?? null,
        };
        if (!request.follow) return { ...told, end: null };
        writer.notice(`job ${submitted.job_id} on ${mesh.mesh}; Ctrl-C leaves it running`);
        return { ...told, end: await followJob(writer, mesh, { job: submitted.job_id, logs: true }) };
      } finally {
        await mesh.close();
      }
    },
    record: ({ job_id, duplicate, mesh, controller, ledger, end }) => ({
      ...{ job_id, duplicate, mesh, controller, ledger: ledger === undefined ? null : { ...ledger } },
      ...(end === null ? {} : { standard: end.standard }),
    }),
    failed: ({ job_id, end }) =>
      end === null || end.standard === 'CompletedSuccessfully'
        ? undefined
        : `job ${job_id} ended as ${end.standard}${end.reason === undefined ? '' : `: ${end.reason}`}`,
  };
}

async function jobHere(reader: Reader, request: SubmitRequest): Promise<JobSpecification> {
  const { command, workflow } = request;
  if ((command.length === 0) === (workflow === undefined))
    throw new BitError('usage', 'a job is a command after -- or --workflow NAME', {
      hint: 'such as: bit job submit --require test -- npm test',
    });
  const { repo, commit } = await repositoryOf(reader, request);
  return specificationOf({
    repo,
    ...(commit === undefined ? {} : { commit }),
    task:
      workflow === undefined
        ? { kind: 'command', argv: command }
        : {
            kind: 'workflow',
            workflow,
            ...(request.inputs.length === 0 ? {} : { inputs: pairs(request.inputs) }),
          },
    ...(request.env.length === 0 ? {} : { env: pairs(request.env) }),
    required: {
      // the usual policies let pass what says what it is
      capabilities: request.require.length === 0 ? ['build'] : request.require,
      ...(request.policies.length === 0 ? {} : { policies: request.policies }),
      ...(request.persona === undefined ? {} : { persona: request.persona }),
      ...(request.compliance === undefined ? {} : { compliance: request.compliance }),
    },
    ...(request.take.length === 0 ? {} : { artifacts_in: request.take }),
    ...(request.keep.length === 0 ? {} : { artifacts_out: request.keep }),
    priority: request.priority,
    timeout_s: request.timeout,
    ...(request.attempts === undefined ? {} : { attempts: request.attempts }),
    ...(request.profile === undefined ? {} : { profile: request.profile }),
    ...(request.network ? { network: true } : {}),
  });
}

async function jobOfFile(reader: Reader, file: string): Promise<JobSpecification> {
  const text = file === '-' ? (await reader.input(1024 * 1024)).toString('utf8') : readFileSync(file, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BitError('usage', `${printable(file)} is no JSON`, { cause: error });
  }
  if (!isJsonObject(value)) throw new BitError('usage', `${printable(file)} is no JSON object`);
  return specificationOf(value);
}

/** The repository here, at the commit that is checked out. */
async function repositoryOf(
  reader: Reader,
  { repo, commit }: SubmitRequest,
): Promise<{ repo: string; commit: string | undefined }> {
  if (repo !== undefined) return { repo: jobRepository(repo, undefined, reader.cwd), commit };
  if (reader.repository === undefined)
    throw new BitError('usage', 'which repository the job is of is not known here', {
      hint: 'name it with --repo, or run this in a clone of it',
    });
  const head = await reader.git.head();
  const branch = head.kind === 'detached' ? undefined : head.ref.replace(/^refs\/heads\//, '');
  const remote = await reader.git.config('remote.origin.url');
  const here = reader.repository.root ?? reader.repository.gitDir;
  return {
    repo: jobRepository(remote ?? here, branch, here),
    commit: commit ?? (head.kind === 'unborn' ? undefined : head.oid),
  };
}

function pairs(words: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw new BitError('usage', `${printable(word)} is not NAME=VALUE`);
    out[word.slice(0, at)] = word.slice(at + 1);
  }
  return out;
}

function planOf(job: JobSpecification, what: string, controller: string | undefined): string[] {
  const { capabilities, persona } = job.required;
  const at = job.commit === undefined ? '' : ` at ${job.commit.slice(0, 12)}`;
  const needs = [...capabilities, ...(persona === undefined ? [] : [`a ${persona} runner`])];
  return [
    `hand a job to ${controller ?? 'the mesh'}: ${what}`,
    `of ${job.repo}${at}, priority ${job.priority}, ${job.timeout_s} s at most`,
    `needs ${needs.length === 0 ? 'any runner' : needs.join(', ')}; network ${job.network === true ? 'on' : 'off'}`,
  ];
}

export function renderSubmitted({ job_id, mesh, duplicate, end }: SubmittedJob, page: Paper): void {
  if (end !== null) {
    page.line(page.safe(`Job ${job_id} is ${stateWord(end.standard)}.`));
    return;
  }
  page.line(
    page.safe(
      duplicate ? `Mesh ${mesh} has that job already: ${job_id}` : `Job ${job_id} is with mesh ${mesh}.`,
    ),
  );
  page.line(page.style.dim(`follow it with: bit job watch ${job_id}`));
}
