import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { runTree } from '../../kernel/process-tree.ts';
import { printable, shorten } from '../../kernel/text.ts';
import type { OutcomeEvent } from '../../operation/index.ts';
import type { Link } from '../channel/index.ts';
import type { JobOffer, PayloadOf } from '../protocol/types.ts';
import type { Capabilities } from './capabilities.ts';

export interface Celebration {
  readonly runnerId: string;
  readonly capabilities: Capabilities;
  readonly link: () => Link;
  /** Root of the repository the runner serves: its hooks, in its own work tree, are its owner's. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds a hook may take. */
  readonly hookTimeout: number;
  readonly notice: (line: string) => void;
  /** Listeners that the user switched on. */
  readonly tell: (event: OutcomeEvent) => Promise<void>;
  readonly now: () => Date;
}

const MODULES = ['creative.enjoyments.exe', 'magic.lol', 'fan.asia.create'] as const;
const MOST_LINES = 50;

/**
 * After a result that counts: the mesh hears of the modules this runner has, listeners on this machine hear of the job,
 * and the repository's hook runs, `.bit/hooks/success.sh JOB_ID MOOD` or `failure.sh JOB_ID STATUS`. Nothing of it
 * changes the result.
 */
export async function celebrate(
  celebration: Celebration,
  job: JobOffer,
  result: PayloadOf<'JOB_RESULT'>,
): Promise<void> {
  const { runnerId, capabilities, link, tell, now } = celebration;
  const ok = result.status === 'CompletedSuccessfully';
  const mood = moodOf(result);
  if (ok) {
    const modules = (capabilities['entertainment'] ?? []).filter((name) =>
      (MODULES as readonly string[]).includes(name),
    );
    for (const event of modules) {
      link().send('EVENT_EMIT', {
        source: runnerId,
        event,
        tags: tagsOf(result),
        context: { job_id: job.job_id, mood },
      });
    }
  }
  await tell({
    event: 'JOB_RESULT',
    op: job.job_id,
    ok,
    summary: `${ok ? 'did' : 'could not do'} job ${job.job_id} of ${printable(shorten(job.repo, 120))}`,
    ts: now().toISOString(),
    as: null,
  });
  await runHook(celebration, ok ? 'success.sh' : 'failure.sh', [job.job_id, ok ? mood : result.status]);
}

/** From how it went: quick ones are radiant, those that needed another try triumphant, long ones serene. */
function moodOf({ metrics, duration_s: seconds = 0 }: PayloadOf<'JOB_RESULT'>): string {
  if ((metrics['attempt'] ?? 1) > 1) return 'triumphant';
  return seconds < 600 ? 'radiant' : 'serene';
}

function tagsOf({ metrics, duration_s: seconds = 0, artifacts }: PayloadOf<'JOB_RESULT'>): string[] {
  return [
    'success',
    'celebration',
    'ascii-dragon',
    seconds < 60 ? 'swift' : seconds < 600 ? 'steady' : 'enduring',
    ...((metrics['attempt'] ?? 1) > 1 ? ['second-wind'] : ['first-try']),
    ...(artifacts.length > 0 ? ['treasure'] : []),
  ];
}

async function runHook(
  { root, env, hookTimeout, notice }: Celebration,
  name: string,
  words: readonly string[],
): Promise<void> {
  const path = join(root, '.bit', 'hooks', name);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isFile() || (stat.mode & 0o111) === 0) {
    notice(`.bit/hooks/${name} is not run: it is no file that may be run (chmod +x)`);
    return;
  }
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'USER'];
  let lines = 0;
  let rest = '';
  const { exitCode, ended, cause } = await runTree({
    program: path,
    args: words,
    cwd: root,
    env: Object.fromEntries(
      kept.flatMap((key): [string, string][] => {
        const value = env[key];
        return value === undefined ? [] : [[key, value]];
      }),
    ),
    timeout: hookTimeout,
    onOutput(chunk) {
      const all = (rest + chunk.toString('utf8')).split('\n');
      rest = (all.pop() ?? '').slice(-1000);
      for (const line of all) if (++lines <= MOST_LINES) notice(printable(shorten(line, 300)));
      return undefined;
    },
  });
  if (rest !== '' && lines < MOST_LINES) notice(printable(shorten(rest, 300)));
  if (ended === 'timeout')
    notice(`.bit/hooks/${name} took longer than ${hookTimeout / 1000} s, and was ended`);
  else if (ended === 'unstartable')
    notice(`.bit/hooks/${name} could not be started: ${cause?.message ?? ''}`);
  else if (exitCode !== 0) notice(`.bit/hooks/${name} ended with exit code ${exitCode}`);
}
