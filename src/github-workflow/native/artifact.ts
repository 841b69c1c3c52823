import { join, relative, sep } from 'node:path';
import { BitError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/text.ts';
import { globFiles } from '../glob.ts';
import { matchesGlob } from '../pattern.ts';
import type { NativeAction } from './index.ts';
import { flag, input, insideWorkspace, lines } from './inputs.ts';

/** What GitHub refuses in the name of an artifact. */
const BAD_NAME = /["/\\:<>|*?\r\n\0]/;

function checkName(name: string): string {
  if (name === '' || name === '.' || name === '..' || BAD_NAME.test(name))
    throw new BitError(
      'usage',
      `${JSON.stringify(name)} is no name of an artifact: none of " : < > | * ? / \\ and no line end may be in it`,
    );
  return name;
}

/** Files by glob into the run's artifacts. Only files of the workspace or of the job's own folder go in. */
export const uploadArtifact: NativeAction = {
  defaults: { name: 'artifact', 'if-no-files-found': 'warn' },
  async run(call) {
    const { tools } = call;
    const name = checkName(input(call, 'name'));
    const patterns = lines(call, 'path');
    if (patterns.length === 0) throw new BitError('usage', 'upload-artifact needs a path');
    const { workspace, temporary } = tools.state;
    const { files, root, bases } = globFiles(patterns, {
      root: workspace,
      hidden: flag(call, 'include-hidden-files'),
    });
    const within = (path: string): boolean =>
      [workspace, temporary].some((folder) => path === folder || path.startsWith(folder + sep));
    const outside = [...bases, ...files].find((path) => !within(path));
    if (outside !== undefined)
      throw new BitError(
        'usage',
        `upload-artifact: ${outside} is neither in the workspace nor in the job's own folder`,
      );
    if (files.length === 0) {
      const message = `no file matches ${patterns.join(' ')}`;
      const when = input(call, 'if-no-files-found');
      if (when === 'error') throw new BitError('not-found', `upload-artifact: ${message}`);
      if (when !== 'ignore') tools.annotate({ level: 'warning', message: `${message}: no artifact ${name}` });
      return;
    }
    const days = Number(input(call, 'retention-days') || '0');
    const artifact = await tools.artifacts.put(
      name,
      files.map((from) => ({ path: relative(root, from).split(sep).join('/'), from })),
      { replace: flag(call, 'overwrite'), ...(days > 0 ? { retentionDays: days } : {}) },
    );
    tools.log(
      `${artifact.files.length} files, ${artifact.size} bytes, as ${name}: sha256 ${artifact.digest}`,
    );
    tools.output('artifact-id', artifact.digest.slice(0, 16));
    tools.output('artifact-digest', artifact.digest);
  },
};

/** One artifact into a folder, or each that matches into a folder of its name. */
export const downloadArtifact: NativeAction = {
  defaults: {},
  async run(call) {
    const { tools } = call;
    const folder = insideWorkspace(call, input(call, 'path') || '.');
    const name = input(call, 'name');
    const known = tools.artifacts.list().map((artifact) => artifact.name);
    if (name !== '') {
      if (!known.includes(checkName(name))) {
        const near = nearest(name, known);
        throw new BitError('not-found', `download-artifact: the run has no artifact ${name}`, {
          hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `it has ${known.join(', ') || 'none'}`,
        });
      }
      await tools.artifacts.get(name, folder);
    } else {
      const pattern = input(call, 'pattern') || '*';
      const merged = flag(call, 'merge-multiple');
      for (const each of known.filter((candidate) => matchesGlob(pattern, candidate)))
        await tools.artifacts.get(each, merged ? folder : join(folder, checkName(each)));
    }
    tools.output('download-path', folder);
  },
};
