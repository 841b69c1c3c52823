import { printable, shorten } from '../../kernel/text.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { judgeOf } from '../yaml/judge.ts';
import { repairYaml } from '../yaml/repair.ts';
import { cleanPath } from './evidence.ts';

/** A workflow's file that can't be read as one: the run's own, or one that it calls. */
export const workflowYaml: Fixer = {
  name: 'workflow-yaml',
  title: 'a workflow’s file can’t be read as one',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    for (const path of pathsOf(failure)) {
      const judge = judgeOf(path);
      const bytes = judge === undefined ? undefined : await bench.read(path);
      if (judge === undefined || bytes === undefined) continue;
      const text = bytes.toString('utf8');
      const repaired = await repairYaml(text.replaceAll('\r\n', '\n'), judge);
      const [first] = repaired.faults;
      if (first === undefined) continue;
      const place = `${path}:${first.line}:${first.column}`;
      const put = text.includes('\r\n') ? repaired.text?.replaceAll('\n', '\r\n') : repaired.text;
      const [left] = repaired.left;
      found.push({
        fixer: 'workflow-yaml',
        cause: `${place}: ${printable(shorten(first.message, 300))}`,
        evidence: [
          {
            file: path,
            line: first.line,
            text: printable(shorten(text.split('\n')[first.line - 1]?.trim() ?? '', 200)),
          },
          ...repaired.notes.map((note) => ({ file: path, text: printable(shorten(note, 200)) })),
        ],
        confidence: put === undefined ? 0.9 : Math.max(0.5, 0.95 - 0.05 * repaired.notes.length),
        changes: put === undefined ? null : [{ path, content: Buffer.from(put) }],
        advice: put === undefined && left !== undefined ? adviceOn(path, left) : null,
      });
    }
    return found;
  },
};

function adviceOn(
  path: string,
  fault: { line: number; column: number; message: string; hint?: string },
): string {
  const hint = fault.hint === undefined ? '' : ` (${fault.hint})`;
  return printable(`${path}:${fault.line}:${fault.column}: ${shorten(fault.message, 300)}${hint}`);
}

/** The failed step's own file, and files that the log names by place, `path:line:column: …`. */
function pathsOf(failure: FailedStep): ReadonlySet<string> {
  const found = new Set([failure.workflow.path]);
  for (const line of failure.log.split('\n', 2000)) {
    const [, named = ''] =
      /(?:^|[\s(])([\w.@][\w./@%-]{0,300}\.ya?ml):\d{1,7}:\d{1,7}\b/.exec(line.slice(0, 1000)) ?? [];
    const path = cleanPath(named === '' ? '/' : named);
    if (path !== undefined && found.size < 10) found.add(path);
  }
  return found;
}
