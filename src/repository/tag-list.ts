import { posix } from 'node:path';
import type { GitReader, Oid, Ref } from '../git/index.ts';
import type { Reader } from '../operation/index.ts';

export interface TagInfo {
  readonly tag: string;
  /** Of the tag object, or of the commit where there is none. */
  readonly oid: Oid;
  /** What it stands for in the end. */
  readonly target: Oid;
  readonly annotated: boolean;
  readonly signed: boolean;
  readonly subject: string;
  /** RFC 3339; empty where the object has no date. */
  readonly date: string;
}

export interface TagListing {
  /** What was asked for; empty for all. */
  readonly patterns: readonly string[];
  readonly tags: readonly TagInfo[];
}

const FORMAT = [
  '%(refname:strip=2)',
  '%(objectname)',
  '%(*objectname)',
  '%(objecttype)',
  '%(contents:signature)',
  '%(contents:subject)',
  '%(creatordate:iso-strict)',
].join('%00');

/** Tags, newest first; with patterns only those that match one (`v1.*`). */
export async function listTags(
  reader: Reader,
  options: { readonly patterns: readonly string[] },
): Promise<TagListing> {
  if (reader.git.adapter === 'isomorphic') {
    return { patterns: options.patterns, tags: await readTags(reader.git, options.patterns) };
  }
  const patterns = options.patterns.map((pattern) => `refs/tags/${pattern}`);
  const { stdout } = await reader.git.read([
    ...['for-each-ref', '--sort=-version:refname', '--sort=-creatordate', `--format=${FORMAT}%00`, '--'],
    ...(patterns.length === 0 ? ['refs/tags/'] : patterns),
  ]);
  const fields = stdout.split('\0');
  const tags: TagInfo[] = [];
  for (let i = 0; i + 7 <= fields.length - 1; i += 7) {
    const [tag = '', oid = '', peeled = '', type, signature, subject = '', date = ''] = fields.slice(
      i,
      i + 7,
    );
    tags.push({
      tag: tag.replace(/^\n/, ''),
      oid,
      target: peeled === '' ? oid : peeled,
      annotated: type === 'tag',
      signed: type === 'tag' && signature !== '',
      subject,
      date,
    });
  }
  return { patterns: options.patterns, tags };
}

/** The same from the refs, where there is no git to ask. */
async function readTags(git: GitReader, patterns: readonly string[]): Promise<TagInfo[]> {
  const refs = (await git.refs(['refs/tags/'])).map((ref) => ({
    ref,
    tag: ref.name.slice('refs/tags/'.length),
  }));
  const wanted = refs.filter(
    ({ tag }) => patterns.length === 0 || patterns.some((pattern) => matches(tag, pattern)),
  );
  const tags = await Promise.all(wanted.map(({ ref, tag }) => readTag(git, ref, tag)));
  const byName = new Intl.Collator('en', { numeric: true });
  return tags.sort(
    (a, b) =>
      Date.parse(b.date || '1970-01-01') - Date.parse(a.date || '1970-01-01') || byName.compare(b.tag, a.tag),
  );
}

/** A whole name, a folder of names, or a glob, as `git for-each-ref` takes them. */
function matches(tag: string, pattern: string): boolean {
  return (
    tag === pattern || tag.startsWith(`${pattern.replace(/\/+$/, '')}/`) || posix.matchesGlob(tag, pattern)
  );
}

async function readTag(git: GitReader, { oid, peeled }: Ref, tag: string): Promise<TagInfo> {
  const own = { tag, oid, target: peeled ?? oid, annotated: peeled !== undefined };
  if (peeled !== undefined) {
    const { subject, date, signed } = await git.tagObject(oid);
    return { ...own, subject, date, signed };
  }
  // a tag may stand for a tree or a file, which say nothing of themselves
  const commit = await git.commit(oid).catch(() => undefined);
  return { ...own, subject: commit?.subject ?? '', date: commit?.committer.date ?? '', signed: false };
}
