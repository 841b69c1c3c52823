import { posix } from 'node:path';
import { printable } from '../../kernel/text.ts';
import { calledFiles } from '../called.ts';
import { invocationsOf } from '../invocation.ts';
import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { editCommand, linesOf, setStepKey } from '../script-edit.ts';
import { type MendedProgram, mendProgram } from '../shebang.ts';
import { bare } from '../shell-text.ts';
import { evidenceOf, inTree } from './evidence.ts';

/** A program of the tree could not be started, by the words of bash, dash, env, the kernel and Node. */
const UNSTARTED = [
  /(?:^|: )(?<path>[^\s:'‘’]{1,300}): (?:\/\S{1,200}: )?bad interpreter\b/,
  /(?:^|: )(?<path>[^\s:'‘’]{1,300}): cannot execute: required file not found$/,
  /(?:^|: )(?<path>\.{0,2}\/[^\s:'‘’]{1,300}): (?:not found|No such file or directory)$/,
  /(?:^|: )(?<path>[^\s:'‘’]{1,300}): (?:cannot execute binary file: )?Exec format error$/,
  /\bspawn (?<path>[^\s:'‘’]{1,300}) (?:ENOENT|ENOEXEC)\b/,
];
/** env can't find what a first line names. */
const UNNAMED =
  /^(?:\/usr\/bin\/)?env: ['‘][^'‘’]{1,100}['’]: No such file or directory$|^env: use -\[v\]S to pass options in shebang lines$/;
/** A POSIX shell reads what was written for bash. */
const BASHISM =
  /^(?<where>[^\s:][^:]{0,300}): (?:line )?\d{1,6}: (?:Syntax error: (?:"\(" unexpected|redirection unexpected|Bad for loop variable|"(?:do|done|fi|then|\}|\|)" unexpected).*|Bad substitution|(?:\[\[|source|pushd|popd|declare|mapfile|readarray|shopt|function|let|typeset): not found|Illegal option -o pipefail|Illegal option --?\S*|set: Illegal option -o pipefail|\w+: not found)$/;
/** A shell reads what was written for Python, Node or Perl. */
const OTHERS =
  /^(?<where>[^\s:][^:]{0,300}): (?:line )?\d{1,6}: (?:(?:import|from|const|let|use|require|def|print|var|async|export): (?:command )?not found|[Ss]yntax error.{0,200})$/;

/** A program of the tree that is run by what it isn't written for, or by nothing. */
export const wrongInterpreter: Fixer = {
  name: 'wrong-interpreter',
  title: 'a program run by the wrong interpreter',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    const add = (at: number, mended: readonly MendedProgram[]): void => {
      for (const { cause, change, evidence, confidence } of mended)
        if (!found.has(change.path))
          found.set(change.path, {
            ...{ fixer: 'wrong-interpreter', cause, confidence },
            evidence: [evidenceOf(failure, at), evidence],
            changes: [change],
            advice: `change the first line of ${change.path}`,
          });
    };
    for (const [at, line] of linesOf(failure.log)) {
      if (found.size >= 4) break;
      const named = UNSTARTED.map((pattern) => pattern.exec(line)?.groups?.['path']).find(
        (one) => one !== undefined,
      );
      const path = named === undefined ? undefined : inTree(failure, named);
      if (path !== undefined) add(at, await mendProgram(path, bench));
      if (UNNAMED.test(line))
        for (const program of await calledPrograms(failure, bench))
          add(at, await mendProgram(program, bench));
      const other = OTHERS.exec(line)?.groups?.['where'];
      const script = other === undefined ? undefined : inTree(failure, other);
      if (script !== undefined) add(at, await mendProgram(script, bench));
      const where = BASHISM.exec(line)?.groups?.['where'];
      if (where !== undefined)
        for (const finding of await forBash(failure, bench, where, at)) found.set(finding.cause, finding);
    }
    return [...found.values()];
  },
};

/** Programs of the tree that the step's script calls by their paths. */
async function calledPrograms(failure: FailedStep, bench: Bench): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of await calledFiles(failure, bench))
    if ((await bench.mode(path)) === '100755') found.push(path);
  return found.slice(0, 10);
}

/** Recipes of make are run by sh unless the Makefile says otherwise. */
async function recipeForBash(failure: FailedStep, bench: Bench, at: number): Promise<readonly Finding[]> {
  const make = (await invocationsOf(failure, bench)).find(({ program }) => /^g?make$/.test(program));
  if (make === undefined) return [];
  const folder = make.arguments
    .map(bare)
    .flatMap((word, index, all) => (word === '-C' ? (all[index + 1] ?? []) : []))[0];
  const path = ['GNUmakefile', 'makefile', 'Makefile'].map((name) =>
    posix.join(make.folder, folder ?? '.', name),
  );
  for (const one of path) {
    const text = (await bench.read(one))?.toString('utf8');
    if (text === undefined || text.length > 1 << 20) continue;
    if (/^\s*(?:override\s+|export\s+)?SHELL\s*[:?]?=/m.test(text)) return [];
    return [
      {
        ...{
          fixer: 'wrong-interpreter',
          cause: `recipes of ${one} are written for bash, and make gives them to sh`,
        },
        evidence: [evidenceOf(failure, at), { file: one, line: 1, text: 'no SHELL is set' }],
        confidence: 0.85,
        changes: [{ path: one, content: Buffer.from(`SHELL := /bin/bash\n\n${text}`) }],
        advice: `SHELL := /bin/bash in ${one}`,
      },
    ];
  }
  return [];
}

/** What a POSIX shell can't read is given to bash: by the program's first line, the call, or the step's shell. */
async function forBash(
  failure: FailedStep,
  bench: Bench,
  where: string,
  at: number,
): Promise<readonly Finding[]> {
  const said = evidenceOf(failure, at);
  const path = inTree(failure, where);
  const finding = (
    cause: string,
    evidence: readonly Evidence[],
    confidence: number,
  ): Omit<Finding, 'changes' | 'advice'> => ({
    ...{ fixer: 'wrong-interpreter', cause, evidence, confidence },
  });
  if (path === undefined || (await bench.mode(path)) === undefined) {
    if (/(?:^|\/)(?:sh|dash)$/.test(where)) return recipeForBash(failure, bench, at);
    if (failure.shell !== 'sh') return [];
    const set = await setStepKey(failure, bench, 'step', ['shell'], 'bash');
    return set === undefined
      ? []
      : [
          {
            ...finding('the step is written for bash, and sh runs it', [said, set.place], 0.85),
            changes: [set.change],
            advice: 'shell: bash',
          },
        ];
  }
  const name = path.split('/').at(-1) ?? path;
  const called = await editCommand(failure, bench, (lines) =>
    lines.map((line) =>
      line.replace(
        /\b(sh|dash)((?:[ \t]+-[a-z]{1,8}){0,3}[ \t]+)(["']?)((?:\.\/)?[\w./-]{1,300})\3/g,
        (all, _shell, options: string, quote: string, file: string) =>
          file.endsWith(name) ? `bash${options}${quote}${file}${quote}` : all,
      ),
    ),
  );
  const cause = `${printable(path)} is written for bash, and sh runs it`;
  if (called !== undefined)
    return [
      {
        ...finding(cause, [said, called.place], 0.85),
        changes: [called.change],
        advice: `call it: bash ${printable(path)}`,
      },
    ];
  return (await mendProgram(path, bench, { bash: true })).map((mended) => ({
    ...finding(mended.cause, [said, mended.evidence], mended.confidence),
    changes: [mended.change],
    advice: `let its first line be: #!/usr/bin/env bash`,
  }));
}
