/**
 * Tokens of bots (`sub` is `bot:<name>`) are read more narrowly than others: they cover queries too, and a wildcard in
 * them reaches only what stays in this repository and can be taken back. Keys, tokens, policies, plugins, bots, secrets,
 * whatever starts programs of the tree and whatever runs any command of git's is covered by its exact name alone.
 */
import { covers } from './capabilities.ts';
import type { Claims } from './claims.ts';

const SUBJECT = /^bot:([a-z][a-z0-9-]{0,62})$/;

/** The bot a token is of; undefined for any other. */
export function botOf({ sub }: Pick<Claims, 'sub'>): string | undefined {
  return SUBJECT.exec(sub)?.[1];
}

/** What a wildcard may stand for. What is new needs its exact name until it is put here. */
const OPEN: readonly string[] = [
  ...['branch', 'commit', 'merge', 'pull', 'push', 'restore', 'revert', 'sync', 'tag', 'track'].map(
    (verb) => `repo:${verb}`,
  ),
  ...['history:annotate', 'motd:*', 'ledger:checkpoint', 'ledger:fetch', 'ledger:push', 'github:*'],
  ...['job:cancel', 'orchestrate:*', 'registry:*', 'issue:*', 'pr:*'],
];

/** Queries that `query:*` does not stand for: they tell of bots and of what is secret, or may run what git is told to. */
const CLOSED: readonly string[] = [
  ...['bot', 'browse', 'git', 'key', 'plugins', 'ext', 'secret', 'token'].flatMap((area) => [
    `query:${area}`,
    `query:${area}:*`,
  ]),
  ...['query:track:filter', 'query:data:get'],
];

/** Whether a bot's capabilities cover `wanted`: a capability such as `repo:commit`, or `query:status`. */
export function botCovers(capabilities: readonly string[], wanted: string): boolean {
  if (capabilities.includes(wanted)) return true;
  if (wanted.startsWith('query:')) {
    // `query:git:*` names the area it opens
    const [, area = ''] = wanted.split(':');
    const named = capabilities.filter((one) => one.startsWith(`query:${area}:`));
    return covers(named, wanted) || (!covers(CLOSED, wanted) && covers(capabilities, wanted));
  }
  return covers(OPEN, wanted) && covers(capabilities, wanted);
}

/** Whether only its exact name gives a bot this. */
export function isExactOnly(wanted: string): boolean {
  return wanted.startsWith('query:') ? covers(CLOSED, wanted) : !covers(OPEN, wanted);
}
