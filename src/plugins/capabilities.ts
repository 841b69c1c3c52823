import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/**
 * What a plugin that is not trusted may be granted, and how it is told to a person. `action:<name>` and
 * `network:<host>[:port]` come beside.
 */
export const CAPABILITIES: Readonly<Record<string, string>> = {
  'git.read': 'read history, files of commits, branches, status and remotes of the repository it is run in',
  'git.write': 'stage, commit, and move the branches and tags an action of its declares',
  ask: 'ask you questions on the terminal',
  'tree:read': 'read the files of the work tree that a step, a fixer or a bot of its is given',
  exec: 'start programs where a step of its runs, and on throw-away copies of the tree',
};

const ACTION = /^action:[a-z][a-z0-9]*(?:[.-][a-z0-9]+){0,7}$/;
const NETWORK =
  /^network:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::\d{1,5})?$/;
const MOST = 64;

/** @throws BitError `usage` naming the one that is none */
export function checkCapabilities(value: unknown, where: string): readonly string[] {
  const wrong = (why: string): BitError => new BitError('usage', `${where}: ${why}`);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong('capabilities must be a list of names');
  if (value.length > MOST) throw wrong(`more than ${MOST} capabilities`);
  for (const name of value as unknown[]) {
    if (typeof name !== 'string') throw wrong('capabilities must be a list of names');
    if (Object.hasOwn(CAPABILITIES, name) || ACTION.test(name) || NETWORK.test(name)) continue;
    throw new BitError('usage', `${where}: there is no capability ${printable(shorten(name))}`, {
      hint: `there are: ${Object.keys(CAPABILITIES).join(', ')} action:<name> and network:<host>`,
    });
  }
  return [...new Set(value as string[])].sort();
}

/** One line a capability, for the question before an install. */
export function describeCapability(name: string): string {
  const known = Object.hasOwn(CAPABILITIES, name) ? CAPABILITIES[name] : undefined;
  if (known !== undefined) return known;
  if (name.startsWith('network:'))
    return `speak HTTPS with ${name.slice('network:'.length)}, and nobody else`;
  return `perform the action ${name.slice('action:'.length)}, each time through the policy and the ledger`;
}

/** @throws BitError `denied` naming what was not granted */
export function refusal(who: string, capability: string): BitError {
  return new BitError('denied', `${who} was not granted ${capability}`, {
    hint: 'it would have to ask for it in its package.json, or be trusted: bit ext trust',
    details: { capability },
  });
}
