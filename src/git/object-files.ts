import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from './index.ts';
import { inflate, inflateStart } from './inflate.ts';
import { type GitObject, PackFiles } from './pack-files.ts';

const MAX_OBJECT = 1 << 20;
/** Bytes that hold an object's kind and the first line of its body. */
const HEAD = 96;
/** A tag of a tag of a tag. */
const MAX_PEEL = 8;

/**
 * Small objects (commits, tags, trees) straight from the files of a repository that keeps them as SHA-1 repositories
 * do. Undefined always means that git has to be asked, never that there is no such object.
 */
export class ObjectFiles {
  readonly #objects: string;
  readonly #packs: PackFiles;
  readonly #usable: boolean;

  constructor(commonDir: string) {
    this.#objects = join(commonDir, 'objects');
    this.#packs = new PackFiles(this.#objects);
    this.#usable = !existsSync(join(this.#objects, 'info', 'alternates'));
  }

  read(oid: Oid): GitObject | undefined {
    if (!this.#usable || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
    return unlessDamaged(() => this.#loose(oid) ?? this.#packs.read(oid));
  }

  /** Its kind and the first line of its body, which costs a third of reading it. */
  #start(oid: Oid): GitObject | undefined {
    if (!this.#usable || !/^[0-9a-f]{40}$/.test(oid)) return undefined;
    return unlessDamaged(() => this.#looseStart(oid) ?? this.#packs.read(oid));
  }

  /** What `oid` is, through tags, of the kind asked for. */
  peel(oid: Oid, kind: 'commit' | 'tree' | 'any'): Oid | undefined {
    let at = oid;
    for (let depth = 0; depth < MAX_PEEL; depth++) {
      const object = this.#start(at);
      if (object === undefined) return undefined;
      if (kind === 'any' || object.type === kind) return at;
      const next =
        object.type === 'tag'
          ? field(object, 'object')
          : kind === 'tree' && object.type === 'commit'
            ? field(object, 'tree')
            : undefined;
      if (next === undefined) return undefined;
      at = next;
    }
    return undefined;
  }

  /** What a tag finally points to, of whatever kind. */
  untag(oid: Oid): Oid | undefined {
    let at = oid;
    for (let depth = 0; depth < MAX_PEEL; depth++) {
      const object = this.#start(at);
      if (object === undefined) return undefined;
      if (object.type !== 'tag') return at;
      const next = field(object, 'object');
      if (next === undefined) return undefined;
      at = next;
    }
    return undefined;
  }

  #loose(oid: Oid): GitObject | undefined {
    const packed = this.#packed(oid);
    const bytes = packed && inflate(packed, MAX_OBJECT);
    const object = bytes && objectOf(bytes);
    return object?.length === object?.body.length ? object : undefined;
  }

  #looseStart(oid: Oid): GitObject | undefined {
    const packed = this.#packed(oid);
    return packed && objectOf(inflateStart(packed, HEAD));
  }

  #packed(oid: Oid): Buffer | undefined {
    const path = join(this.#objects, oid.slice(0, 2), oid.slice(2));
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    return size === undefined || size > MAX_OBJECT ? undefined : readFileSync(path);
  }
}

/** `length` as its head says. */
function objectOf(bytes: Buffer): (GitObject & { readonly length: number }) | undefined {
  const end = bytes.indexOf(0);
  const [, type, length] = /^(commit|tree|blob|tag) (\d+)$/.exec(bytes.toString('latin1', 0, end)) ?? [];
  return type === undefined ? undefined : { type, length: Number(length), body: bytes.subarray(end + 1) };
}

/** Whatever is wrong with a file, git says it better. */
function unlessDamaged<Out>(read: () => Out): Out | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The first line of an object's head: `tree <oid>` of a commit, `object <oid>` of a tag. */
function field(object: GitObject, name: string): Oid | undefined {
  const line = object.body.toString('latin1', 0, Math.max(0, object.body.indexOf(0x0a)));
  return line.startsWith(`${name} `) && /^[0-9a-f]{40}$/.test(line.slice(name.length + 1))
    ? line.slice(name.length + 1)
    : undefined;
}

export interface CommitHead {
  /** RFC 3339 with the committer's own offset. */
  readonly committed: string;
  /** First paragraph on one line. */
  readonly subject: string;
}

/** What a list shows of a commit; undefined where git has to be asked (another encoding, an odd date). */
export function commitHead(object: GitObject): CommitHead | undefined {
  if (object.type !== 'commit') return undefined;
  const text = object.body.toString('utf8');
  const end = text.indexOf('\n\n');
  const head = end < 0 ? text : text.slice(0, end);
  const message = end < 0 ? '' : text.slice(end).replace(/^\n+/, '');
  if (/^encoding /m.test(head) || /\r|\0|^-----BEGIN/m.test(message)) return undefined;
  const [, seconds, sign, hours, minutes] =
    /^committer .*> (\d{1,11}) ([+-])(\d\d)([0-5]\d)$/m.exec(head) ?? [];
  if (seconds === undefined || sign === undefined) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  const local = new Date((Number(seconds) + offset * 60) * 1000).toISOString().slice(0, 19);
  const paragraph = message.split('\n\n', 1)[0] ?? '';
  return {
    committed: `${local}${sign}${hours}:${minutes}`,
    subject: paragraph.replace(/\n+$/, '').replaceAll('\n', ' '),
  };
}
