import { posix } from 'node:path';
import { inFolder, invocationsOf } from '../invocation.ts';
import { LOCK_FILES } from '../locks.ts';
import type { Bench, Change, FailedStep, Finding, Fixer } from '../model.ts';
import { bare, quoted } from '../shell-text.ts';
import { remake } from './lockfile-drift.ts';

const MOST_BYTES = 16 << 20;
/** Files that programs write and people don't, beside lock files. */
const GENERATED = [
  '**/__snapshots__/**',
  '**/*.snap',
  '**/*.snapshot',
  'dist/**',
  '**/dist/**',
  'build/**',
  'lib/**',
  'out/**',
  '**/generated/**',
  '**/*.generated.*',
  '**/*.min.js',
  '**/*.min.css',
  '**/*.pb.go',
  '**/*_pb2.py',
];
const SNAPSHOT = /(?:^|\/)__snapshots__\/|\.snap(?:shot)?$/;

interface Conflicted {
  readonly path: string;
  /** Of the first marker, 1 the first. */
  readonly line: number;
}

/** Conflict markers that a merge left in files which programs make: the program makes them again. */
export const generatedConflict: Fixer = {
  name: 'generated-conflict',
  title: 'a generated file holds conflict markers',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    const locks = await conflictedFiles(
      bench,
      LOCK_FILES.flatMap(({ file }) => [file, `**/${file}`]),
    );
    for (const conflicted of locks) found.push(await lockFinding(conflicted, bench));
    const taken = new Set(locks.map(({ path }) => path));
    const made = (await conflictedFiles(bench, GENERATED)).filter(({ path }) => !taken.has(path));
    if (made.length > 0) found.push(await generatedFinding(failure, bench, made));
    for (const { path } of made) taken.add(path);
    const others = (await conflictedFiles(bench, pathsIn(failure))).filter(({ path }) => !taken.has(path));
    // what people wrote decides what is made from it
    if (others.length > 0) return [...found.map(withoutChanges), handWritten(others)];
    return found;
  },
};

async function conflictedFiles(bench: Bench, globs: readonly string[]): Promise<readonly Conflicted[]> {
  if (globs.length === 0) return [];
  const found: Conflicted[] = [];
  for (const path of (await bench.list(globs)).slice(0, 2000)) {
    const bytes = await bench.read(path);
    if (bytes === undefined || bytes.length > MOST_BYTES || !bytes.includes('<<<<<<< ')) continue;
    const lines = bytes.toString('utf8').split('\n');
    const line = lines.findIndex((one) => one.startsWith('<<<<<<< '));
    if (line >= 0 && lines.some((one, at) => at > line && one.startsWith('>>>>>>> ')))
      found.push({ path, line: line + 1 });
  }
  return found;
}

/** Files the log names, as globs that match just them. */
function pathsIn(failure: FailedStep): readonly string[] {
  const found = new Set<string>();
  const log = failure.log.slice(-64 * 1024).replaceAll(`${failure.workspace}/`, '');
  for (const [word] of log.matchAll(/[\w@.][\w@./-]{0,200}\.[A-Za-z]\w{0,8}\b/g)) {
    if (found.size >= 200) break;
    if (!word.includes('..')) found.add(posix.normalize(word));
  }
  return [...found];
}

async function lockFinding({ path, line }: Conflicted, bench: Bench): Promise<Finding> {
  const lock = LOCK_FILES.find(({ file }) => file === posix.basename(path)) ?? LOCK_FILES[0];
  const base = { fixer: 'generated-conflict', cause: `${path} holds both sides of a merge` };
  const evidence = { file: path, line, text: 'a conflict marker' };
  if (lock === undefined)
    return { ...base, evidence: [evidence], confidence: 0.5, changes: null, advice: null };
  const folder = posix.dirname(path);
  const manifest = posix.join(folder, lock.manifest);
  if ((await conflictedFiles(bench, [manifest])).length > 0)
    return {
      ...base,
      evidence: [evidence, { file: manifest, text: 'a conflict marker too' }],
      confidence: 0.9,
      changes: null,
      advice: `a person settles ${manifest} first; then: ${lock.scripts[0] ?? lock.tool}`,
    };
  const { changes, said } = await remake(lock, folder, bench, lock.merges ? '' : firstSide(lock.file));
  const clean =
    changes?.some(({ content }) => content?.includes('<<<<<<< ') === true) === true ? null : changes;
  return {
    ...base,
    evidence: [evidence, { file: path, text: said }],
    confidence: clean === null ? 0.8 : 0.95,
    changes: clean,
    advice: `${folder === '.' ? '' : `cd ${folder} && `}${lock.scripts[0] ?? lock.tool}`,
  };
}

/** The file with the first side of each conflict only, for a tool that can't read both. */
function firstSide(file: string): string {
  const name = quoted(file);
  return `sed -e '/^<<<<<<< /d' -e '/^=======$/,/^>>>>>>> /d' ${name} > ${name}.first && mv ${name}.first ${name}`;
}

/** Removed and made again: built files by the project's build, snapshots by the run that compares them. */
async function generatedFinding(
  failure: FailedStep,
  bench: Bench,
  files: readonly Conflicted[],
): Promise<Finding> {
  const paths = files.map(({ path }) => path);
  const cause = `${paths[0]}${paths.length > 1 ? ` and ${paths.length - 1} more generated files hold` : ' is generated and holds'} both sides of a merge`;
  const evidence = files
    .slice(0, 10)
    .map(({ path, line }) => ({ file: path, line, text: 'a conflict marker' }));
  const makers = await makersOf(failure, bench, paths);
  for (const { folder, script } of makers) {
    const away = `rm -f -- ${paths.map((path) => quoted(posix.relative(folder, path))).join(' ')}`;
    const { changes } = await bench.tool(inFolder(folder, `${away}; ${script}`), { seconds: 300 });
    const made = changes.filter(({ path, content }) => paths.includes(path) && isClean(content));
    if (made.length < paths.length) continue;
    return {
      fixer: 'generated-conflict',
      cause,
      evidence,
      confidence: 0.85,
      changes: made,
      advice: `${away}; ${script}`,
    };
  }
  return {
    fixer: 'generated-conflict',
    cause,
    evidence,
    confidence: 0.8,
    changes: null,
    advice: `make ${paths.length === 1 ? 'it' : 'them'} again with the program that writes ${paths.length === 1 ? 'it' : 'them'}`,
  };
}

function isClean(content: Change['content']): boolean {
  return content !== null && !content.includes('<<<<<<< ');
}

interface Maker {
  readonly folder: string;
  readonly script: string;
}

/** Options by which the programs that compare snapshots write them. */
const UPDATES: Readonly<Record<string, string>> = {
  node: '--test-update-snapshots',
  jest: '--updateSnapshot',
  vitest: '--update',
  ava: '--update-snapshots',
  tap: '--snapshot',
  pytest: '--snapshot-update',
};

async function makersOf(
  failure: FailedStep,
  bench: Bench,
  paths: readonly string[],
): Promise<readonly Maker[]> {
  const makers: Maker[] = [];
  if (paths.every((path) => SNAPSHOT.test(path))) {
    for (const { program, arguments: words, folder, again } of await invocationsOf(failure, bench)) {
      const update = UPDATES[program];
      if (update === undefined || (program === 'node' && !words.map(bare).includes('--test'))) continue;
      makers.push({ folder, script: again(program === 'node' ? [update, ...words] : [...words, update]) });
    }
    return makers;
  }
  for (const folder of new Set(paths.map((path) => packageFolder(path)))) {
    const text = (await bench.read(posix.join(folder, 'package.json')))?.toString('utf8');
    for (const name of scriptsOf(text)) makers.push({ folder, script: `npm run --silent ${name}` });
  }
  return makers;
}

/** The package that a built file is of, by where the folder of its output stands. */
function packageFolder(path: string): string {
  const parts = path.split('/');
  const at = parts.findIndex((part) => /^(?:dist|build|lib|out|generated)$/.test(part));
  return at <= 0 ? '.' : parts.slice(0, at).join('/');
}

function scriptsOf(text: string | undefined): readonly string[] {
  try {
    const scripts = (JSON.parse(text ?? '{}') as { scripts?: Record<string, unknown> }).scripts ?? {};
    return ['build', 'generate', 'codegen', 'compile', 'dist', 'bundle'].filter(
      (name) => typeof scripts[name] === 'string',
    );
  } catch {
    return [];
  }
}

function withoutChanges(finding: Finding): Finding {
  return { ...finding, changes: null };
}

function handWritten(files: readonly Conflicted[]): Finding {
  return {
    fixer: 'generated-conflict',
    cause: `${files[0]?.path ?? ''} holds both sides of a merge, and people wrote it`,
    evidence: files.slice(0, 10).map(({ path, line }) => ({ file: path, line, text: 'a conflict marker' })),
    confidence: 0.9,
    changes: null,
    advice: 'a person settles the conflict: no program knows which side is meant',
  };
}
