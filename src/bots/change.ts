import { BitError } from '../kernel/errors.ts';
import type { Effect, Reader, Writer } from '../operation/index.ts';
import {
  type BotPlace,
  botPlace,
  deployedNamed,
  deployedPath,
  readDeployed,
  writeDeployed,
} from './deployed.ts';
import type { DeployedBot } from './model.ts';

export interface Changed {
  readonly before: DeployedBot;
  readonly after: DeployedBot;
}

interface Change<Out extends object> {
  readonly summary: string;
  readonly event?: string;
  readonly plan: readonly string[];
  readonly confirm?: string;
  readonly changes: readonly Changed[];
  readonly out: (writer: Writer) => Out;
}

/** Changes what is deployed: all of these bots or, where one of them was changed meanwhile, none. Who calls it says the target. */
export function changeDeployed<Out extends object>(
  place: BotPlace,
  change: Change<Out>,
): Omit<Effect<Out>, 'target'> {
  const { summary, event, plan, confirm, changes, out } = change;
  return {
    summary,
    ...(event === undefined ? {} : { event }),
    ...(confirm === undefined ? {} : { confirm }),
    plan,
    touches: {
      refs: [],
      files: changes.map(({ before }) => deployedPath(place, before.scope, before.manifest.name)),
    },
    async run(writer) {
      const now = readDeployed(place).bots;
      for (const { before } of changes)
        if (!now.some((one) => JSON.stringify(one) === JSON.stringify(before)))
          throw new BitError(
            'changed',
            `bot ${before.manifest.name} was changed meanwhile; nothing was written`,
          );
      for (const { after } of changes) writeDeployed(place, after);
      return out(writer);
    },
  };
}

/** Which bots a word means: one by its name, or all of `repo`, `org` or `all`. */
export async function botsMeant(
  reader: Reader,
  word: string,
): Promise<{
  readonly place: BotPlace;
  readonly bots: readonly DeployedBot[];
  readonly scope: string | null;
}> {
  const place = await botPlace(reader);
  if (word !== 'repo' && word !== 'org' && word !== 'all')
    return { place, bots: [deployedNamed(place, word)], scope: null };
  const { bots } = readDeployed(place);
  const meant = bots.filter(({ scope }) => word === 'all' || (word === 'repo') === (scope === 'repo'));
  if (meant.length === 0) throw noBots(word);
  return { place, bots: meant, scope: word };
}

function noBots(word: string): BitError {
  const where = word === 'all' ? 'here' : word === 'repo' ? 'for this repository' : 'for its owner';
  return new BitError('not-found', `no bot is deployed ${where}`, { hint: 'bit bot deploy NAME' });
}
