/**
 * Kills `bit` at random moments and looks at what is left: four processes at once over commit, merge, sync and branch
 * delete, with plain git beside them, round after round.
 *
 * After each round: no hang, nothing acknowledged is lost, the chain verifies, `git fsck` is clean, `bit repair`
 * settles every open intent, and both plain git and `bit` go on. The ground of a failed round is kept and named.
 */
import { ACTORS, prepareDeed, runRound } from './actors.ts';
import { checkRound, type Figures, noFigures } from './checks.ts';
import { type Ground, prepareGround } from './ground.ts';
import { random } from './random.ts';

/** A new clone after this many rounds, so that each round's checks stay quick. */
const ROUNDS_A_GROUND = 25;

export interface KillCampaign {
  readonly rounds: number;
  readonly seed: number;
}

const figures = noFigures();
const started = performance.now();
let failures = 0;
/** Kills fall into this many milliseconds after the start; follows the machine so that about half of them hit. */
let window = 600;

/** False where a round failed. */
export async function killCampaign({ rounds, seed }: KillCampaign): Promise<boolean> {
  process.stdout.write(`${rounds} rounds, seed ${seed}\n`);
  let ground: Ground | undefined;
  for (let round = 0; round < rounds; round++) {
    if (round % ROUNDS_A_GROUND === 0 || ground === undefined) {
      ground?.remove();
      ground = await prepareGround();
    }
    const wrong = await oneRound(ground, round, seed);
    for (const line of wrong) process.stdout.write(`round ${round}: ${line}\n`);
    if (wrong.length > 0) {
      failures += 1;
      process.stdout.write(`round ${round} failed; its ground is kept: ${ground.root}\n`);
      ground = undefined;
      if (failures >= 10) break;
    } else if ((round + 1) % 100 === 0) process.stdout.write(`${round + 1} rounds done\n`);
  }
  ground?.remove();
  tell(figures);
  return failures === 0;
}

async function oneRound(place: Ground, round: number, seed: number): Promise<string[]> {
  const dice = random(seed * 7919 + round);
  const deeds = [];
  for (let actor = 0; actor < ACTORS; actor++) deeds.push(await prepareDeed(place, round, actor, dice));
  const { ends, plain } = await runRound(place, round, deeds, dice, window);
  const killed = ends.filter((end) => end.signal !== null).length;
  window = Math.min(5000, Math.max(200, window * (killed > ACTORS / 2 ? 1.1 : 0.94)));
  figures.rounds += 1;
  return checkRound(place, { deeds, ends, plain }, figures);
}

function tell(found: Figures): void {
  const minutes = (performance.now() - started) / 60_000;
  const rows: readonly (readonly [string, string | number])[] = [
    ['rounds', found.rounds],
    ['bit processes', found.processes],
    ['killed', found.killed],
    ['acknowledged', found.acknowledged],
    ['refused (conflicts, locks, lost races)', found.refused],
    ['plain git commits', found.plainCommits],
    ['plain git refs', found.plainRefs],
    ['plain git met a lock', found.plainRefused],
    ['open intents settled as done', found.settledDone],
    ['open intents settled as not done', found.settledUndone],
    ['git locks left and removed', found.locksLeft],
    ['rounds that ended in the middle of a merge or rebase', found.leftInProgress],
    ['most entries in one ledger', found.entries],
    ['failed rounds', failures],
    ['minutes', minutes.toFixed(1)],
  ];
  for (const [name, value] of rows) process.stdout.write(`${name}: ${value}\n`);
}
