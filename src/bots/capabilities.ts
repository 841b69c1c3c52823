import { commandShapes } from '../guard/index.ts';
import { botCovers, capabilityOf } from '../token/index.ts';

/** A `bit` command's words and the capability it takes; null where only its run tells (`bit git …`). */
export interface Need {
  /** With blanks: `tag new`. */
  readonly command: string;
  readonly capability: string | null;
}

let shapes: ReadonlyMap<string, string | undefined> | undefined;

/** Words as they follow `bit`; undefined for what is no command of `bit`'s. */
export function needOf(words: readonly string[]): Need | undefined {
  shapes ??= new Map(commandShapes().map(({ command, action }) => [command, action]));
  const named = words.flatMap((word) => (word.startsWith('-') ? [] : word.split('.')));
  if (named[0] === 'git') return { command: 'git', capability: null };
  for (let count = Math.min(named.length, 4); count > 0; count--) {
    const dotted = named.slice(0, count).join('.');
    if (!shapes.has(dotted)) continue;
    const action = shapes.get(dotted);
    const capability = action === undefined ? capabilityOf(`query.${dotted}`) : capabilityOf(action);
    return { command: dotted.replaceAll('.', ' '), capability };
  }
  return undefined;
}

/** Whether what is granted lets it run that command. */
export function mayRun(granted: readonly string[], { capability }: Need): boolean {
  return capability === null || botCovers(granted, capability);
}

/** One line a person reads before saying yes. */
export function describeBotCapability(capability: string): string {
  if (capability === '*') return 'whatever you may do';
  if (capability === 'query:*') return 'ask bit whatever it can be asked';
  if (capability === 'tree:read') return 'read every file of the work tree';
  const [area = '', ...rest] = capability.split(':');
  if (area === 'network')
    return rest[0] === '*'
      ? 'reach any host'
      : `reach ${rest[0]}${rest[1] === undefined ? '' : ` on port ${rest[1]}`}`;
  if (area === 'query') return `ask bit ${rest.join(' ')}`;
  if (rest.length === 1 && rest[0] === '*') return `every action of ${area}`;
  return `the action ${capability.replaceAll(':', '.')}, each time through the policy and the ledger`;
}

/** By these more than the bot's own work can come to change: a person is told so. */
const WIDE: ReadonlySet<string> = new Set([
  ...[
    '*',
    'network:*',
    'bot:deploy',
    'bot:update',
    'bot:reroute',
    'bot:deliver',
    'policy:accept',
    'key:trust',
  ],
  ...[
    'key:new',
    'token:mint',
    'ext:install',
    'ext:trust',
    'secret:set',
    'repo:push',
    'git',
    'git:push',
    'git:config',
  ],
]);

export function isWide(capability: string): boolean {
  return WIDE.has(capability);
}
