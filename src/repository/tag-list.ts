import type { Oid } from '../git/index.ts';
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
