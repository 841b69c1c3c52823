import type { Paper } from '../kernel/paper.ts';
import { shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { answered } from './answer.ts';
import { type Comment, onceMark, saidAlready } from './once.ts';
import { type GithubAsked, githubPlace } from './place.ts';
import { textToSay } from './text.ts';
import { readThread, threadNumber, threadTarget } from './thread.ts';

export interface Commented extends Comment {
  readonly repo: string;
  readonly number: number;
  /** False: under `--once` it was said before. */
  readonly said: boolean;
}

export interface CommentAsked extends GithubAsked {
  readonly body: string | undefined;
  readonly bodyFile: string | undefined;
  /** Says nothing where this credential said something under the same key before. */
  readonly once: string | undefined;
}

const SHOWN = 20;

/** `bit issue comment 7`: says something on an issue or a pull request. */
export async function commentOnIssue(
  reader: Reader,
  given: string,
  asked: CommentAsked,
): Promise<Effect<Commented>> {
  const number = threadNumber(given);
  const text = await textToSay(reader, { text: asked.body, file: asked.bodyFile });
  const mark = asked.once === undefined ? undefined : onceMark(asked.once);
  const place = await githubPlace(reader, asked);
  const thread = await readThread(place, number);
  const before = mark === undefined ? undefined : await saidAlready(place, number, mark);
  const { octokit, owner, repo } = place;
  const lines = text.split('\n');
  return {
    summary: `comment on #${number} of ${thread.repo}`,
    target: {
      ...threadTarget(thread, 'POST', 'comments'),
      body: shorten(text, 4000),
      characters: text.length,
      said_before: before !== undefined,
    },
    plan:
      before === undefined
        ? [
            `comment on ${thread.line}${thread.locked ? ' (locked: GitHub may refuse)' : ''}`,
            ...lines.slice(0, SHOWN).map((line) => `> ${line}`),
            ...(lines.length > SHOWN ? [`> … ${lines.length - SHOWN} more lines`] : []),
          ]
        : [`nothing: it was said at ${before.url}`],
    touches: { refs: [] },
    beside: true,
    ...(before === undefined ? { irreversible: [`commented on ${thread.name}`] } : {}),
    async run() {
      if (before !== undefined) return { repo: thread.repo, number, ...before, said: false };
      const body = mark === undefined ? text : `${text}\n\n${mark}`;
      const { id, html_url: url } = await answered(`a comment on #${number}`, () =>
        octokit.rest.issues.createComment({ owner, repo, issue_number: number, body }),
      );
      return { repo: thread.repo, number, id, url, said: true };
    },
    record: (out) => ({ ...out }),
  };
}

export function renderCommented({ said, url }: Commented, page: Paper): void {
  page.line(said ? page.safe(url) : `Nothing to say: it was said at ${page.safe(url)}`);
}
