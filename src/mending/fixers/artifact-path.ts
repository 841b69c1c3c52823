import { posix } from 'node:path';
import type { Scalar, YAMLMap } from 'yaml';
import { compileGlob } from '../../kernel/glob.ts';
import { nearest, printable, shorten } from '../../kernel/text.ts';
import { earlierScripts } from '../earlier.ts';
import { inFolder } from '../invocation.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { WorkflowText } from '../workflow-text.ts';
import { evidenceOf } from './evidence.ts';

const NOTHING = [/\bno file matches \S/, /\bNo files were found with the provided path\b/];
const NO_ARTIFACT = [
  /\bthe run has no artifact \S/,
  /\bUnable to download artifact\(s\): Artifact not found\b/,
];
const MARK = '.bit-mending-mark';
const MOST_PATHS = 5000;

/** An artifact that is looked for where nothing is. */
export const artifactPath: Fixer = {
  name: 'artifact-path',
  title: 'an artifact is looked for where it is not',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = failure.log.split('\n', 6000);
    const said = (patterns: readonly RegExp[]): number =>
      lines.findIndex((line) => line.length < 4000 && patterns.some((one) => one.test(line)));
    const workflow = await WorkflowText.read(failure.workflow.path, bench);
    const found = workflow?.find(failure);
    if (workflow === undefined || found === undefined) return [];
    const at = said(NOTHING);
    if (at >= 0) return uploaded({ failure, bench, workflow, at }, found);
    const no = said(NO_ARTIFACT);
    return no >= 0 ? downloaded({ failure, bench, workflow, at: no }, found.step) : [];
  },
};

interface Looked {
  readonly failure: FailedStep;
  readonly bench: Bench;
  readonly workflow: WorkflowText;
  /** Line of the log. */
  readonly at: number;
}

async function uploaded(
  { failure, bench, workflow, at }: Looked,
  { job, step, index }: { readonly job: YAMLMap; readonly step: YAMLMap; readonly index: number },
): Promise<readonly Finding[]> {
  const scalar = workflow.scalar(workflow.at(step, 'with', 'path'));
  if (scalar === undefined) return [];
  const patterns = String(scalar.value)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('!'));
  const made = await madeFiles({ bench, workflow }, job, index);
  const tree = made.length > 0 ? [] : await bench.list(['**']);
  const edits = patterns.flatMap((pattern) => {
    const better = betterPath(pattern, made.length > 0 ? made : tree);
    const edit = better === undefined ? undefined : replace(workflow, scalar, pattern, better);
    return edit === undefined || better === undefined ? [] : [{ edit, pattern, better }];
  });
  const line = workflow.line(scalar);
  const base = {
    fixer: 'artifact-path',
    cause: `no file is at ${printable(shorten(patterns.join(' '), 200))}, where the artifact is taken from`,
  };
  const evidence = [
    evidenceOf(failure, at),
    { file: workflow.path, line, text: printable(shorten(String(scalar.value).trim(), 200)) },
    ...(made.length === 0
      ? []
      : [{ text: `the steps before it make ${shorten(made.slice(0, 8).join(' '), 300)}` }]),
  ];
  if (edits.length === 0)
    return [
      {
        ...base,
        evidence,
        confidence: 0.7,
        changes: null,
        advice:
          made.length === 0
            ? 'no step before it makes a file: does the build run in this job?'
            : 'none of what the steps before it make is like it',
      },
    ];
  return [
    {
      ...base,
      evidence: [...evidence, ...edits.map(({ pattern, better }) => ({ text: `${pattern} is ${better}` }))],
      confidence: made.length > 0 ? 0.85 : 0.6,
      changes: [workflow.change(edits.map(({ edit }) => edit))],
      advice: `write path: ${edits.map(({ better }) => better).join(' ')}`,
    },
  ];
}

function replace(workflow: WorkflowText, scalar: Scalar, pattern: string, better: string) {
  const plain = /^[\w./@-][\w./@*{},? -]*$/.test(better) && !/: | #/.test(better);
  const put = scalar.type === 'PLAIN' && !plain ? `'${better.replaceAll("'", "''")}'` : better;
  return workflow.within(scalar, pattern, put);
}

/** Files that the steps before this one make, in a copy of the tree. */
async function madeFiles(
  { bench, workflow }: Pick<Looked, 'bench' | 'workflow'>,
  job: YAMLMap,
  index: number,
): Promise<readonly string[]> {
  const scripts = earlierScripts(workflow, job, index).map((script) => `${script} >/dev/null 2>&1 || exit 9`);
  if (scripts.length === 0) return [];
  const list = `find . -name .git -prune -o -name node_modules -prune -o -type f -newer ${MARK} -print | head -n ${MOST_PATHS}`;
  const script = `: > ${MARK}; sleep 0.05; (\n${scripts.join('\n')}\n); ${list}`;
  const { output } = await bench.tool(inFolder('.', script), { seconds: 300 });
  return output
    .split('\n')
    .filter((line) => line.startsWith('./') && line !== `./${MARK}` && line.length < 1000)
    .map((line) => line.slice(2))
    .sort();
}

/** The pattern that means what the given one does, where the files are; undefined where none is like it. */
export function betterPath(pattern: string, files: readonly string[]): string | undefined {
  const clean = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const last = posix.basename(clean);
  const globbed = /[*?[{]/.test(last);
  // a file of that name is somewhere else
  if (!globbed && posix.extname(last) !== '') {
    const same = files.filter((path) => posix.basename(path) === last);
    if (same.length === 1) return same[0];
    const [like] = nearest(
      last,
      files.map((path) => posix.basename(path)),
      1,
    );
    const alike = files.filter((path) => posix.basename(path) === like);
    if (same.length === 0 && alike.length === 1) return alike[0];
    const [near] = same.length > 1 ? nearest(clean, same, 1) : [];
    return near;
  }
  const name = globbed ? last : '';
  const folder = globbed ? (last === '**' ? clean.replace(/\/?\*\*$/, '') : posix.dirname(clean)) : clean;
  const matching =
    name === '' || name === '**' ? files : files.filter((path) => fits(name, posix.basename(path)));
  const folders = new Set(matching.flatMap((path) => above(path)));
  const better = betterFolder(folder.replace(/\/?\*\*$/, ''), folders, matching);
  if (better === undefined) return undefined;
  const rest = clean.slice(folder.length).replace(/^\//, '');
  return rest === '' ? (pattern.endsWith('/') ? `${better}/` : better) : `${better}/${rest}`;
}

function betterFolder(
  folder: string,
  folders: ReadonlySet<string>,
  files: readonly string[],
): string | undefined {
  const wanted = posix.basename(folder);
  const same = [...folders].filter((one) => posix.basename(one) === wanted);
  if (same.length > 0) return same.sort((a, b) => a.length - b.length)[0];
  // the same folder, written another way
  const [near] = nearest(folder, folders, 1);
  if (near !== undefined) return near;
  const tops = new Set(files.filter((path) => path.includes('/')).map((path) => common(path, files)));
  return tops.size === 1 ? [...tops][0] : undefined;
}

/** The deepest folder that all files below the same top folder are in. */
function common(path: string, files: readonly string[]): string {
  const top = path.split('/')[0] ?? '';
  const own = files.filter((one) => one.startsWith(`${top}/`));
  const candidates = above(path).reverse();
  return candidates.find((folder) => own.every((one) => one.startsWith(`${folder}/`))) ?? top;
}

function above(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

function fits(glob: string, name: string): boolean {
  try {
    return compileGlob(glob)(name);
  } catch {
    return false;
  }
}

/** An artifact by a name that no step gives one: the nearest that is given. */
async function downloaded({ failure, workflow, at }: Looked, step: YAMLMap): Promise<readonly Finding[]> {
  const name = workflow.scalar(workflow.at(step, 'with', 'name'));
  if (name === undefined) return [];
  const wanted = String(name.value);
  const given = workflow.jobs().flatMap(({ node }) =>
    workflow.steps(node).flatMap((one) => {
      const uses = workflow.textAt(one, 'uses') ?? '';
      const said = workflow.textAt(one, 'with', 'name') ?? 'artifact';
      return /(?:^|\/)upload-artifact(?:@|$)/.test(uses) && !said.includes('${{') ? [said] : [];
    }),
  );
  const names = [...new Set(given)];
  const better = nearest(wanted, names, 1)[0] ?? (names.length === 1 ? names[0] : undefined);
  const edit = better === undefined ? undefined : workflow.within(name, wanted, better);
  return [
    {
      fixer: 'artifact-path',
      cause: `no step uploads an artifact called ${printable(shorten(wanted, 100))}`,
      evidence: [evidenceOf(failure, at), { file: workflow.path, line: workflow.line(name), text: wanted }],
      confidence: 0.85,
      changes: edit === undefined ? null : [workflow.change([edit])],
      advice:
        edit === undefined
          ? `artifacts of this workflow: ${names.join(', ') || 'none'}`
          : `write name: ${better ?? ''}`,
    },
  ];
}
