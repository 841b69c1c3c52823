import { posix } from 'node:path';
import { isJsonObject, type Json } from '../../kernel/json.ts';
import { printable } from '../../kernel/text.ts';
import type { Bench, Evidence, FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf, stepBefore } from '../script-edit.ts';
import { type TextEdit, WorkflowText } from '../workflow-text.ts';
import { evidenceOf, inTree } from './evidence.ts';

const MISSING =
  /\bCannot find (?:module|package) '(?<path>[^'\n]{1,500})'(?: imported from (?<from>\/[^\s'"]{1,500}))?/;
const STACK = /^\s*(?:- |requireStack: \[ ')(?<from>\/[^\s']{1,500})/;
const SCRIPTS = ['build', 'compile', 'prepare', 'generate'];

/** What the build makes is used in a step before the build, or where nothing builds. */
export const notBuilt: Fixer = {
  name: 'not-built',
  title: 'what a build makes is used before it is built',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = linesOf(failure.log);
    for (const [index, [at, line]] of lines.entries()) {
      const { path, from } = MISSING.exec(line)?.groups ?? {};
      if (path === undefined || !/^[./]/.test(path)) continue;
      const behind = lines.slice(index + 1, index + 15).map(([, one]) => STACK.exec(one)?.groups?.['from']);
      const file = resolved(failure, path, from ?? behind.find((one) => one !== undefined));
      if (file === undefined || (await isSource(file, bench))) continue;
      const finding = await built(failure, bench, file, at);
      if (finding !== undefined) return [finding];
    }
    return [];
  },
};

function resolved(failure: FailedStep, path: string, from: string | undefined): string | undefined {
  if (path.startsWith('/')) return inTree(failure, path);
  const importer = from === undefined ? undefined : inTree(failure, from);
  return importer === undefined
    ? undefined
    : inTree({ ...failure, workingDirectory: posix.dirname(importer) }, path);
}

/** Its folder is one that people keep files in. */
async function isSource(path: string, bench: Bench): Promise<boolean> {
  const folder = posix.dirname(path);
  return folder === '.' || (await bench.list([`${folder.replace(/[*?[\]{}()!\\]/g, '\\$&')}/**`])).length > 0;
}

async function built(
  failure: FailedStep,
  bench: Bench,
  file: string,
  at: number,
): Promise<Finding | undefined> {
  for (let folder = posix.dirname(file); ; folder = posix.dirname(folder)) {
    const script = await buildScript(folder, bench);
    if (script !== undefined) {
      const run = `${await managerOf(folder, bench)}${folder === '.' ? '' : ` --prefix ${folder}`} run ${script}`;
      const base = {
        fixer: 'not-built',
        cause: `${printable(posix.dirname(file))} is made by the build, and nothing has built it before this step`,
        confidence: 0.8,
      };
      const moved = await buildMoved(failure, bench, run);
      const edit = moved ?? (await stepBefore(failure, bench, run));
      return {
        ...base,
        evidence: [
          evidenceOf(failure, at),
          { file: posix.join(folder, 'package.json'), text: `its script ${script}` },
          ...(edit === undefined ? [] : [{ ...edit.place, text: 'no step before it builds' }]),
        ],
        changes: edit === undefined ? null : [edit.change],
        advice: moved === undefined ? `before it: ${run}` : `let the step that builds come before it`,
      };
    }
    if (folder === '.') return undefined;
  }
}

async function buildScript(folder: string, bench: Bench): Promise<string | undefined> {
  const text = (await bench.read(posix.join(folder, 'package.json')))?.toString('utf8');
  if (text === undefined || text.length > 1 << 20) return undefined;
  try {
    const parsed = JSON.parse(text) as Json;
    const scripts = isJsonObject(parsed) ? parsed['scripts'] : undefined;
    if (scripts === undefined || !isJsonObject(scripts)) return undefined;
    return SCRIPTS.find((name) => typeof scripts[name] === 'string');
  } catch {
    return undefined;
  }
}

async function managerOf(folder: string, bench: Bench): Promise<string> {
  if (folder !== '.') return 'npm';
  for (const [file, program] of [
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
  ] as const)
    if ((await bench.mode(file)) !== undefined) return program;
  return 'npm';
}

/** The step of the same job that builds, put before the one that failed. */
async function buildMoved(
  failure: FailedStep,
  bench: Bench,
  run: string,
): Promise<{ readonly change: { path: string; content: Buffer }; readonly place: Evidence } | undefined> {
  const workflow = await WorkflowText.read(failure.workflow.path, bench);
  const found = workflow?.find(failure);
  if (workflow === undefined || found === undefined) return undefined;
  const steps = workflow.steps(found.job);
  const later = steps.slice(found.index + 1).find((step) => workflow.textAt(step, 'run')?.trim() === run);
  const [own, other] = [linesOfStep(workflow, found.step), later && linesOfStep(workflow, later)];
  if (own === undefined || other === undefined) return undefined;
  const moved = workflow.text.slice(other.from, other.to);
  const put = moved.endsWith('\n') ? moved : `${moved}\n`;
  const { path, content } = workflow.change([
    { from: own.from, to: own.from, text: put },
    { ...other, text: '' },
  ]);
  return content === null || WorkflowText.of(path, content.toString('utf8')) === undefined
    ? undefined
    : { change: { path, content }, place: { file: path, line: workflow.line(found.step), text: '' } };
}

/** The whole lines of a step that begins with its dash. */
function linesOfStep(
  workflow: WorkflowText,
  step: ReturnType<WorkflowText['steps']>[number],
): Pick<TextEdit, 'from' | 'to'> | undefined {
  const [from, , end] = step.range ?? [];
  if (from === undefined || end === undefined) return undefined;
  const start = workflow.text.lastIndexOf('\n', from - 1) + 1;
  if (!/^ *- *$/.test(workflow.text.slice(start, from))) return undefined;
  const next = workflow.text[end - 1] === '\n' ? end : workflow.text.indexOf('\n', end) + 1;
  return { from: start, to: next === 0 ? workflow.text.length : next };
}
