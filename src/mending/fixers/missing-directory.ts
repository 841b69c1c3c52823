import { posix } from 'node:path';
import { nearest, printable } from '../../kernel/text.ts';
import { calledFiles } from '../called.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { complaintsOf, editScript, linesOf, type ScriptPlace, setStepKey } from '../script-edit.ts';
import { quoted } from '../shell-text.ts';
import { evidenceOf, inTree } from './evidence.ts';

const SAID = /No such file or directory|ENOENT|[Nn]onexistent|there is no folder/;
/** A file that was to be written; its folder is missing. */
const FILES = [
  /^(?:cp|mv|install|ln|touch|tee|mkfifo|dd|gzip|zip|curl|wget|tar): .{0,120}?['‘](?<path>[^'’\n]{1,400})['’]: No such file or directory$/,
  /^mv: cannot move ['‘][^'’]{1,400}['’] to ['‘](?<path>[^'’\n]{1,400})['’]: No such file or directory$/,
  /^(?:tee|wget|curl|gzip|sort|xz): (?<path>[^\s:'‘]{1,400}): No such file or directory$/,
  /^cannot create (?<path>[^\s:]{1,400}): Directory nonexistent$/,
  /^(?<path>[^\s:'‘]{1,400}): No such file or directory$/,
  /\bENOENT: no such file or directory, (?:open|copyfile|rename|mkdir|symlink|link) '(?:[^']{1,400}' -> ')?(?<path>[^']{1,400})'/,
  /\bNo such file or directory: ['"](?<path>[^'"]{1,400})['"]$/,
  /\bopen (?<path>[^\s:]{1,400}): no such file or directory$/,
];
/** A folder that was to be gone to or made in. */
const FOLDERS = [
  /^(?:cd|pushd): (?:can't cd to )?(?<path>[^\s:]{1,400})(?:: No such file or directory)?$/,
  /^mkdir: cannot create directory ['‘](?<path>[^'’\n]{1,400})['’]: No such file or directory$/,
  /^tar: (?<path>[^\s:]{1,400}): Cannot open: No such file or directory$/,
  /\bENOENT: no such file or directory, (?:scandir|chdir) '(?<path>[^']{1,400})'/,
];
const EXISTS = /^mkdir: cannot create directory ['‘](?<path>[^'’\n]{1,400})['’]: File exists$/;
const WORKING = /\bthere is no folder (?<path>\S{1,400})$/;

type Missing = ScriptPlace & { readonly at: number; readonly folder: string };

/** A folder that a step writes to and nobody makes: git keeps none that is empty. */
export const missingDirectory: Fixer = {
  name: 'missing-directory',
  title: 'a folder that is not there, or is there already',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    for (const [at, line] of linesOf(failure.log)) {
      const path = WORKING.exec(line.replace(/\]$/, ''))?.groups?.['path'];
      if (path !== undefined) return workingDirectory(failure, bench, path, at);
    }
    for (const [at, line] of linesOf(failure.log)) {
      const path = EXISTS.exec(line)?.groups?.['path'];
      const finding = path === undefined ? undefined : await madeTwice(failure, bench, path, at);
      if (finding !== undefined) found.set(finding.cause, finding);
    }
    for (const complaint of await complaintsOf(failure, bench, SAID)) {
      const folder = folderOf(complaint.whole) ?? folderOf(complaint.says);
      if (folder === undefined || found.size >= 3) continue;
      for (const finding of await made(failure, bench, { ...complaint, folder }))
        if (!found.has(finding.cause)) found.set(finding.cause, finding);
    }
    return [...found.values()];
  },
};

function folderOf(says: string): string | undefined {
  const folder = FOLDERS.map((pattern) => pattern.exec(says)?.groups?.['path']).find(
    (one) => one !== undefined,
  );
  if (folder !== undefined) return says.startsWith('mkdir') ? posix.dirname(folder) : folder;
  const file = FILES.map((pattern) => pattern.exec(says)?.groups?.['path']).find((one) => one !== undefined);
  if (file === undefined) return undefined;
  return file.endsWith('/') ? file.replace(/\/+$/, '') : posix.dirname(file);
}

async function made(failure: FailedStep, bench: Bench, missing: Missing): Promise<readonly Finding[]> {
  const { folder, at, path } = missing;
  const place = inTree(failure, folder);
  // what is there is not missing; `/tmp/x` is not the tree's
  if (place === undefined || folder === '.' || (await bench.list([`${escaped(place)}/**`])).length > 0)
    return [];
  const cause = `${printable(place)} is written to, and nobody makes that folder`;
  const [like] = nearest(place, await foldersOf(bench), 1);
  const found: Finding[] = [];
  if (like !== undefined) {
    const wanted = posix.relative(failure.workingDirectory, like);
    const edit = await editScript(failure, bench, missing, (line) =>
      line.includes(folder) ? [line.replaceAll(folder, () => wanted)] : undefined,
    );
    if (edit !== undefined)
      found.push({
        ...{
          fixer: 'missing-directory',
          cause: `there is no folder ${printable(place)}, and there is ${like}`,
          confidence: 0.6,
        },
        evidence: [evidenceOf(failure, at), edit.place, { file: like, text: 'a folder of the tree' }],
        changes: [edit.change],
        advice: `write ${printable(wanted)}`,
      });
  }
  const name = folder.startsWith('/')
    ? posix.relative(posix.resolve('/', failure.workingDirectory), posix.resolve('/', place))
    : folder;
  const make = await editScript(failure, bench, missing, (line) => {
    if (missing.line === undefined && line.trim() === '') return undefined;
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    return [`${indent}mkdir -p ${name.startsWith('-') ? './' : ''}${quoted(name)}`, line];
  });
  if (make === undefined) return found;
  return [
    ...found,
    {
      ...{ fixer: 'missing-directory', cause, confidence: 0.8 },
      evidence: [evidenceOf(failure, at), make.place],
      changes: [make.change],
      advice: `${path === undefined ? 'before it' : `in ${printable(path)}`}: mkdir -p ${printable(name)}`,
    },
  ];
}

/** A folder that is made and was there: by git, or by a step before. */
async function madeTwice(
  failure: FailedStep,
  bench: Bench,
  path: string,
  at: number,
): Promise<Finding | undefined> {
  const make = (line: string): readonly string[] | undefined =>
    line.includes(path) && /\bmkdir\s/.test(line) && !/\bmkdir\s+(?:-\S+\s+)*-\w*p/.test(line)
      ? [line.replace(/\bmkdir(?=\s)/, 'mkdir -p')]
      : undefined;
  for (const script of [undefined, ...(await calledFiles(failure, bench))]) {
    const edit = await editScript(failure, bench, { path: script, line: undefined }, make);
    if (edit === undefined) continue;
    return {
      fixer: 'missing-directory',
      cause: `${printable(path)} is there already, and mkdir is to make it`,
      evidence: [evidenceOf(failure, at), edit.place],
      confidence: 0.85,
      changes: [edit.change],
      advice: `mkdir -p ${printable(path)}`,
    };
  }
  return undefined;
}

async function foldersOf(bench: Bench): Promise<readonly string[]> {
  const folders = new Set<string>();
  for (const path of (await bench.list(['**'])).slice(0, 20_000))
    for (let folder = posix.dirname(path); folder !== '.'; folder = posix.dirname(folder))
      folders.add(folder);
  return [...folders];
}

/** A working directory that the tree has under another name. */
async function workingDirectory(
  failure: FailedStep,
  bench: Bench,
  path: string,
  at: number,
): Promise<readonly Finding[]> {
  const folders = await foldersOf(bench);
  const last = posix.basename(path);
  const [like] = [...nearest(path, folders, 1), ...folders.filter((one) => posix.basename(one) === last)];
  const cause = `the step works in ${printable(path)}, and there is no such folder`;
  const base = { fixer: 'missing-directory', cause, evidence: [evidenceOf(failure, at)] };
  const set =
    like === undefined || !/^[\w./-]+$/.test(like)
      ? undefined
      : await setStepKey(failure, bench, 'step', ['working-directory'], like);
  if (set === undefined || like === undefined)
    return [
      {
        ...base,
        confidence: 0.7,
        changes: null,
        advice: `make ${printable(path)} in a step before it, or name the folder that is meant`,
      },
    ];
  return [
    {
      ...base,
      evidence: [...base.evidence, set.place, { file: like, text: 'a folder of the tree' }],
      confidence: 0.8,
      changes: [set.change],
      advice: `working-directory: ${like}`,
    },
  ];
}

function escaped(path: string): string {
  return path.replace(/[*?[\]{}()!\\]/g, '\\$&');
}
