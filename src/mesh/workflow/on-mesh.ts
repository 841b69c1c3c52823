import { join } from 'node:path';
import type { Writer } from '../../operation/index.ts';
import type { Delegate, DelegateRequest, RunPlace } from '../../workflow/index.ts';
import type { MeshClient } from '../client/index.ts';
import type { RunSource } from './source.ts';

export interface OnMesh {
  readonly delegate: Delegate;
  /** Leaves the mesh; what runs there goes on. */
  close(): Promise<void>;
}

/**
 * Has instances of this run's jobs run on a mesh: it is looked for, and connected to, when the first of them is due.
 *
 * @param place its id is a ULID
 */
export function onMesh(writer: Writer, place: Pick<RunPlace, 'id' | 'directory'>): OnMesh {
  let client: Promise<MeshClient> | undefined;
  let delegate: Promise<Delegate> | undefined;
  const make = async (): Promise<Delegate> => {
    const [{ jobRepository, openMesh }, { MeshDelegate }, { sourceOfRun }] = await Promise.all([
      import('../client/index.ts'),
      import('./delegate.ts'),
      import('./source.ts'),
    ]);
    const { git, signal } = writer;
    return new MeshDelegate({
      run: place.id,
      mesh: () => {
        client ??= openMesh(writer);
        client.catch(() => {
          client = undefined;
        });
        return client;
      },
      source: async () => {
        const source = await sourceOfRun({ git, directory: join(place.directory, 'delegated'), signal });
        const along = goesAlong(source);
        if (along !== undefined) writer.notice(along);
        return source;
      },
      repo: ({ remote, branch }) => jobRepository(remote ?? git.paths.root ?? git.paths.gitDir, branch),
    });
  };
  return {
    delegate: {
      placement: 'mesh',
      async run(request: DelegateRequest) {
        delegate ??= make();
        return (await delegate).run(request);
      },
    },
    async close() {
      await (await client?.catch(() => undefined))?.close();
    },
  };
}

/** What the remote has not, as a person is told it. */
function goesAlong({ bundle, remote, unpushed, changed }: RunSource): string | undefined {
  if (bundle === undefined) return undefined;
  const size = `${Math.ceil(bundle.size / 1024)} kB`;
  const parts = [
    ...(unpushed > 0 ? [`${unpushed} ${unpushed === 1 ? 'commit' : 'commits'} not pushed`] : []),
    ...(changed > 0 ? [`${changed} changed ${changed === 1 ? 'file' : 'files'} not committed`] : []),
  ];
  const why = remote === undefined ? 'there is no remote to fetch from' : parts.join(' and ');
  return `note: the jobs take the work tree along as a bundle of ${size}: ${why}`;
}
