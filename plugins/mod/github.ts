import type { BitAnswer, BotContext, BotEvent, JsonObject } from '@bithub/cli';
import { isObject, why } from '../answers.ts';
import { look, words } from './look.ts';
import { keepThread, readThreads, standingIn } from './threads.ts';

/** What somebody wrote there, and where. */
interface Written {
  /** `comment 123`; of an issue or a pull request itself only its kind. */
  readonly part: string;
  /** For the log: `comment #7`. */
  readonly subject: string;
  readonly id: number | undefined;
  readonly text: string;
  /** Undefined of a discussion: its number is none of an issue's. */
  readonly number: number | undefined;
  /** `octo/hello`. */
  readonly repo: string | undefined;
}

/** Parts of a webhook that people write. */
const WRITTEN = ['issue', 'pull_request', 'comment', 'review', 'discussion'];

const SAID =
  'Words that the policy of this repository denies stand in what was written here. Please put it in other words.';

export async function onGithub(event: BotEvent, context: BotContext): Promise<void> {
  const written = readWritten(event);
  if (written === undefined) return;
  const kept = await readThreads(context);
  if (written.id !== undefined && written.part.startsWith('comment') && kept.own.includes(written.id)) return;
  const at = event.kind.endsWith('.deleted') ? [] : await look(written.text, context);
  if (at === undefined) return;
  const { part, subject, number, repo } = written;
  const name = `${repo ?? ''}#${number ?? 0}`;
  const before = standingIn(kept, name);
  const known = before.includes(part);
  if (at.length === 0 && !known) return;
  if (number === undefined)
    return context.log(`${subject}: ${words(at.length)} that policy.profanity denies`);
  const made: number[] = [];
  const where = [String(number), ...(repo === undefined ? [] : ['--repo', repo])];
  if (at.length > 0 && !known) {
    context.log(`${subject}: ${words(at.length)} that policy.profanity denies`);
    const id = await say(context, where, `${name} ${part}`);
    if (id !== undefined) made.push(id);
    await label(context, where, '--add');
  }
  const others = before.filter((one) => one !== part);
  const standing = at.length > 0 ? [...others, part] : others;
  if (at.length === 0) {
    context.log(`${subject}: it was put right`);
    if (standing.length === 0) await label(context, where, '--remove');
  }
  await keepThread(context, kept, { name, standing }, made);
}

/** Of a comment's event the comment is new, not what it is about. */
function readWritten({ facts, kind }: BotEvent): Written | undefined {
  const payload = isObject(facts['payload']) ? facts['payload'] : facts;
  const parts = WRITTEN.flatMap((name) => {
    const part = payload[name];
    return isObject(part) ? [{ name, part }] : [];
  });
  const last = parts.findLast(({ name }) =>
    kind.startsWith('issue_comment')
      ? name === 'comment'
      : kind.startsWith('pull_request_review')
        ? name === 'comment' || name === 'review'
        : true,
  );
  if (last === undefined) return undefined;
  const shown = numberIn(parts.map(({ part }) => part));
  const { title, body, id } = last.part;
  const repository = isObject(payload['repository']) ? payload['repository']['full_name'] : undefined;
  const kindOf = last.name.replaceAll('_', ' ');
  const whole = last.name === 'issue' || last.name === 'pull_request';
  const discussed = parts.some(({ name }) => name === 'discussion');
  return {
    // the comments of reviews and those of issues are numbered apart
    part: whole
      ? kindOf
      : `${kind.startsWith('pull_request_review') ? 'review ' : ''}${kindOf} ${String(id)}`,
    subject: `${kindOf}${shown === undefined ? '' : ` #${shown}`}`,
    id: typeof id === 'number' ? id : undefined,
    text: `${typeof title === 'string' ? title : ''}\n${typeof body === 'string' ? body : ''}`,
    number: discussed ? undefined : shown,
    repo: typeof repository === 'string' ? repository : undefined,
  };
}

function numberIn(parts: readonly JsonObject[]): number | undefined {
  return parts.map(({ number }) => number).find((one) => typeof one === 'number');
}

/** Says it where the settings ask for that. Returns the comment's id. */
async function say(context: BotContext, where: readonly string[], what: string): Promise<number | undefined> {
  const { comment } = context.settings;
  if (comment !== true && typeof comment !== 'string') return undefined;
  const text = typeof comment === 'string' ? comment : SAID;
  // else its own comment would have it speak again
  if ((await look(text, context))?.length !== 0) {
    context.log('settings.comment can not be said: policy.profanity denies words of it');
    return undefined;
  }
  const words = ['issue', 'comment', ...where, '--body-file', '-', '--once', `mod ${what}`];
  const answer = await context.bit(words, { json: true, input: text });
  if (!went(context, 'nothing was said', answer)) return undefined;
  const id = isObject(answer.json) ? answer.json['id'] : undefined;
  return typeof id === 'number' ? id : undefined;
}

async function label(
  context: BotContext,
  where: readonly string[],
  how: '--add' | '--remove',
): Promise<void> {
  const { label } = context.settings;
  if (typeof label !== 'string') return;
  went(
    context,
    'no label was set',
    await context.bit(['issue', 'label', ...where, how, label], { json: true }),
  );
}

/** `bit`'s status where GitHub could not be reached: it may be later. */
const REMOTE = 6;

/** What was refused stands in the log; what may go well later fails the event, which then comes again. */
function went(context: BotContext, what: string, answer: BitAnswer): boolean {
  if (answer.status === REMOTE) throw new Error(`${what}: ${why(answer)}`);
  if (answer.status !== 0) context.log(`${what}: ${why(answer)}`);
  return answer.status === 0;
}
