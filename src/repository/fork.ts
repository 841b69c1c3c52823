import { basename } from 'node:path';
import { checkRemote } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { type CloneResult, planClone, runClone } from './clone.ts';
import { namesGithub } from './clone-place.ts';

export interface ForkRequest {
  /** URL or path of the original. */
  readonly repo: string;
  readonly directory?: string | undefined;
  /** Where the fork is pushed to: becomes `origin`. */
  readonly remote?: string | undefined;
}

export interface ForkResult extends CloneResult {
  readonly upstream: string;
  readonly origin: string | null;
}

/** A clone that knows the original as `upstream`, and as `origin` where its own commits go. */
export async function forkRepository(reader: Reader, request: ForkRequest): Promise<Effect<ForkResult>> {
  if (namesGithub(request.repo, reader.cwd)) {
    throw new BitError(
      'unsupported',
      `${printable(request.repo)} is named as on GitHub, and bit makes no forks there`,
      {
        hint: `fork it on its page, then: bit fork https://github.com/${printable(request.repo)} --remote <url of your fork>`,
      },
    );
  }
  const planned = planClone(reader, request);
  const origin = request.remote === undefined ? undefined : checkRemote(request.remote);
  if (origin !== undefined && origin === planned.url) {
    throw new BitError('usage', 'the fork can not be pushed to the original itself', {
      hint: 'give --remote the URL of your own copy',
    });
  }
  const upstream = maskSecrets(planned.url);
  return {
    summary: `fork ${upstream} into ${basename(planned.target)}`,
    target: {
      url: upstream,
      directory: planned.target,
      origin: origin === undefined ? null : maskSecrets(origin),
    },
    plan: [
      ...planned.plan,
      'name the original upstream',
      ...(origin === undefined ? [] : [`add origin ${maskSecrets(origin)}, which pushes go to`]),
    ],
    touches: { refs: [] },
    irreversible: [`made ${planned.target}`],
    async run(writer) {
      const cloned = await runClone(writer, planned, {
        title: 'name the original upstream',
        async run(git) {
          await git.run(['remote', 'rename', '--', 'origin', 'upstream']);
          if (origin === undefined) return;
          await git.run(['remote', 'add', '--', 'origin', origin]);
          await git.run(['config', 'remote.pushDefault', 'origin']);
        },
      });
      return { ...cloned, upstream, origin: origin === undefined ? null : maskSecrets(origin) };
    },
    record: (out) => ({
      directory: out.directory,
      upstream: out.upstream,
      origin: out.origin,
      head: out.head,
    }),
  };
}
