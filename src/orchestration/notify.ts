import { setTimeout as sleep } from 'node:timers/promises';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { Channel } from '../specification/index.ts';
import type { Step, StepTools } from '../workflow/index.ts';
import { auditOf, type MasterAudit } from './master-audit.ts';
import type { CompiledStep, CompileOptions } from './options.ts';
import { secretAt, secretNames, send, tokenAt } from './send.ts';

const RANK = { info: 0, warn: 1, error: 2 } as const;
type Level = keyof typeof RANK;

/** A step for each channel, tried again with backoff; a channel that can't be reached fails no run. */
export function notifySteps(
  options: CompileOptions,
  steps: readonly CompiledStep[],
): { readonly steps: readonly Step[]; readonly secrets: readonly string[] } {
  const channels = options.specification.notifications?.channels ?? [];
  return {
    secrets: secretNames([...channels.map(({ urlRef }) => urlRef), ...options.tokenSources]),
    steps: channels.map(
      (channel, index): Step => ({
        id: `notify-${index + 1}`,
        title: `tell ${channel.name ?? channel.type}`,
        decide(state) {
          const level = levelOf(auditOf(state, options, steps));
          const wanted = channel.level ?? 'info';
          if (RANK[level] >= RANK[wanted]) return { run: true };
          return { run: false, why: `it is told of ${wanted} and worse, and this is ${level}` };
        },
        prepare: () => ({
          kind: 'native',
          run: (tools) => again(tools, () => tell(tools, channel, options, steps)),
        }),
        continueOnError: () => true,
      }),
    ),
  };
}

const TRIES = 4;
const FIRST_WAIT = 1000;

/** Once more, after twice as long each time, where the other side failed; what is missing here stays missing. */
async function again(tools: StepTools, work: () => Promise<void>): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      return await work();
    } catch (error) {
      if (!isBitError(error, 'remote') || turn === TRIES || tools.signal.aborted) throw error;
      const wait = FIRST_WAIT * 2 ** (turn - 1);
      tools.log(`try ${turn} of ${TRIES}: ${error.message}; again in ${wait / 1000} s`);
      await sleep(wait, undefined, { signal: tools.signal });
    }
  }
}

/** `error`: it failed; `warn`: something did, and it went on; `info`: all is well. */
function levelOf({ meta }: MasterAudit): Level {
  if (meta.conclusion !== 'success') return 'error';
  return meta.steps.some(({ conclusion }) => conclusion === 'failure') ? 'warn' : 'info';
}

async function tell(
  tools: StepTools,
  channel: Channel,
  options: CompileOptions,
  steps: readonly CompiledStep[],
): Promise<void> {
  const audit = auditOf(tools.state, options, steps);
  const written = tools.state.steps.get('write')?.outputs ?? {};
  if (channel.type === 'webhook') return webhook(tools, channel, audit, written);
  return githubCheck(tools, options, audit, written);
}

async function webhook(
  tools: StepTools,
  { urlRef = '' }: Channel,
  audit: MasterAudit,
  written: Readonly<Record<string, string>>,
): Promise<void> {
  const address = secretAt(urlRef, tools);
  if (address === undefined)
    throw new BitError('auth', `${urlRef} is empty`, {
      hint: urlRef.startsWith('secret:')
        ? `set it with: bit secret set ${urlRef.slice(7)}`
        : 'set it in the environment',
    });
  const { meta, workflows, images } = audit;
  const { host } = URL.canParse(address) ? new URL(address) : { host: 'the address' };
  await send(address, {
    method: 'POST',
    type: 'application/json',
    signal: tools.signal,
    headers: {},
    body: JSON.stringify({
      text: `${meta.flow}: ${meta.conclusion} (${meta.event}${meta.branch === '' ? '' : ` to ${meta.branch}`})`,
      level: levelOf(audit),
      conclusion: meta.conclusion,
      flow: meta.flow,
      run: meta.run,
      repo: meta.repo,
      sha: meta.sha,
      workflows,
      images,
      audit: { path: written['audit'] ?? null, sha256: written['audit_sha256'] ?? null },
    }),
  });
  tools.log(`told ${host}`);
}

const CONCLUSIONS = {
  success: 'success',
  failure: 'failure',
  cancelled: 'cancelled',
  skipped: 'skipped',
} as const;

/** A check run on the commit, by GitHub's REST interface (GitHub Enterprise by GITHUB_API_URL). */
async function githubCheck(
  tools: StepTools,
  { tokenSources, repository }: CompileOptions,
  { meta }: MasterAudit,
  written: Readonly<Record<string, string>>,
): Promise<void> {
  if (repository === null)
    throw new BitError('failed', 'this clone has no remote on GitHub, so there is no commit to check');
  if (meta.sha === '') throw new BitError('failed', 'there is no commit to check');
  const token = tokenAt(tokenSources, tools);
  if (token === undefined) throw new BitError('auth', `no token: tried ${tokenSources.join(', ')}`);
  const api = tools.inherited['GITHUB_API_URL'] ?? 'https://api.github.com';
  const summary = [
    ...meta.steps.map(({ kind, name, conclusion }) => `- ${kind} ${name}: ${conclusion}`),
    ...meta.tried,
    `audit ${written['audit'] ?? ''} sha256 ${written['audit_sha256'] ?? ''}`,
  ].join('\n');
  await send(`${api.replace(/\/+$/, '')}/repos/${repository}/check-runs`, {
    method: 'POST',
    type: 'application/json',
    signal: tools.signal,
    headers: {
      authorization: `Bearer ${token.value}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    },
    body: JSON.stringify({
      name: `bit flow ${meta.flow}`,
      head_sha: meta.sha,
      status: 'completed',
      conclusion: CONCLUSIONS[meta.conclusion],
      external_id: meta.run,
      output: { title: `${meta.flow}: ${meta.conclusion}`, summary: summary.slice(0, 60_000) },
    }),
  });
  tools.log(`a check of ${meta.sha.slice(0, 10)} on ${repository}`);
}
