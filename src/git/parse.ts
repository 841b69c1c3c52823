import type { BranchInfo, Commit, FileState, Head, PushedRef, Ref, StatusEntry } from './index.ts';

/** `%(refname)` and so on, each field ended by NUL, each ref by a line feed. */
export const REF_FORMAT = ['%(refname)', '%(objectname)', '%(symref)', '%(*objectname)'].join('%00');
export const REF_FORMAT_UNPEELED = ['%(refname)', '%(objectname)', '%(symref)', ''].join('%00');

/** Neither names nor subjects hold a line feed or a NUL. */
function records(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\0'));
}

export function parseRefs(text: string): Ref[] {
  return records(text).map(([name = '', oid = '', symref = '', peeled = '']) => ({
    name,
    oid,
    ...(peeled === '' ? {} : { peeled }),
    ...(symref === '' ? {} : { symref }),
  }));
}

export const BRANCH_FORMAT = [
  ...['%(refname)', '%(objectname)', '%(symref)', '%(HEAD)', '%(upstream)', '%(upstream:short)'],
  ...['%(upstream:track,nobracket)', '%(committerdate:iso-strict)', '%(contents:subject)'],
].join('%00');

export function parseBranches(text: string): BranchInfo[] {
  return records(text).map((fields) => {
    const [name = '', oid = '', symref = '', head = '', upstream = '', upstreamShort = '', track = ''] =
      fields;
    const gone = track === 'gone';
    const tracked = upstream !== '' && !gone;
    return {
      name,
      oid,
      ...(symref === '' ? {} : { symref }),
      short: name.replace(/^refs\/(heads|remotes)\//, ''),
      current: head === '*',
      upstream: upstream === '' ? undefined : upstreamShort,
      ahead: tracked ? Number(/ahead (\d+)/.exec(track)?.[1] ?? 0) : undefined,
      behind: tracked ? Number(/behind (\d+)/.exec(track)?.[1] ?? 0) : undefined,
      gone,
      subject: fields[8] ?? '',
      committed: (fields[7] ?? '').replace(/Z$/, '+00:00'), // as git before 2.45 writes UTC
    };
  });
}

const LOG_FIELDS = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%s', '%b'];
export const LOG_FORMAT = LOG_FIELDS.join('%x00');

/** Output of `git log -z --format=tformat:`: a fixed number of NUL-ended fields a commit. */
export function parseLog(text: string): Commit[] {
  const fields = text.split('\0');
  const commits: Commit[] = [];
  for (let i = 0; i + LOG_FIELDS.length <= fields.length; i += LOG_FIELDS.length) {
    const field = (offset: number) => fields[i + offset] ?? '';
    commits.push({
      oid: field(0),
      tree: field(1),
      parents: field(2) === '' ? [] : field(2).split(' '),
      author: { name: field(3), email: field(4), date: field(5) },
      committer: { name: field(6), email: field(7), date: field(8) },
      subject: field(9),
      body: field(10).replace(/\n+$/, ''),
    });
  }
  return commits;
}

const STATES: Readonly<Record<string, FileState>> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  R: 'renamed',
  C: 'copied',
  T: 'typechange',
};

export interface ParsedStatus {
  oid: string | undefined;
  /** Short branch name, or `(detached)`. */
  branch: string;
  upstream: string | undefined;
  ahead: number | undefined;
  behind: number | undefined;
  stashes: number;
  changed: StatusEntry[];
  untracked: string[];
  conflicted: string[];
}

/** `git status --porcelain=v2 --branch --show-stash -z`. */
export function parseStatus(text: string): ParsedStatus {
  const status: ParsedStatus = {
    oid: undefined,
    branch: '',
    upstream: undefined,
    ahead: undefined,
    behind: undefined,
    stashes: 0,
    changed: [],
    untracked: [],
    conflicted: [],
  };
  const items = text.split('\0');
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? '';
    const kind = item.charAt(0);
    if (kind === '#') parseHeader(item.slice(2), status);
    else if (kind === '?') status.untracked.push(item.slice(2));
    else if (kind === 'u') status.conflicted.push(afterFields(item, 10));
    else if (kind === '1') status.changed.push(entry(item, afterFields(item, 8)));
    else if (kind === '2')
      status.changed.push({ ...entry(item, afterFields(item, 9)), from: items[++i] ?? '' });
  }
  return status;
}

function parseHeader(header: string, status: ParsedStatus): void {
  const space = header.indexOf(' ');
  const value = header.slice(space + 1);
  switch (header.slice(0, space)) {
    case 'branch.oid':
      status.oid = value === '(initial)' ? undefined : value;
      return;
    case 'branch.head':
      status.branch = value;
      return;
    case 'branch.upstream':
      status.upstream = value;
      return;
    case 'branch.ab': {
      const counts = /^\+(\d+) -(\d+)$/.exec(value);
      status.ahead = Number(counts?.[1]);
      status.behind = Number(counts?.[2]);
      return;
    }
    case 'stash':
      status.stashes = Number(value);
  }
}

/** The path: what follows `count` fields separated by single spaces; it may hold spaces itself. */
function afterFields(item: string, count: number): string {
  let at = 0;
  for (let i = 0; i < count; i++) at = item.indexOf(' ', at) + 1;
  return item.slice(at);
}

function entry(item: string, path: string): StatusEntry {
  const staged = STATES[item.charAt(2)];
  const unstaged = STATES[item.charAt(3)];
  return {
    path,
    ...(staged === undefined ? {} : { staged }),
    ...(unstaged === undefined ? {} : { unstaged }),
  };
}

export function headOf(status: ParsedStatus, detached: boolean): Head {
  const ref = `refs/heads/${status.branch}`;
  if (status.oid === undefined) return { kind: 'unborn', ref };
  return detached ? { kind: 'detached', oid: status.oid } : { kind: 'branch', ref, oid: status.oid };
}

const PUSHED: Readonly<Record<string, PushedRef['state']>> = {
  '*': 'new',
  ' ': 'updated',
  '+': 'forced',
  '-': 'deleted',
  '=': 'up-to-date',
};

/** `git push --porcelain`: `<flag> TAB <from>:<to> TAB <summary>`, a line a ref. */
export function parsePushed(text: string): PushedRef[] {
  return text.split('\n').flatMap((line) => {
    const [flag = '', names = '', summary] = line.split('\t');
    const state = Object.hasOwn(PUSHED, flag) ? PUSHED[flag] : undefined;
    const ref = names.slice(names.indexOf(':') + 1);
    return state === undefined || summary === undefined || ref === '' ? [] : [{ ref, state }];
  });
}

/** `git config --null --list`; a key without a value is true. */
export function parseSettings(text: string): [string, string][] {
  return text
    .split('\0')
    .filter((item) => item !== '')
    .map((item) => {
      const at = item.indexOf('\n');
      return at < 0 ? [item, 'true'] : [item.slice(0, at), item.slice(at + 1)];
    });
}
