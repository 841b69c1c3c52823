import { checkShortName, type Oid } from '../git/index.ts';
import { BitError } from '../kernel/errors.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { didYouMean, short } from './lookup.ts';
import { remoteOf } from './tag-new.ts';

export interface DeleteTagOptions {
  readonly names: readonly string[];
  /** From the remote too. */
  readonly push: boolean;
  readonly remote: string | undefined;
}

export interface DeleteTagResult {
  readonly deleted: readonly { readonly tag: string; readonly oid: Oid }[];
  /** Remote they were deleted from. */
  readonly pushed: string | null;
}

/** Deletes tags, all or none; from a remote first, so that a refusal there leaves everything as it was. */
export async function deleteTags(
  reader: Reader,
  options: DeleteTagOptions,
): Promise<Effect<DeleteTagResult>> {
  const { git } = reader;
  if (options.names.length === 0) throw new BitError('usage', 'name the tags to delete');
  const known = new Map((await git.refs(['refs/tags/'])).map((ref) => [ref.name, ref.oid]));
  const tags = [...new Set(options.names)].map((name) => {
    const ref = `refs/tags/${checkShortName('tag', name)}`;
    const oid = known.get(ref);
    if (oid !== undefined) return { tag: name, ref, oid };
    throw new BitError('not-found', `there is no tag '${printable(shorten(name))}'`, {
      ...didYouMean(
        name,
        [...known.keys()].map((full) => full.slice('refs/tags/'.length)),
      ),
      details: { tag: name },
    });
  });
  const remote = await remoteOf(reader, options);
  const shownRemote = remote === null ? null : maskSecrets(remote);
  const said = tags.map(({ tag }) => tag).join(', ');
  return {
    summary: `delete ${tags.length === 1 ? 'tag' : 'tags'} ${said}${remote === null ? '' : ` here and on ${shownRemote}`}`,
    target: { tags: tags.map(({ tag, oid }) => ({ tag, oid })), remote: shownRemote },
    plan: [
      ...(remote === null ? [] : tags.map(({ ref }) => `delete ${ref} on ${shownRemote}`)),
      ...tags.map(({ tag, oid }) => `delete tag ${tag}, which stands at ${short(oid)}`),
    ],
    touches: { refs: tags.map(({ ref }) => ref), rewrites: true },
    ...(remote === null
      ? {}
      : {
          irreversible: tags.map(({ ref }) => `delete ${ref} on ${shownRemote}`),
          confirm: `Delete ${said} on ${shownRemote} too?`,
        }),
    async run(writer) {
      if (remote !== null) {
        const refspecs = tags.map(({ ref }) => `:${ref}`);
        await writer.git.push(remote, refspecs, { atomic: tags.length > 1, signal: writer.signal });
      }
      await writer.git.updateRefs(
        tags.map(({ ref, oid }) => ({ name: ref, to: undefined, from: oid })),
        `bit ${writer.operation}: tag: deleted`,
      );
      return { deleted: tags.map(({ tag, oid }) => ({ tag, oid })), pushed: shownRemote };
    },
    record: ({ deleted, pushed }) => ({ deleted: deleted.slice(0, 50).map((item) => ({ ...item })), pushed }),
  };
}
