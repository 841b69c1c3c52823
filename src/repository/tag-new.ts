import { checkShortName, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { branchOf, requireCommit, short } from './lookup.ts';
import { defaultRemote, readRemoteSettings, requireRemote } from './upstream.ts';

export interface NewTagOptions {
  readonly name: string;
  /** Default HEAD. */
  readonly revision: string | undefined;
  /** Paragraphs; the tag's name where there is none. */
  readonly messages: readonly string[];
  readonly sign: boolean;
  readonly push: boolean;
  /** Remote to push to; default where the branch goes. */
  readonly remote: string | undefined;
  /** Move a tag that exists. */
  readonly force: boolean;
}

export interface NewTagResult {
  readonly tag: string;
  readonly oid: Oid;
  readonly target: Oid;
  readonly signed: boolean;
  /** Remote it went to. */
  readonly pushed: string | null;
  readonly replaced: Oid | null;
}

/** Makes an annotated tag. @throws BitError `conflict` where it exists and `force` is not said */
export async function newTag(reader: Reader, options: NewTagOptions): Promise<Effect<NewTagResult>> {
  const { git } = reader;
  const { name } = options;
  const ref = `refs/tags/${checkShortName('tag', name)}`;
  const message = options.messages.length === 0 ? name : options.messages.join('\n\n');
  if (message.trim() === '' || message.includes('\0'))
    throw new BitError('usage', 'the message is empty or holds a NUL byte');
  const [target, refs, remote] = await Promise.all([
    requireCommit(git, options.revision ?? 'HEAD'),
    git.refs([ref], { peel: false }),
    remoteOf(reader, options),
  ]);
  const old = refs.find((item) => item.name === ref)?.oid ?? null;
  if (old !== null && !options.force) {
    throw new BitError('conflict', `tag ${printable(name)} exists already, at ${short(old)}`, {
      hint: 'take another name, or move it with --force',
      details: { tag: name, oid: old },
    });
  }
  const shownRemote = remote === null ? null : maskSecrets(remote);
  return {
    summary: `tag ${short(target)} as ${name}${remote === null ? '' : ` and push it to ${shownRemote}`}`,
    target: {
      tag: name,
      oid: target,
      sign: options.sign,
      message: shorten(message, 4000),
      remote: shownRemote,
      replaces: old,
      force: options.force,
    },
    plan: [
      `${old === null ? 'make' : `move from ${short(old)}`} ${options.sign ? 'signed ' : ''}tag ${name} at ${short(target)}`,
      ...(remote === null ? [] : [`push ${ref} to ${shownRemote}`]),
    ],
    touches: { refs: [ref], ...(old === null ? {} : { rewrites: true }) },
    ...(remote === null ? {} : { irreversible: [`push ${ref} to ${shownRemote}`] }),
    ...(old === null ? {} : { confirm: `Move tag ${name} from ${short(old)} to ${short(target)}?` }),
    async run(writer) {
      const { sign } = options;
      await writer.git.createTag(name, target, { message, ...(sign ? { sign } : {}), force: old !== null });
      const oid = (await writer.git.resolve(ref, 'any')) ?? target;
      const takeBack = (): Promise<void> =>
        writer.git.updateRefs(
          [{ name: ref, to: old ?? undefined, from: oid }],
          `bit ${writer.operation}: take back`,
        );
      const signed = (sign || (await signsUnasked(writer))) && (await isSigned(writer, ref));
      if (sign && !signed) {
        // git before 2.42 makes the tag all the same where an SSH key can't be read
        await takeBack();
        throw new BitError('failed', `tag ${printable(name)} could not be signed`, {
          hint: 'check gpg.format and user.signingKey',
        });
      }
      if (remote !== null) {
        const progress = writer.progress(`push to ${shownRemote}`);
        try {
          await writer.git.push(remote, [`${ref}:${ref}`], {
            ...(old === null ? {} : { force: 'force' }),
            signal: writer.signal,
            onProgress: ({ stage, done, total }) => progress.update(stage, done, total),
          });
        } catch (error) {
          await takeBack();
          throw error;
        } finally {
          progress.end();
        }
      }
      return { tag: name, oid, target, signed, pushed: shownRemote, replaced: old };
    },
    record: ({ tag, oid, pushed }) => ({ tag, oid, pushed }),
  };
}

/** Whether git is set to sign tags by itself. */
async function signsUnasked(reader: Reader): Promise<boolean> {
  const settings = ['tag.gpgSign', 'tag.forceSignAnnotated'].map((key) => reader.git.config(key));
  return (await Promise.all(settings)).some((value) => value !== undefined);
}

async function isSigned(reader: Reader, ref: string): Promise<boolean> {
  const { stdout } = await reader.git.read(['for-each-ref', '--format=%(contents:signature)', '--', ref]);
  return stdout.trim() !== '';
}

/** Remote a tag is pushed to or deleted from; null where it isn't. */
export async function remoteOf(
  reader: Reader,
  options: { readonly push: boolean; readonly remote: string | undefined },
): Promise<string | null> {
  if (!options.push) {
    if (options.remote !== undefined) throw new BitError('usage', '--remote goes with --push');
    return null;
  }
  const settings = await readRemoteSettings(reader.git);
  if (options.remote !== undefined) return requireRemote(settings, options.remote, reader.cwd);
  return defaultRemote(settings, branchOf(await reader.git.head()) ?? undefined, 'push');
}
