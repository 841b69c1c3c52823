import { readSection } from '../specification/index.ts';
import { covers } from '../token/index.ts';
import type { BotManifest } from './model.ts';

/**
 * Duties as `identity.bots` of `.bithub.yml` names them, and the actions each comes to. Anything else there is a
 * capability itself, with a dot or a colon.
 */
export const DUTIES: Readonly<Record<string, readonly string[]>> = {
  'dag.synthesize': ['workflow:plan', 'workflow:edit', 'workflow:chain', 'workflow:run', 'repo:commit'],
  'retry.tune': ['workflow:edit', 'workflow:retry'],
  'cache.share': ['cache:*', 'build:run', 'data:sync', 'job:submit'],
  'rewrite.step': ['workflow:edit', 'repo:branch', 'repo:commit', 'bot:autofix'],
  'heal.yml': ['workflow:edit', 'repo:branch', 'repo:commit', 'bot:autofix', 'bot:heal'],
  'fallback.path': ['workflow:retry', 'workflow:run'],
};

/** Reading changes nothing: no list has to name it. */
const ALWAYS: readonly string[] = ['query:*', 'tree:read'];

export interface Grant {
  /** Capabilities of its manifest that it gets. */
  readonly granted: readonly string[];
  /** Those that `.bithub.yml` does not give it. */
  readonly withheld: readonly string[];
  readonly account: string | null;
}

/**
 * What a bot gets of what it asks for: all of it, or where `identity.bots` of `.bithub.yml` lists it (`planner`, or
 * `planner-bot`) no more than that entry's capabilities.
 *
 * @throws BitError `usage` where that section is wrong
 */
export function grantOf(root: string, { name, capabilities }: BotManifest): Grant {
  const entries = readSection(root, 'identity').bots ?? [];
  const entry = entries.find((one) => one.name === name) ?? entries.find((one) => one.name === `${name}-bot`);
  const account = entry?.serviceAccount ?? null;
  if (entry?.capabilities === undefined) return { granted: capabilities, withheld: [], account };
  const ceiling = [...ALWAYS, ...entry.capabilities.flatMap(meant)];
  return {
    granted: capabilities.filter((one) => covers(ceiling, one)),
    withheld: capabilities.filter((one) => !covers(ceiling, one)),
    account,
  };
}

function meant(capability: string): readonly string[] {
  return (
    (Object.hasOwn(DUTIES, capability) ? DUTIES[capability] : undefined) ?? [capability.replaceAll('.', ':')]
  );
}
