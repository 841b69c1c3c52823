import { join } from 'node:path';
import { sha256 } from '../../../kernel/digest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../kernel/json.ts';
import { shorten } from '../../../kernel/text.ts';
import { type LedgerReader, openMarkers } from '../../../ledger/index.ts';
import { movesOf, type RefMove, readOperation, readSeenRefs } from '../../../operation/index.ts';
import type { Happening } from '../match.ts';
import { type Looking, NOTHING, type Source, wanted } from './source.ts';

const CURSOR = 'git';
/** New commits of one move that are told of one by one. */
const MOST_COMMITS = 1000;
const MOST_FILES = 2000;
const FOLLOWED: readonly string[] = ['refs/heads/', 'refs/tags/', 'refs/remotes/'];
/** Outcomes that are looked through for who moved a ref. */
const MOST_OUTCOMES = 300;

/**
 * Refs that moved, whoever moved them: each a `ref`, a branch's new commits a `commit` each, a tag that was made a `tag`
 * too. Begins with how the refs stood when the first of the bots was deployed, as the ledger has it.
 */
export const gitSource: Source = async (looking) => {
  const { cursor } = looking;
  if (!wanted(looking, 'git'))
    return cursor(CURSOR) === undefined ? NOTHING : { happenings: [], cursors: { [CURSOR]: null } };
  // who moved a ref is known once its operation ended
  if (isMoving(looking)) return NOTHING;
  const now = await refsNow(looking);
  const known = cursor(CURSOR);
  const remembered = isJsonObject(known) && isJsonObject(known['refs']) ? known['refs'] : undefined;
  const before = remembered ?? refsBefore(looking) ?? now;
  const moves: RefMove[] = [];
  for (const ref of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [from, to] = [before[ref], now[ref]].map((oid) => (typeof oid === 'string' ? oid : null));
    if (from !== to) moves.push({ ref, from: from ?? null, to: to ?? null });
  }
  if (moves.length === 0 && remembered !== undefined) return NOTHING;
  // of a counter: a ref that goes back and forth moved each time
  const n = (isJsonObject(known) ? Number(known['n'] ?? 0) : 0) + 1;
  const happenings: Happening[] = [];
  // what came to a branch and to one that was made from it meanwhile is the older one's
  moves.sort((a, b) => Number(a.from === null) - Number(b.from === null));
  const held = Object.values(before).filter((oid) => typeof oid === 'string');
  for (const move of moves) {
    happenings.push(...(await happeningsOf(looking, n, move, held)));
    if (move.to !== null) held.push(move.to);
  }
  return { happenings, cursors: { [CURSOR]: { n, refs: now } } };
};

/** As they stood when the first bot was deployed: as the last operation saw them, less what the ledger says moved since. */
function refsBefore({ reader: { ledger }, bots, since }: Looking): JsonObject | undefined {
  const seen = readSeenRefs(ledger);
  if (seen === undefined) return undefined;
  const refs = new Map([...seen].filter(([ref]) => FOLLOWED.some((prefix) => ref.startsWith(prefix))));
  const chain = ledger.chain();
  const first = new Date(Math.min(...bots.map(since))).toISOString();
  for (const { payload } of ledger.entries({
    since: first,
    newestFirst: true,
    ...(chain === undefined ? {} : { chain }),
  }))
    for (const { ref, from } of movesOf(payload?.['moved'] ?? null)) {
      if (from === null) refs.delete(ref);
      else if (refs.has(ref) || FOLLOWED.some((prefix) => ref.startsWith(prefix))) refs.set(ref, from);
    }
  return Object.fromEntries(refs);
}

/** An operation that may move refs is under way, and will say which. */
function isMoving({ reader }: Looking): boolean {
  const running = new Set(
    openMarkers(join(reader.stateDirectory, 'ledger')).flatMap(({ op, running }) =>
      running === true ? [op] : [],
    ),
  );
  return reader.ledger
    .openIntents()
    .some(({ op, payload }) => payload?.['before'] !== undefined && running.has(op));
}

async function refsNow({ reader }: Looking): Promise<Readonly<Record<string, string>>> {
  const refs = await reader.git.refs(FOLLOWED, { peel: false });
  return Object.fromEntries(
    refs.flatMap(({ name, oid, symref }) => (symref === undefined ? [[name, oid]] : [])),
  );
}

async function happeningsOf(
  { reader }: Looking,
  n: number,
  { ref, from, to }: RefMove,
  held: readonly string[],
): Promise<readonly Happening[]> {
  const ts = reader.now().toISOString();
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  const tag = /^refs\/tags\/(.+)$/.exec(ref)?.[1];
  const name = /^[\x21-\x7e]{1,200}$/.test(ref) ? ref : sha256(ref).toString('hex').slice(0, 32);
  const mover = moverOf(reader.ledger, ref, to);
  const operation = mover?.op;
  const of = {
    event: 'git' as const,
    ts,
    ...(operation === undefined ? {} : { operation }),
    branches: branch === undefined ? [] : [branch],
  };
  const facts = { ref, from, to, branch: branch ?? null, tag: tag ?? null };
  const paths = (): Promise<readonly string[]> => filesBetween(reader, from, to);
  const commits = branch === undefined || to === null ? [] : await newCommits(reader, { from, to, held });
  const found: Happening[] = [
    { ...of, id: `git:${n}/${name}`, kind: 'ref', paths, facts: { ...facts, commits: commits.length } },
  ];
  if (tag !== undefined && from === null && to !== null)
    found.push({ ...of, id: `git:${n}/${name}:tag`, kind: 'tag', paths, facts });
  // of several commits that came between two looks the last mover's are those since it began
  const its = new Set(
    mover === undefined || to === null || mover.from === from
      ? commits
      : await newCommits(reader, { from: mover.from, to, held }),
  );
  for (const oid of commits) {
    const commit = await commitFacts(reader, oid);
    const by =
      mover === undefined
        ? undefined
        : (moverOf(reader.ledger, ref, oid)?.op ?? (its.has(oid) ? mover.op : undefined));
    found.push({
      ...of,
      ...(by === undefined ? {} : { operation: by }),
      // a commit comes to a branch once, however often that is moved back and forth
      id: `git:${name}:${oid}`,
      kind: 'commit',
      paths: async () => commit.files,
      facts: { ...facts, ...commit.facts, files: commit.files.slice(0, MOST_FILES) },
    });
  }
  return found;
}

/**
 * The operation that moved the ref there, and from where. What plain git did while one ran is in its outcome too: only
 * what its intent said it may move is its own.
 */
function moverOf(
  ledger: LedgerReader,
  ref: string,
  to: string | null,
): { readonly op: string; readonly from: string | null } | undefined {
  for (const { op, payload } of ledger.entries({
    phase: 'outcome',
    newestFirst: true,
    limit: MOST_OUTCOMES,
  })) {
    const moved: Json = payload?.['moved'] ?? null;
    const found = movesOf(moved).find((move) => move.ref === ref && move.to === to);
    if (found !== undefined && mayMove(ledger, op, ref)) return { op, from: found.from };
  }
  return undefined;
}

function mayMove(ledger: LedgerReader, op: string, ref: string): boolean {
  const { before, touches } = readOperation(ledger, op)?.intent.payload ?? {};
  if (!isJsonObject(before) || !isJsonObject(touches)) return true;
  const { refs, head } = before;
  const at = isJsonObject(head) ? head['ref'] : undefined;
  return (
    touches['refs'] === 'all' ||
    (isJsonObject(refs) && Object.hasOwn(refs, ref)) ||
    (touches['head'] === true && at === ref)
  );
}

/** Oldest first: what the ref came to hold; of a new one what no other ref holds. */
async function newCommits(
  { git }: Looking['reader'],
  move: { readonly from: string | null; readonly to: string; readonly held: readonly string[] },
): Promise<readonly string[]> {
  const { from, to, held } = move;
  const not = from === null ? held : [from];
  const input = [to, ...not.map((oid) => `^${oid}`)].join('\n');
  const { stdout, exitCode } = await git.read(
    ['rev-list', '--reverse', '--ignore-missing', `--max-count=${MOST_COMMITS}`, '--stdin'],
    { input: `${input}\n`, accept: [0, 128] },
  );
  return exitCode === 0 ? stdout.split('\n').filter((line) => line !== '') : [to];
}

async function filesBetween(
  { git }: Looking['reader'],
  from: string | null,
  to: string | null,
): Promise<readonly string[]> {
  if (to === null) return [];
  const list =
    from === null
      ? ['ls-tree', '-r', '-z', '--name-only', to]
      : ['diff-tree', '-r', '-z', '--no-renames', '--name-only', from, to];
  return (await git.read(list)).stdout.split('\0').filter((path) => path !== '');
}

async function commitFacts({ git }: Looking['reader'], oid: string) {
  const { stdout } = await git.read([
    'show',
    '-z',
    '--no-patch',
    '--format=%P%x00%an <%ae>%x00%s%x00',
    oid,
    '--',
  ]);
  const [parents = '', author = '', subject = ''] = stdout.split('\0');
  const first = parents.split(' ')[0] ?? '';
  const list =
    first === ''
      ? ['ls-tree', '-r', '-z', '--name-only', oid]
      : ['diff-tree', '-r', '-z', '--no-renames', '--name-only', first, oid];
  const files = (await git.read(list)).stdout.split('\0').filter((path) => path !== '');
  return { files, facts: { commit: oid, author: shorten(author, 300), subject: shorten(subject, 500) } };
}
