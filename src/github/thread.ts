import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';
import { answered } from './answer.ts';
import type { GithubPlace } from './place.ts';

/** An issue or a pull request: GitHub numbers them together, and comments and labels of both are an issue's. */
export interface Thread {
  readonly number: number;
  /** `octo/hello`. */
  readonly repo: string;
  /** `issue #7 of octo/hello`. */
  readonly name: string;
  /** With its state and title, for a person. */
  readonly line: string;
  readonly locked: boolean;
  readonly labels: readonly string[];
}

/** @throws BitError `usage` */
export function threadNumber(given: string): number {
  const number = Number(/^#?(\d{1,9})$/.exec(given)?.[1] ?? 0);
  if (number > 0) return number;
  throw new BitError('usage', `${printable(shorten(given))} is no number of an issue or a pull request`, {
    hint: 'as GitHub shows it: 7, or #7',
  });
}

export async function readThread({ octokit, owner, repo }: GithubPlace, number: number): Promise<Thread> {
  const data = await answered(`#${number} of ${owner}/${repo}`, () =>
    octokit.rest.issues.get({ owner, repo, issue_number: number }),
  );
  const kind = data.pull_request === undefined || data.pull_request === null ? 'issue' : 'pull request';
  const name = `${kind} #${number} of ${owner}/${repo}`;
  const labels = data.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
  return {
    ...{ number, repo: `${owner}/${repo}`, name, labels: labels.filter((label) => label !== '') },
    line: `${name} (${printable(shorten(String(data.state), 20))}): ${printable(shorten(data.title, 120))}`,
    locked: data.locked,
  };
}

/** How policies see a call on it. */
export function threadTarget({ repo, number }: Thread, method: string, part: string) {
  return {
    ...{ repo, number, method, path: `/repos/${repo}/issues/${number}/${part}` },
    capability: `github:write:${repo}:issues`,
  };
}
