import { isBitError } from '../kernel/errors.ts';
import type { Reader } from '../operation/index.ts';
import { workTreeFiles } from '../runs/index.ts';
import type { SourceFiles } from '../workflow/index.ts';
import { fuseWorkflows } from './fuse-workflows.ts';
import type { PlannedWorkflow } from './model.ts';
import type { Made, Tree } from './tree.ts';

/** Workflows that could be one; each of them at most once. */
export async function fusedFiles(
  reader: Reader,
  tree: Tree,
  paths: readonly { readonly path: string; readonly kind: PlannedWorkflow['kind'] }[],
): Promise<readonly Made[]> {
  const made: Made[] = [];
  const texts = paths.flatMap(({ path, kind }) => {
    const text = kind === 'flow' ? '' : tree.workflow(path, kind);
    return typeof text === 'string' ? [] : [text];
  });
  const gone = new Set<string>();
  for (const [at, one] of texts.entries()) {
    for (const other of texts.slice(at + 1)) {
      if (gone.has(one.path) || gone.has(other.path)) continue;
      const named = await mentioned(reader, [one.path, other.path]);
      const fused = fuseWorkflows(one, other, named);
      if (fused === undefined) continue;
      gone.add(one.path).add(other.path);
      made.push({
        kind: 'fuse',
        title: `${one.path} and ${other.path} become one workflow of one job, ${fused.id}`,
        because: [
          `both run on the same events and begin with the same ${fused.shared} steps, which then run once`,
          'as one they take one slot where they took two',
        ],
        saves: null,
        proof: 'review',
        doubts: fused.doubts,
        texts: new Map<string, string | null>([
          [one.path, fused.text],
          [other.path, null],
        ]),
      });
    }
  }
  return made;
}

/** Whether anything that names workflows has one of the names in it. */
async function mentioned(
  { git }: Reader,
  own: readonly string[],
): Promise<(names: readonly string[]) => boolean> {
  const places = ['.bithub.yml', '.bithub', '.github', '.bit'];
  const { stdout } = await git.read(
    ['--literal-pathspecs', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...places],
    {},
  );
  const files = workTreeFiles(git.paths.root ?? '');
  const texts = stdout
    .split('\0')
    .filter((path) => path !== '' && !own.includes(path))
    .slice(0, 2000)
    .map((path) => textOf(files, path));
  return (names) =>
    texts.some((text) =>
      names.some((name) =>
        new RegExp(`(?<![\\w-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-])`, 'u').test(text),
      ),
    );
}

function textOf(files: SourceFiles, path: string): string {
  try {
    return files.read(path) ?? '';
  } catch (error) {
    if (isBitError(error)) return '';
    throw error;
  }
}
