import { isBitError } from '../../../kernel/errors.ts';
import type { Json } from '../../../kernel/json.ts';
import { openMesh } from '../../../mesh/client/index.ts';
import type { Reader } from '../../../operation/index.ts';
import type { Happening } from '../match.ts';
import { type Found, type Looking, NOTHING, wanted } from './source.ts';

const CURSOR = 'mesh';
const PAGE = 200;
/** Milliseconds between looks. */
const PACE = 5_000;

type Mesh = Awaited<ReturnType<typeof openMesh>>;

/**
 * Jobs of this repository's mesh that ended: `JOB_RESULT` each. The controller keeps its jobs, so what ended while no
 * host ran is found later; a mesh that can't be reached is asked again.
 */
export class MeshSource {
  readonly #reader: Reader;
  readonly #notice: (line: string) => void;
  #mesh: Mesh | undefined;
  #next = 0;
  #said: string | undefined;

  constructor(reader: Reader, notice: (line: string) => void) {
    this.#reader = reader;
    this.#notice = notice;
  }

  async look(looking: Looking): Promise<Found> {
    const now = this.#reader.now().getTime();
    if (!wanted(looking, 'mesh') || now < this.#next) return NOTHING;
    this.#next = now + PACE;
    try {
      this.#mesh ??= await openMesh(this.#reader, { controller: undefined });
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
    let latest = from;
    let after: string | undefined;
    do {
      const { jobs, next } = await mesh.jobs({
        standard: ['CompletedSuccessfully', 'Failed', 'Cancelled'],
        limit: PAGE,
        ...(after === undefined ? {} : { after }),
      });
      for (const job of jobs) {
        const at = String(job.ended_at ?? '');
        if (at === '' || at < from) continue;
        if (at > latest) latest = at;
        happenings.push({
          id: `mesh:${job.job_id}/${at}`,
          ...{ event: 'mesh', kind: 'JOB_RESULT', ts: at },
          facts: JSON.parse(JSON.stringify(job)) as Happening['facts'],
        });
      }
      after = next;
      // newest submitted first: one that ran long may have ended late, so every page is looked through, and the
      // cursor moves past what ended before only once all of it was seen
    } while (after !== undefined);
    const cursors: Record<string, Json> = latest === known ? {} : { [CURSOR]: latest };
    return { happenings, cursors };
  }

  async close(): Promise<void> {
    const mesh = this.#mesh;
    this.#mesh = undefined;
    await mesh?.close();
  }
}
