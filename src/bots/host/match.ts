import { evaluateCondition, parseCondition } from '../../expression/index.ts';
import { isBitError } from '../../kernel/errors.ts';
import { globSet } from '../../kernel/glob.ts';
import type { JsonObject } from '../../kernel/json.ts';
import { CONDITION_NAMES } from '../manifest.ts';
import { type BotEvent, type DeployedBot, type Subscription, subscriptionsOf } from '../model.ts';

/** Something that happened, before it is asked whom it is for. */
export interface Happening extends BotEvent {
  /** Kinds it also goes by: a run that failed has finished. */
  readonly also?: readonly string[];
  readonly branches?: readonly string[];
  /** Asked for where a subscription is narrowed by paths. */
  readonly paths?: () => Promise<readonly string[]>;
  /** Names and paths of the workflow it is of. */
  readonly workflows?: readonly string[];
  /** Operation it is of, by which it is found who led to it. */
  readonly operation?: string;
  /** The bot whose schedule, or whose webhook, it is. */
  readonly only?: string;
}

/** Whether a bot listens to it. `fault` is told what keeps a condition from being judged; then it is not for the bot. */
export async function listens(
  bot: DeployedBot,
  happening: Happening,
  given: { readonly repo: JsonObject; readonly fault: (why: string) => void },
): Promise<boolean> {
  const { name, settings } = bot.manifest;
  if (happening.only !== undefined && happening.only !== name) return false;
  for (const one of subscriptionsOf(bot)) {
    if (!(await fits(one, happening))) continue;
    if (one.condition === undefined) return true;
    try {
      const contexts = { event: happening.facts, repo: given.repo, bot: { name, settings } };
      if (evaluateCondition(parseCondition(one.condition, CONDITION_NAMES), { contexts })) return true;
    } catch (error) {
      if (!isBitError(error)) throw error;
      given.fault(`${happening.id}: if: ${one.condition}: ${error.message}`);
    }
  }
  return false;
}

async function fits(one: Subscription, happening: Happening): Promise<boolean> {
  const { event, kinds, branches, paths, workflows } = one;
  if (event !== happening.event) return false;
  const known = [happening.kind, ...(happening.also ?? [])];
  // issues of GitHub are every action on them
  const named = (kind: string): boolean =>
    known.includes(kind) || (event === 'github' && happening.kind.split('.')[0] === kind);
  if (kinds.length > 0 && !kinds.some(named)) return false;
  if (workflows.length > 0 && !workflows.some((name) => happening.workflows?.includes(name) === true))
    return false;
  if (branches.length > 0 && !(happening.branches ?? []).some(globSet(branches))) return false;
  if (paths.length === 0) return true;
  const touched = (await happening.paths?.()) ?? [];
  return touched.some(globSet(paths, { below: true }));
}

/** Without what only steers whom it is for. */
export function eventOf({ id, event, kind, ts, facts }: Happening): BotEvent {
  return { id, event, kind, ts, facts };
}
