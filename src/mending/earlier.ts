import type { YAMLMap } from 'yaml';
import { quoted } from './shell-text.ts';
import type { WorkflowText } from './workflow-text.ts';

/**
 * What a job's steps before `index` run, each in a subshell of its own with its folder and its variables; what only the
 * run knows, and what no POSIX shell runs, is left out.
 */
export function earlierScripts(workflow: WorkflowText, job: YAMLMap, index: number): readonly string[] {
  return workflow
    .steps(job)
    .slice(0, index)
    .flatMap((step) => stepScript(workflow, job, step) ?? []);
}

function stepScript(workflow: WorkflowText, job: YAMLMap, step: YAMLMap): string | undefined {
  const run = workflow.textAt(step, 'run');
  const defaults = (key: string): string | undefined =>
    workflow.textAt(job, 'defaults', 'run', key) ?? workflow.textAt(workflow.root, 'defaults', 'run', key);
  const shell = workflow.textAt(step, 'shell') ?? defaults('shell') ?? 'bash';
  if (run === undefined || run.includes('${{') || !/^(?:bash|sh)\b/.test(shell)) return undefined;
  const folder = workflow.textAt(step, 'working-directory') ?? defaults('working-directory');
  const env = [job, step].flatMap((owner) =>
    workflow.members(workflow.at(owner, 'env')).flatMap(({ key }) => {
      const value = workflow.textAt(owner, 'env', key);
      return value === undefined || value.includes('${{') || !/^\w+$/.test(key)
        ? []
        : [`${key}=${quoted(value)}`];
    }),
  );
  const set = env.length === 0 ? '' : `export ${env.join(' ')}; `;
  return `(${folder === undefined ? '' : `cd ${quoted(folder)} && `}${set}\n${run}\n)`;
}
