import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Paper } from '../kernel/paper.ts';
import { nearest, printable, shorten } from '../kernel/text.ts';
import type { Answer, Effect, Reader } from '../operation/index.ts';
import { readYamlText } from '../specification/index.ts';
import { adaptWorkflow } from './adapt.ts';
import { applyEdits, unifiedDiff } from './edits.ts';

const FOLDER = '.github/workflows';

export interface TransformedFile {
  readonly path: string;
  readonly notes: readonly string[];
  /** A patch as `git apply` takes it; empty where nothing changes. */
  readonly diff: string;
}

export interface Transformed {
  readonly files: readonly TransformedFile[];
  readonly applied: boolean;
}

/**
 * GitHub workflows adapted: shown as a diff, or written.
 *
 * @throws BitError `not-found` for a workflow that isn't there, with the nearest; `usage` for one that is no YAML
 */
export async function transformWorkflows(
  reader: Reader,
  options: { readonly names: readonly string[]; readonly apply: boolean },
): Promise<Effect<Transformed> | Answer<Transformed>> {
  const root = reader.repository?.root;
  if (root === undefined) throw new BitError('not-found', `${reader.cwd} is not inside a work tree`);
  const paths = chosen(reader, root, options.names);
  const outputs = { build: buildOutput(root) };
  const made = paths.map((path) => {
    const text = readYamlText(root, path) ?? '';
    const { edits, notes } = adaptWorkflow(path, text, outputs);
    const after = applyEdits(text, edits);
    // what it made must still be the YAML it was, told before anything is written
    adaptWorkflow(path, after, outputs);
    return { path, notes, diff: unifiedDiff(path, text, edits), after };
  });
  const files = made.map(({ path, notes, diff }) => ({ path, notes, diff }));
  if (!options.apply) return { reads: 'evolve.transform', answer: async () => ({ files, applied: false }) };
  const changed = made.filter(({ diff }) => diff !== '');
  return {
    summary: `adapt ${changed.length} workflows`,
    target: { paths: changed.map(({ path }) => path), scope: 'workflows' },
    plan: changed.flatMap(({ path, notes }) => notes.map((note) => `${path}:${note}`)),
    touches: { refs: [], files: changed.map(({ path }) => join(root, path)) },
    async run() {
      for (const { path, after } of changed)
        writeFileAtomic(join(root, path), after, { mode: lstatSync(join(root, path)).mode & 0o777 });
      return { files, applied: true };
    },
    record: () => ({ paths: changed.map(({ path }) => path) }),
  };
}

function chosen(reader: Reader, root: string, names: readonly string[]): string[] {
  const folder = join(root, FOLDER);
  const all =
    lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
      ? readdirSync(folder)
          .filter((name) => /\.ya?ml$/.test(name))
          .sort()
      : [];
  if (names.length === 0) {
    if (all.length > 0) return all.map((name) => `${FOLDER}/${name}`);
    throw new BitError('not-found', `there is no workflow in ${FOLDER}`);
  }
  return names.map((name) => {
    const path = relative(root, resolve(reader.cwd, name)).replaceAll('\\', '/');
    const found = all.find(
      (one) => path === `${FOLDER}/${one}` || one === name || one.replace(/\.ya?ml$/, '') === name,
    );
    if (found !== undefined) return `${FOLDER}/${found}`;
    const near = nearest(
      name,
      all.map((one) => one.replace(/\.ya?ml$/, '')),
    );
    throw new BitError('not-found', `there is no workflow ${printable(shorten(name))} in ${FOLDER}`, {
      hint: near.length > 0 ? `did you mean: ${near.join(', ')}` : `there are: ${all.join(', ') || 'none'}`,
    });
  });
}

/** Where builds of this project leave their files: a folder that is there, what its tools say, else any dist. */
function buildOutput(root: string): string {
  for (const folder of ['dist', 'build', 'out', 'public', '_site']) {
    if (lstatSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory() === true)
      return `${folder}/**`;
  }
  const declared = declaredOutput(root);
  if (declared !== undefined) return declared;
  const tools: readonly (readonly [string, string])[] = [
    ['Cargo.toml', 'target/release/**'],
    ['pom.xml', 'target/*.jar'],
    ['build.gradle', 'build/libs/**'],
    ['build.gradle.kts', 'build/libs/**'],
    ['pyproject.toml', 'dist/**'],
    ['CMakeLists.txt', 'build/**'],
  ];
  return tools.find(([file]) => existsSync(join(root, file)))?.[1] ?? '**/dist/**';
}

/** `outDir` of tsconfig.json, or the folder of package.json's main. */
function declaredOutput(root: string): string | undefined {
  for (const [file, pattern] of [
    ['tsconfig.json', /"outDir"\s*:\s*"(?:\.\/)?([A-Za-z0-9_.-]{1,64})\/?"/],
    ['package.json', /"main"\s*:\s*"(?:\.\/)?([A-Za-z0-9_-]{1,64})\//],
  ] as const) {
    const path = join(root, file);
    if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const folder = pattern.exec(readFileSync(path, 'utf8').slice(0, 100_000))?.[1];
    if (folder !== undefined && folder !== 'src' && folder !== '..') return `${folder}/**`;
  }
  return undefined;
}

export function renderTransformed({ files, applied }: Transformed, page: Paper): void {
  const changed = files.filter(({ diff }) => diff !== '');
  for (const { path, notes, diff } of files) {
    for (const note of notes) page.line(page.safe(`${path}:${note}`));
    if (applied) continue;
    for (const line of diff.split('\n').slice(0, -1)) {
      const text = page.safe(line);
      page.line(
        line.startsWith('+') ? page.style.green(text) : line.startsWith('-') ? page.style.red(text) : text,
      );
    }
  }
  if (changed.length === 0) page.line('nothing to adapt');
  else
    page.line(applied ? `adapted ${changed.length}; take it back with: bit undo` : 'write it with: --apply');
}
