import { join } from 'node:path';
import { makeDirectory } from '../kernel/files.ts';
import type { Reader, Writer } from '../operation/index.ts';
import { readSecret } from '../secrets/index.ts';
import { type RunEnd, sandboxFault, sealOf, startRun } from '../workflow/index.ts';
import { type DeployPlan, deployWorkflow } from './steps.ts';
import type { Target } from './target.ts';

/** What a deployment sees of the caller's environment beside what its target names: no secret is in these. */
const PASSED = new Set(
  'PATH HOME USER LOGNAME SHELL TMPDIR TZ LANG LANGUAGE TERM NO_COLOR CI NO_PROXY no_proxy SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS'.split(
    ' ',
  ),
);

/** Runs the plan as run `id`: its steps, logs and artifacts are where those of workflows are. */
export async function runPlan(
  writer: Writer,
  id: string,
  plan: Omit<DeployPlan, 'sandboxed'>,
): Promise<RunEnd & { readonly sandboxed: boolean }> {
  const fault = sandboxFault();
  const sandboxed = fault === undefined;
  if (!sandboxed) writer.notice(`note: ${plan.target.name} is deployed to without a sandbox: ${fault}`);
  const secrets = await secretsOf(writer, plan.target);
  for (const told of [plan.to, plan.back]) if (told !== undefined) makeDirectory(told.folder, 0o700);
  const workflow = deployWorkflow({ ...plan, sandboxed });
  const signer = await writer.keys.signer();
  const view = writer.showRun?.();
  try {
    const end = await startRun({
      stateDirectory: writer.stateDirectory,
      cacheDirectory: join(writer.cacheDirectory, 'workflow'),
      workspace: plan.root,
      id,
      load: async () => workflow,
      request: {
        ...{ source: 'deploy', workflow: plan.target.name, inputs: {}, env: {}, jobs: [], on: 'local' },
        event: { name: 'deploy', payload: {} },
        options: {},
      },
      env: { ...passed(writer), ...writer.inside },
      secrets: async () => (name) => secrets.get(name),
      seal: await sealOf(async (message) => signer.sign(message), id),
      signal: writer.signal,
      now: writer.now,
      watch: view?.watch ?? (() => undefined),
      bit: (words, log, signal) => writer.runBit(words, { onOutput: log, signal }),
      settings: { hidden: hiddenFrom(writer) },
    });
    return { ...end, sandboxed };
  } finally {
    await view?.end();
  }
}

/** @throws BitError `not-found` for one that is not there, before anything starts */
async function secretsOf(reader: Reader, { secrets }: Target): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const name of secrets) values.set(name, await readSecret(reader, name));
  return values;
}

function passed({ env }: Reader): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (PASSED.has(name) || name.startsWith('LC_')) ? [[name, value]] : [],
    ),
  );
}

/** Keys and tokens, and where other programs keep theirs. */
function hiddenFrom(reader: Reader): readonly string[] {
  const home = reader.env['HOME'];
  const others = ['.ssh', '.gnupg', '.aws', '.config/gh'];
  return [
    ...[reader.userDirectory, reader.configDirectory, reader.stateDirectory],
    ...(home === undefined ? [] : others.map((name) => join(home, name))),
  ];
}
