import { BitError } from '../kernel/errors.ts';
import { canonicalJson, type Json } from '../kernel/json.ts';
import { type Fused, fuseJobs, sharedSteps } from './fuse.ts';
import { readWorkflowText, type WorkflowText } from './text.ts';

export interface FusedWorkflows extends Fused {
  /** Of the file that goes. */
  readonly gone: string;
}

/** Keys of a workflow that must be the same of both; any other but its name and jobs keeps them apart. */
const SAME = new Set(['on', 'env', 'permissions', 'defaults']);

/**
 * Two workflows that run on the same events, each with one job, as one workflow with one job, where these begin with the
 * same steps. `mentions` tells whether anything else in the repository names a workflow.
 */
export function fuseWorkflows(
  one: WorkflowText,
  other: WorkflowText,
  mentions: (names: readonly string[]) => boolean,
): FusedWorkflows | undefined {
  const [first, second] = [one.jobs[0], other.jobs[0]];
  if (first === undefined || second === undefined || one.jobs.length + other.jobs.length !== 2)
    return undefined;
  if (one.kind !== other.kind || one.fixed !== undefined || other.fixed !== undefined) return undefined;
  if (!alike(one, other) || first.id === second.id || sharedSteps(first, second) === 0) return undefined;
  if (/\bgithub\s*\.\s*workflow/.test(other.text)) return undefined;
  const file = other.path.slice(other.path.lastIndexOf('/') + 1);
  if (mentions([file, file.replace(/\.ya?ml$/, ''), String(other.value['name'] ?? file)])) return undefined;
  const joined = appended(one, other.text.slice(second.from, second.to));
  if (joined === undefined) return undefined;
  const fused = fuseJobs(joined, first.id, second.id);
  if (fused === undefined) return undefined;
  return {
    ...fused,
    gone: other.path,
    doubts: [
      ...fused.doubts,
      `${other.path} goes: whoever runs it by its name, or waits for it elsewhere, runs ${one.path} from then on`,
    ],
  };
}

function alike(one: WorkflowText, other: WorkflowText): boolean {
  const keys = [...Object.keys(one.value), ...Object.keys(other.value)];
  if (!keys.every((key) => key === 'name' || key === 'jobs' || SAME.has(key))) return false;
  const bare = ({ value }: WorkflowText): string =>
    canonicalJson(Object.fromEntries([...SAME].flatMap((key): [string, Json][] => entry(value[key], key))));
  return one.value['on'] !== undefined && bare(one) === bare(other);
}

function entry(value: Json | undefined, key: string): [string, Json][] {
  return value === undefined ? [] : [[key, value]];
}

/** The file with another job behind its last. */
function appended(one: WorkflowText, block: string): WorkflowText | undefined {
  const last = one.jobs.at(-1);
  if (last === undefined) return undefined;
  const indent = (text: string): number => /^ */.exec(text)?.[0].length ?? 0;
  const by = indent(one.text.slice(last.from)) - indent(block);
  const shifted = block.replace(/^( *)(?=[^\n ])/gm, (_, spaces: string) =>
    ' '.repeat(Math.max(0, spaces.length + by)),
  );
  const before = one.text.slice(0, last.to);
  const text = `${before}${before.endsWith('\n') ? '' : '\n'}${shifted}${shifted.endsWith('\n') ? '' : '\n'}${one.text.slice(last.to)}`;
  try {
    const made = readWorkflowText(one.path, one.kind, text);
    return made.jobs.length === one.jobs.length + 1 ? made : undefined;
  } catch (error) {
    if (error instanceof BitError) return undefined;
    throw error;
  }
}
