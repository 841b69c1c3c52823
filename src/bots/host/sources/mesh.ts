import { isBitError } from '../../../kernel/errors.ts';
import type { Json } from '../../../kernel/json.ts';
import { type MeshClient, openMesh } from '../../../mesh/client/index.ts';
import type { Reader } from '../../../operation/index.ts';
import { isBotWork } from '../../elsewhere/task.ts';
import type { Happening } from '../match.ts';
import { type Found, type Looking, NOTHING, wanted } from './source.ts';

const CURSOR = 'mesh';
const PAGE = 200;
/**
 * Milliseconds for which what ended is looked through again: controllers' clocks differ, and one may end while pages are
 * read. The queue takes each end once.
 */
const OVERLAP = 60_000;
/** Milliseconds between looks. */
const PACE = 5_000;

type Mesh = Pick<MeshClient, 'jobs' | 'close'>;

/**
 * Jobs of this repository's mesh that ended, but those that handle events of bots: `JOB_RESULT` each. The controller keeps its jobs, so what ended while no
 * host ran is found later; a mesh that can't be reached is asked again. The cursor is a
 * time: only what ended since is asked for.
 */
export class MeshSource {
  readonly #reader: Reader;
  readonly #notice: (line: string) => void;
  readonly #open: (reader: Reader) => Promise<Mesh>;
  #mesh: Mesh | undefined;
  #next = 0;
  #said: string | undefined;

  constructor(
    reader: Reader,
    notice: (line: string) => void,
    open: (reader: Reader) => Promise<Mesh> = (from) => openMesh(from, { controller: undefined }),
  ) {
    this.#reader = reader;
    this.#notice = notice;
    this.#open = open;
  }

  async look(looking: Looking): Promise<Found> {
    const now = this.#reader.now().getTime();
    if (!wanted(looking, 'mesh') || now < this.#next) return NOTHING;
    this.#next = now + PACE;
    try {
      this.#mesh ??= await this.#open(this.#reader);
      const found = await this.#ended(this.#mesh, looking);
      this.#said = undefined;
      return found;
    } catch (error) {
      if (!isBitError(error)) throw error;
      await this.close();
      if (this.#said !== error.message) this.#notice(`the mesh is not heard: ${error.message}`);
      this.#said = error.message;
      return NOTHING;
    }
  }

  async #ended(mesh: Mesh, { cursor, since, bots }: Looking): Promise<Found> {
    const known = cursor(CURSOR);
    const from = typeof known === 'string' ? known : new Date(Math.min(...bots.map(since))).toISOString();
    const happenings: Happening[] = [];
    let latest = '';
    let after: string | undefined;
    do {
      const { jobs, next } = await mesh.jobs({
        ended_since: from,
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const job of jobs) {
        const at = String(job.ended_at ?? '');
        // in the middle of being asked for once more, or at no time there is
        if (Number.isNaN(Date.parse(at))) continue;
        if (at > latest) latest = at;
        if (isBotWork(job.summary?.replace(/^workflow /, ''))) continue;
        happenings.push({
          id: `mesh:${job.job_id}/${at}`,
          ...{ event: 'mesh', kind: 'JOB_RESULT', ts: at },
          facts: JSON.parse(JSON.stringify(job)) as Happening['facts'],
        });
      }
      after = next;
      // the cursor moves once all pages were seen: they are in the order jobs were submitted in, not ended
    } while (after !== undefined);
    const next = latest === '' ? from : this.#after(latest, from);
    const cursors: Record<string, Json> = next === known ? {} : { [CURSOR]: next };
    return { happenings, cursors };
  }

  /** Where the next look begins, once what ended last did so at `latest`: never behind, and past it once it is some time ago. */
  #after(latest: string, from: string): string {
    const ended = Date.parse(latest);
    const over = this.#reader.now().getTime() - ended > OVERLAP;
    const next = new Date(over ? ended + 1 : ended - OVERLAP).toISOString();
    return next > from ? next : from;
  }

  async close(): Promise<void> {
    const mesh = this.#mesh;
    this.#mesh = undefined;
    await mesh?.close();
  }
}
