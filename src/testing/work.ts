import { delimiter, join } from 'node:path';
import { type Done, type ErrandPlace, errandSource } from '../build/index.ts';
import { BitError } from '../kernel/errors.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { parseJunit, readReport } from './junit.ts';
import { OutputCounts } from './read.ts';
import type { Suite } from './suites.ts';

/** What another machine has to know of a suite. */
export function toldSuite({ name, directory, command, path, report }: Suite): JsonObject {
  return { name, directory, command, path: [...path], ...(report === undefined ? {} : { report }) };
}

/** Runs a suite where a mesh has brought it, and counts. */
export const testWork = errandSource('test', async (place: ErrandPlace): Promise<Done> => {
  const { about, tools, root } = place;
  const { directory, command, path, report } = suiteFrom(about);
  const file = report === undefined ? undefined : join(root, directory, report);
  const before = file === undefined ? undefined : readReport(file);
  const output = new OutputCounts();
  const folders = path.map((folder) => join(root, folder));
  const exit = await tools.exec({
    argv: ['/bin/sh', '-c', command],
    cwd: directory || '.',
    env: { PATH: [...folders, tools.inherited['PATH'] ?? ''].filter((part) => part !== '').join(delimiter) },
    files: {},
    readLine: (line) => {
      output.line(line);
      return line;
    },
  });
  const fresh = file === undefined ? undefined : readReport(file);
  // one that is as it was may be of the repository
  const reported = fresh === undefined || fresh === before ? undefined : parseJunit(fresh);
  const counts = reported ?? output.counts;
  const tells = counts === undefined ? {} : { counts: counts as unknown as Json };
  return { exit, tells, files: new Map() };
});

/** @throws BitError `integrity` */
function suiteFrom(value: JsonObject): Suite {
  const { name, directory, command, path, report } = value;
  const whole =
    typeof name === 'string' &&
    typeof directory === 'string' &&
    typeof command === 'string' &&
    Array.isArray(path) &&
    path.every((one) => typeof one === 'string') &&
    (report === undefined || typeof report === 'string');
  if (!whole) throw new BitError('integrity', 'a suite without its name, folder, command or path');
  const known = { name, directory, command, path: path as readonly string[] };
  return report === undefined ? known : { ...known, report };
}
