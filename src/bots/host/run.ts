import { join } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { isHeld, tryLock } from '../../kernel/lock.ts';
import type { Effect, Reader } from '../../operation/index.ts';
import { botPlace, readDeployed } from '../deployed.ts';
import { subscriptionsOf } from '../model.ts';
import { botsDirectory } from './database.ts';
import type { BotSeam } from './seam.ts';
import { Session } from './session.ts';
import type { Webhooks } from './sources/github.ts';

export interface RunBots {
  readonly seam: BotSeam;
  /** See to what waits now, and end. */
  readonly once: boolean;
  /** Where and by which secret GitHub's webhooks are taken; undefined: not at all. */
  readonly webhooks: Webhooks | undefined;
  /** Bots at work at one time. */
  readonly parallel: number;
}

/** What a host did from its start to its end. */
export interface BotSession {
  readonly queued: number;
  readonly done: number;
  /** Tries that failed; some of them went well later. */
  readonly failed: number;
  /** Given up. */
  readonly dead: number;
  /** In the queue still. */
  readonly waiting: number;
  /** Where it listened for webhooks. */
  readonly address: string | null;
}

function hostLock(stateDirectory: string): string {
  return join(botsDirectory(stateDirectory), 'host.lock');
}

/** Whether a process hosts the bots now. */
export function hostRuns(stateDirectory: string): boolean {
  return isHeld(hostLock(stateDirectory));
}

/**
 * Hosts the deployed bots until Ctrl-C, or with `once` sees to what waits and ends. One operation from start to end,
 * beside others; what bots do are operations of their own.
 *
 * @throws BitError `busy` where another process hosts them; `usage` where none is deployed
 */
export async function runBots(reader: Reader, request: RunBots): Promise<Effect<BotSession>> {
  const { stateDirectory } = reader;
  const place = await botPlace(reader);
  const { bots, damaged } = readDeployed(place);
  const [fault] = damaged;
  if (bots.length === 0)
    throw new BitError(
      fault === undefined ? 'usage' : 'integrity',
      fault === undefined ? 'no bot is deployed here' : `${fault.path}: ${fault.why}`,
      {
        hint: 'deploy one with: bit bot deploy <name>',
      },
    );
  return {
    summary: request.once ? 'have the bots see to what waits' : 'host the bots',
    target: { mode: 'run', once: request.once, bots: bots.map(({ manifest }) => manifest.name) },
    plan: bots.map((bot) => {
      const { name } = bot.manifest;
      const events = [...new Set(subscriptionsOf(bot).map(({ event }) => event))].join(', ');
      return `${name}: ${bot.paused ? 'is paused; its events wait' : `hears of ${events || 'nothing'}`}`;
    }),
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      const lock = tryLock(hostLock(stateDirectory));
      if (lock === undefined)
        throw new BitError('busy', 'another process hosts the bots of this repository', {
          hint: 'end it first, or leave it to that one',
        });
      try {
        return await new Session(writer, place, request).run();
      } finally {
        lock.release();
      }
    },
    record: (session) => ({ ...session }),
  };
}
