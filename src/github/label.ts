import { BitError, isBitError } from '../kernel/errors.ts';
import type { Paper } from '../kernel/paper.ts';
import { printable, shorten } from '../kernel/text.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { answered } from './answer.ts';
import { type GithubAsked, type GithubPlace, githubPlace } from './place.ts';
import { readThread, type Thread, threadNumber, threadTarget } from './thread.ts';

export interface Labelled {
  readonly repo: string;
  readonly number: number;
  /** What it did not have before. */
  readonly added: readonly string[];
  /** What it had. */
  readonly removed: readonly string[];
  /** What it has now. */
  readonly labels: readonly string[];
}

export interface LabelAsked extends GithubAsked {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

const MOST = 50;
const LONGEST = 50;

/** `bit issue label 7 --add bug`: gives an issue or a pull request labels, and takes some. */
export async function labelIssue(
  reader: Reader,
  given: string,
  asked: LabelAsked,
): Promise<Effect<Labelled>> {
  const number = threadNumber(given);
  const { add, remove } = checkLabels(asked);
  const place = await githubPlace(reader, asked);
  const thread = await readThread(place, number);
  const has = (label: string): boolean => thread.labels.some((one) => same(one, label));
  const added = add.filter((label) => !has(label));
  const removed = thread.labels.filter((label) => remove.some((one) => same(one, label)));
  const changes = [...added.map((label) => `+${label}`), ...removed.map((label) => `-${label}`)].map((one) =>
    printable(one),
  );
  return {
    summary: `label #${number} of ${thread.repo}: ${changes.length === 0 ? 'nothing to change' : shorten(changes.join(' '), 200)}`,
    target: { ...threadTarget(thread, added.length > 0 ? 'POST' : 'DELETE', 'labels'), added, removed },
    plan: changes.length === 0 ? [`nothing: ${thread.line} is labelled so`] : [thread.line, ...changes],
    touches: { refs: [] },
    beside: true,
    ...(changes.length === 0 ? {} : { irreversible: [`labelled ${thread.name}: ${changes.join(' ')}`] }),
    run: () => change(place, thread, { added, removed }),
    record: ({ labels: _, ...out }) => ({ ...out }),
  };
}

async function change(
  { octokit, owner, repo }: GithubPlace,
  thread: Thread,
  { added, removed }: Pick<Labelled, 'added' | 'removed'>,
): Promise<Labelled> {
  const { number } = thread;
  const done: string[] = [];
  try {
    // an empty list would take every label
    if (added.length > 0) {
      await answered(`labels of #${number}`, () =>
        octokit.rest.issues.addLabels({ owner, repo, issue_number: number, labels: [...added] }),
      );
      done.push(...added.map((label) => `+${label}`));
    }
    for (const name of removed) {
      try {
        await answered(`label ${printable(name)} of #${number}`, () =>
          octokit.rest.issues.removeLabel({ owner, repo, issue_number: number, name }),
        );
      } catch (error) {
        // somebody else took it meanwhile
        if (!isBitError(error, 'not-found')) throw error;
      }
      done.push(`-${name}`);
    }
  } catch (error) {
    if (!isBitError(error) || done.length === 0) throw error;
    const { code, message, hint } = error;
    throw new BitError(code, `${message}; done before that: ${printable(done.join(' '))}`, {
      cause: error,
      details: { done },
      ...(hint === undefined ? {} : { hint }),
    });
  }
  const labels = [...thread.labels.filter((label) => !removed.includes(label)), ...added];
  return { repo: thread.repo, number, added, removed, labels };
}

/** GitHub takes names that differ in case alone for one. */
function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function checkLabels(asked: LabelAsked): Pick<LabelAsked, 'add' | 'remove'> {
  const add = unlike(asked.add.map(checkLabel));
  const remove = unlike(asked.remove.map(checkLabel));
  const [first] = [...add, ...remove];
  if (first === undefined) throw new BitError('usage', 'give labels: --add LABEL, --remove LABEL');
  if (add.length + remove.length > MOST) throw new BitError('usage', `more than ${MOST} labels`);
  const both = add.find((label) => remove.some((one) => same(one, label)));
  if (both === undefined) return { add, remove };
  throw new BitError('usage', `${printable(both)} is to be added and removed`);
}

function unlike(labels: readonly string[]): readonly string[] {
  return labels.filter((label, at) => labels.findIndex((one) => same(one, label)) === at);
}

/** It becomes a part of an address where it is removed: `..` would name another. */
function checkLabel(given: string): string {
  const label = given.trim();
  const plain = label.isWellFormed() && !/[\u0000-\u001f\u007f-\u009f]/.test(label);
  if (plain && label !== '' && !/^\.{1,2}$/.test(label) && [...label].length <= LONGEST) return label;
  throw new BitError('usage', `'${printable(shorten(given))}' is no label`, {
    hint: `one has 1 to ${LONGEST} visible characters`,
  });
}

export function renderLabelled({ repo, number, added, removed, labels }: Labelled, page: Paper): void {
  const changes = [...added.map((label) => `+${label}`), ...removed.map((label) => `-${label}`)];
  const about = `#${number} of ${repo}`;
  page.line(
    changes.length === 0 ? `${about} is labelled so already` : `${about}: ${page.safe(changes.join(' '))}`,
  );
  if (labels.length > 0) page.line(`It has ${page.safe(labels.join(', '))}`);
}
