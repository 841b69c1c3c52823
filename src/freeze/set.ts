import { checkRefName } from '../git/index.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import type { JsonObject } from '../kernel/json.ts';
import { parseMoment } from '../kernel/moment.ts';
import { nearest, printable } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { hookPlace, refuseUnkept, settleHooks } from './hooks.ts';
import { type Freeze, type FreezeScope, freezeJson, keyOf } from './standing.ts';

export interface FreezeRequest {
  readonly scope: FreezeScope;
  /** Branch, workflow or bucket; the current branch where a branch's is left out. */
  readonly name: string | undefined;
  /** A moment, or how long from now: `3d`. */
  readonly until: string | undefined;
  readonly reason: string | undefined;
  readonly thaw: boolean;
}

export interface FreezeResult {
  readonly scope: FreezeScope;
  readonly name: string | null;
  /** RFC 3339, or null. */
  readonly until: string | null;
  readonly reason: string | null;
  readonly frozen: boolean;
  /** Git hooks hold plain git, too. */
  readonly hooks: boolean;
  /** What stands now. */
  readonly standing: readonly JsonObject[];
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
const MOST_REASON = 500;
const SPAN = /^(\d{1,5})\s*(m|h|d|w)$/;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Freezes or thaws. `standing` are the freezes that stand now. */
export async function setFreeze(
  reader: Reader,
  request: FreezeRequest,
  standing: readonly Freeze[],
): Promise<Effect<FreezeResult>> {
  const { scope, thaw } = request;
  const { git } = reader;
  const name = await nameOf(reader, request);
  const key = keyOf({ scope, ...(name === undefined ? {} : { name }) });
  const what = scope === 'repo' ? 'the repository' : `${scope} ${printable(name ?? '')}`;
  const now = reader.now();
  const before = standing.find((freeze) => keyOf(freeze) === key);
  const others = standing.filter((freeze) => keyOf(freeze) !== key);
  if (thaw) {
    if (request.until !== undefined || request.reason !== undefined)
      throw new BitError('usage', '--until and --reason belong to a freeze, not to a thaw');
    if (before === undefined) throw notFrozen(what, standing);
  }
  const until = request.until === undefined ? undefined : endOf(request.until, now);
  const reason = request.reason?.trim();
  if (reason !== undefined && (reason === '' || reason.length > MOST_REASON))
    throw new BitError('usage', `a reason has 1 to ${MOST_REASON} characters`);
  const place = await hookPlace(git, reader.stateDirectory);
  if (!thaw && place.folder !== undefined) refuseUnkept(place.folder);
  const told = {
    scope,
    ...(name === undefined ? {} : { name }),
    ...(until === undefined ? {} : { until }),
    ...(reason === undefined ? {} : { reason }),
  };
  const refs = scope === 'repo' || scope === 'branch';
  const held = refs && place.folder !== undefined;
  const end = until === undefined ? 'until it is thawed' : `until ${until}`;
  return {
    summary: thaw ? `thaw ${what}` : `freeze ${what} ${end}`,
    event: thaw ? 'THAW' : 'FREEZE',
    target: { ...told, thaw },
    plan: [
      thaw
        ? `thaw ${what}`
        : `deny every change of ${what} ${end}${before === undefined ? '' : ', instead of the freeze that stands'}`,
      ...(held ? [`${thaw ? 'settle' : 'set'} git hooks in ${place.folder}`] : []),
      ...(refs && place.folder === undefined
        ? ['git takes its hooks from outside this repository: plain git is not held']
        : []),
    ],
    touches: { refs: [], files: place.files },
    async run(writer) {
      const by = (await writer.keys.current()) ?? '';
      const freeze = { ...told, since: now.toISOString(), op: writer.operation, by } as unknown as Freeze;
      const after = thaw ? others : [...others, freeze];
      settleHooks(place, after);
      if (!held && !thaw && refs)
        writer.notice('note: git takes its hooks from outside this repository: plain git is not held');
      return {
        scope,
        name: name ?? null,
        until: until ?? null,
        reason: reason ?? null,
        frozen: !thaw,
        hooks: held && !thaw,
        standing: after.map(freezeJson),
      };
    },
    record: () => ({ freeze: told }),
  };
}

async function nameOf(reader: Reader, { scope, name, thaw }: FreezeRequest): Promise<string | undefined> {
  if (scope === 'repo') {
    if (name === undefined) return undefined;
    throw new BitError('usage', 'a freeze of the repository takes no name', {
      hint: `freeze a branch with: bit freeze branch ${printable(name)}`,
    });
  }
  if (scope !== 'branch') {
    if (name !== undefined && NAME.test(name)) return name;
    throw new BitError('usage', `say which ${scope}`, { hint: `bit freeze ${scope} <name>` });
  }
  const { git } = reader;
  if (name === undefined) {
    const head = await git.head();
    if (head.kind !== 'detached') return head.ref.replace('refs/heads/', '');
    throw new BitError('usage', 'HEAD is on no branch: say which', { hint: 'bit freeze branch <name>' });
  }
  checkRefName(`refs/heads/${name}`);
  if (thaw) return name;
  const names = (await git.refs(['refs/heads/'])).map((ref) => ref.name.replace('refs/heads/', ''));
  if (names.includes(name)) return name;
  const [near] = nearest(name, names, 1);
  throw new BitError('not-found', `there is no branch ${printable(name)}`, {
    ...(near === undefined ? {} : { hint: `did you mean: ${near}` }),
  });
}

const WHEN = 'write 3d, 12h, 2030-01-31 or 2030-01-31T08:00:00Z';

function endOf(text: string, now: Date): string {
  const [, count, unit = ''] = SPAN.exec(text.trim()) ?? [];
  const size = UNITS[unit];
  const end =
    count !== undefined && size !== undefined
      ? new Date(now.getTime() + Number(count) * size)
      : laterMoment(text, now);
  if (end.getTime() > now.getTime()) return end.toISOString();
  throw new BitError('usage', `a freeze ends later than now, not at ${end.toISOString()}`, {
    hint: WHEN,
  });
}

function laterMoment(text: string, now: Date): Date {
  try {
    return parseMoment(text, now);
  } catch (error) {
    if (!isBitError(error, 'usage')) throw error;
    throw new BitError('usage', error.message, { hint: WHEN, cause: error });
  }
}

function notFrozen(what: string, standing: readonly Freeze[]): BitError {
  const list = standing.map(({ scope, name }) => (name === undefined ? scope : `${scope} ${name}`));
  return new BitError('not-found', `${what} is not frozen`, {
    hint: list.length === 0 ? 'nothing is frozen here' : `frozen is: ${list.join(', ')}`,
  });
}
