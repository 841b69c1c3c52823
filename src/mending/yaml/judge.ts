import { posix } from 'node:path';
import { readAction, readWorkflow } from '../../github-workflow/index.ts';
import { BitError } from '../../kernel/errors.ts';
import { nativeSource } from '../../native-workflow/index.ts';
import { parseSpecification, parseYaml } from '../../specification/index.ts';

/** One thing that is wrong with a workflow's file. */
export interface YamlFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** All that is known to be wrong; of the syntax first, which hides what else is. */
export interface Judgement {
  readonly phase: 'syntax' | 'meaning';
  readonly faults: readonly YamlFault[];
}

/** Judges a text as the file at `path`; no faults where it would run. */
export type Judge = (text: string) => Promise<Judgement>;

/** Undefined for a file that no workflow is in. */
export function judgeOf(path: string): Judge | undefined {
  const meaning = meaningOf(path);
  if (meaning === undefined) return undefined;
  return async (text) => {
    const syntax = await faultsIn(path, () => void parseYaml(path, text));
    if (syntax.length > 0) return { phase: 'syntax', faults: syntax };
    return { phase: 'meaning', faults: await faultsIn(path, () => meaning(text)) };
  };
}

function meaningOf(path: string): ((text: string) => unknown) | undefined {
  const name = posix.basename(path);
  if (path === '.bithub.yml') return (text) => parseSpecification(text);
  if (/^action\.ya?ml$/.test(name)) return (text) => readAction(path, text);
  if (!/\.ya?ml$/.test(name)) return undefined;
  if (path.startsWith('.github/workflows/')) return (text) => readWorkflow(path, text);
  if (!path.startsWith('.bithub/workflows/')) return undefined;
  return (text) => {
    const files = { root: '/', read: (one: string) => (one === path ? text : undefined), list: () => [name] };
    return nativeSource.load(
      {
        source: 'native',
        workflow: path,
        ...{ inputs: {}, event: { name: 'run', payload: {} }, env: {}, jobs: [], on: 'local', options: {} },
      },
      files,
    );
  };
}

async function faultsIn(path: string, run: () => unknown): Promise<readonly YamlFault[]> {
  try {
    await run();
    return [];
  } catch (error) {
    if (!(error instanceof BitError)) throw error;
    const { details, hint, message } = error;
    // of another file, or none of the file's at all
    const own = details['file'] ?? details['path'];
    if (own !== path && !message.startsWith(`${path}:`)) return [];
    const listed = (details['faults'] ?? details['problems']) as readonly Listed[] | undefined;
    if (listed !== undefined && listed.length > 0) return listed.map(faultOf);
    const line = Number(details['line'] ?? 1);
    const column = Number(details['column'] ?? 1);
    const plain = message.replace(/^\S{1,400}?:\d{1,9}:\d{1,9}: /, '');
    return [{ line, column, message: plain, ...(hint === undefined ? {} : { hint }) }];
  }
}

interface Listed {
  readonly line?: number;
  readonly column?: number;
  readonly at?: { readonly line: number; readonly column: number };
  readonly message: string;
  readonly hint?: string;
}

function faultOf({ line, column, at, message, hint }: Listed): YamlFault {
  const place = { line: at?.line ?? line ?? 1, column: at?.column ?? column ?? 1 };
  return { ...place, message, ...(hint === undefined ? {} : { hint }) };
}
