import { BitError } from '../kernel/errors.ts';
import { printable, shorten } from '../kernel/text.ts';

/** What a plugin that is not trusted may be granted, and how it is told to a person. `action:<name>` comes beside. */
export const CAPABILITIES: Readonly<Record<string, string>> = {
  'git.read': 'read history, files of commits, branches, status and remotes of the repository it is run in',
  'git.write': 'stage, commit, and move the branches and tags an action of its declares',
  ask: 'ask you questions on the terminal',
};

const ACTION = /^action:[a-z][a-z0-9]*(?:[.-][a-z0-9]+){0,7}$/;
const MOST = 64;

/** @throws BitError `usage` naming the one that is none */
export function checkCapabilities(value: unknown, where: string): readonly string[] {
  const wrong = (why: string): BitError => new BitError('usage', `${where}: ${why}`);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong('capabilities must be a list of names');
  if (value.length > MOST) throw wrong(`more than ${MOST} capabilities`);
  for (const name of value as unknown[]) {
    if (typeof name !== 'string') throw wrong('capabilities must be a list of names');
    if (Object.hasOwn(CAPABILITIES, name) || ACTION.test(name)) continue;
    throw new BitError('usage', `${where}: there is no capability ${printable(shorten(name))}`, {
      hint: `there are: ${Object.keys(CAPABILITIES).join(', ')} and action:<name>`,
    });
  }
  return [...new Set(value as string[])].sort();
}

/** One line a capability, for the question before an install. */
export function describeCapability(name: string): string {
  const known = Object.hasOwn(CAPABILITIES, name) ? CAPABILITIES[name] : undefined;
  return (
    known ?? `perform the action ${name.slice('action:'.length)}, each time through the policy and the ledger`
  );
}
