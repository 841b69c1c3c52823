import type { Octokit } from '@octokit/rest';
import { sha256 } from '../kernel/digest.ts';
import { BitError, isBitError } from '../kernel/errors.ts';
import { answered } from './answer.ts';
import type { GithubPlace } from './place.ts';

/** A comment that stands. */
export interface Comment {
  readonly id: number;
  readonly url: string;
}

const LONGEST_KEY = 1000;
const PAGE = 100;
/** GitHub has no more than 2,500 comments on one issue. */
const MOST_PAGES = 25;

/** What a comment carries, unseen, that is to be made once: the key itself is nobody's business. */
export function onceMark(key: string): string {
  if (key === '' || key.length > LONGEST_KEY)
    throw new BitError('usage', `--once: a key has 1 to ${LONGEST_KEY} characters`);
  return `<!-- bit once ${sha256(key).toString('hex').slice(0, 32)} -->`;
}

/**
 * The comment with that mark that this credential made: anybody can write the mark, and by that keep nobody quiet.
 * An installation's token can't ask who it is: then another app's comment counts too.
 */
export async function saidAlready(
  { octokit, owner, repo }: GithubPlace,
  number: number,
  mark: string,
): Promise<Comment | undefined> {
  const me = await login(octokit);
  for (let page = 1; page <= MOST_PAGES; page++) {
    const comments = await answered(`comments on #${number}`, () =>
      octokit.rest.issues.listComments({ owner, repo, issue_number: number, per_page: PAGE, page }),
    );
    const found = comments.find(
      ({ body, user }) =>
        body?.includes(mark) === true && (me === undefined ? user?.type === 'Bot' : user?.login === me),
    );
    if (found !== undefined) return { id: found.id, url: found.html_url };
    if (comments.length < PAGE) return undefined;
  }
  return undefined;
}

async function login(octokit: Octokit): Promise<string | undefined> {
  try {
    return (await answered('who acts', () => octokit.rest.users.getAuthenticated())).login;
  } catch (error) {
    if (isBitError(error, 'denied')) return undefined;
    throw error;
  }
}
