import { waitingEvents } from '../hooks/index.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { clearEvents, consume, dueNow, type Fired, takeTurn } from './consume.ts';

export interface FireResult {
  readonly fired: readonly Fired[];
}

/**
 * Starts what the events that wait are for: what the hooks call. Where none is for a trigger they are taken away and
 * nothing is recorded; where another process does it already, that one sees them too.
 */
export async function fireTriggers(reader: Reader): Promise<Effect<FireResult> | Answer<FireResult>> {
  const { stateDirectory } = reader;
  const waiting = waitingEvents(stateDirectory).length;
  if (!(await dueNow(reader))) {
    return {
      reads: 'trigger.list',
      async answer(dryRun) {
        const turn = dryRun ? undefined : takeTurn(stateDirectory);
        // what came meanwhile is looked at by who came with it
        if (turn !== undefined && waitingEvents(stateDirectory).length === waiting)
          clearEvents(stateDirectory);
        turn?.release();
        return { fired: [] };
      },
    };
  }
  return {
    summary: 'run what triggers are for',
    target: { mode: 'fire' },
    plan: [`look at ${waiting} ${waiting === 1 ? 'event' : 'events'} and start what triggers say`],
    touches: { refs: [] },
    beside: true,
    async run(writer) {
      const fired: Fired[] = [];
      // who found the turn taken has gone: what it came for is looked at once more after the turn was given back
      while (waitingEvents(stateDirectory).length > 0 && !writer.signal.aborted) {
        const turn = takeTurn(stateDirectory);
        if (turn === undefined) break;
        try {
          fired.push(...(await consume(writer)));
        } finally {
          turn.release();
        }
      }
      return { fired };
    },
    record: ({ fired }) => ({ fired: fired.map((one) => ({ ...one })) }),
  };
}
