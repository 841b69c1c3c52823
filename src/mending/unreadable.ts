import { isBitError } from '../kernel/errors.ts';
import { findAll } from '../runs/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import type { Failure } from './failed.ts';
import type { Verdict } from './judge.ts';
import { type JobPlace, kindOf } from './locate.ts';
import type { Change } from './model.ts';

/** A workflow whose file can't be read, as a step that failed before there was a run. */
export async function unreadableWorkflows(
  files: SourceFiles,
  commit: string | null,
): Promise<readonly Failure[]> {
  const found = await findAll(files);
  return found.flatMap(({ source, path, fault }): readonly Failure[] => {
    if (fault === undefined || (source !== 'native' && source !== 'github')) return [];
    const place: JobPlace = { source, path, job: '', instance: '', prefix: '' };
    const line = /:(\d{1,7}):\d{1,7}: /.exec(fault)?.[1];
    return [
      {
        place,
        title: `read ${path}`,
        failed: {
          ...{
            run: '',
            job: '',
            step: '',
            index: 0,
            command: null,
            uses: null,
            shell: null,
            workingDirectory: '.',
          },
          workflow: { path, kind: kindOf(place), line: line === undefined ? null : Number(line) },
          workspace: files.root,
          ...{ exit: null, signal: null, timedOut: false, milliseconds: 0, log: fault, commit },
        },
      },
    ];
  });
}

/** Whether a workflow can be read once files are changed, and every other one as well as before. */
export async function readable(
  files: SourceFiles,
  place: JobPlace,
  changes: readonly Change[],
): Promise<Verdict> {
  const verdict = (kind: Verdict['kind'], what: string): Verdict => ({ kind, what, tail: [] });
  const [before, after] = await Promise.all([faultsOf(files), faultsOf(changed(files, changes))]);
  if (!after.has(place.path)) return verdict('breaks', `with it there is no workflow ${place.path} any more`);
  const broken = [...after].find(([path, fault]) => fault !== null && before.get(path) === null);
  if (broken !== undefined) return verdict('breaks', `with it ${broken[1] ?? broken[0]}`);
  const fault = after.get(place.path) ?? null;
  return fault === null
    ? verdict('fixed', 'the file could not be read without it, and can with it')
    : verdict('still-fails', `with it the file still can’t be read: ${fault}`);
}

async function faultsOf(files: SourceFiles): Promise<ReadonlyMap<string, string | null>> {
  return new Map((await findAll(files)).map(({ path, fault }) => [path, fault ?? null]));
}

/** The files as a candidate would have them. */
function changed(files: SourceFiles, changes: readonly Change[]): SourceFiles {
  const now = new Map(changes.map(({ path, content }) => [path, content]));
  return {
    root: files.root,
    read(path) {
      const content = now.get(path);
      return content === undefined ? files.read(path) : (content?.toString('utf8') ?? undefined);
    },
    list(folder) {
      const names = new Set(files.list(folder));
      for (const [path, content] of now) {
        const name = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
        if (name === '' || name.includes('/')) continue;
        if (content === null) names.delete(name);
        else names.add(name);
      }
      return [...names].sort();
    },
  };
}

/** The workflow somebody means by a name or a path, where its file can't be read. */
export async function unreadableNamed(
  files: SourceFiles,
  name: string,
  commit: string | null,
): Promise<Failure | undefined> {
  try {
    const all = await findAll(files);
    const meant = all.find((one) => one.path === name.replace(/^\.\//, '') || one.name === name);
    if (meant?.fault === undefined) return undefined;
    return (await unreadableWorkflows(files, commit)).find(({ place }) => place.path === meant.path);
  } catch (error) {
    if (!isBitError(error)) throw error;
    return undefined;
  }
}
