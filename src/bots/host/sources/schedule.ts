import type { Json } from '../../../kernel/json.ts';
import { parseCron } from '../../../schedule/index.ts';
import { subscriptionsOf } from '../../model.ts';
import type { Happening } from '../match.ts';
import type { Source } from './source.ts';

/**
 * The times of schedules that came, in UTC. Of those that came while nobody looked the last one alone is told of, as
 * `bit schedule` does, with how many came before it.
 */
export const scheduleSource: Source = async ({ reader, bots, since, cursor }) => {
  const now = reader.now();
  const happenings: Happening[] = [];
  const cursors: Record<string, Json> = {};
  for (const bot of bots) {
    const { name } = bot.manifest;
    const lines = subscriptionsOf(bot).flatMap(({ event, cron }) =>
      event === 'schedule' && cron !== undefined ? [cron] : [],
    );
    for (const cron of new Set(lines)) {
      const key = `schedule:${name}:${cron}`;
      const known = cursor(key);
      const from = typeof known === 'string' ? new Date(known) : new Date(since(bot));
      const pattern = parseCron(cron, 'UTC');
      if ((pattern.nextRun(from)?.getTime() ?? Number.POSITIVE_INFINITY) > now.getTime()) continue;
      const at = pattern.previousRuns(1, new Date(now.getTime() + 1))[0];
      if (at === undefined || at <= from) continue;
      const iso = at.toISOString();
      cursors[key] = iso;
      happenings.push({
        id: `schedule:${name}/${iso}`,
        ...{ event: 'schedule', kind: 'schedule', ts: iso, only: name },
        facts: { at: iso, cron },
      });
    }
  }
  return { happenings, cursors };
};
