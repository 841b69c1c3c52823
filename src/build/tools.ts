import { realpathSync, statSync } from 'node:fs';
import { type Environment, findProgram } from '../git/index.ts';
import { runTree } from '../kernel/process-tree.ts';
import type { BuildState } from './state.ts';

const PATIENCE = 10_000;
const MOST_OUTPUT = 4096;

/** How a program is asked for its version where `--version` is not the way. */
const QUESTIONS: Readonly<Record<string, readonly string[]>> = { go: ['version'], java: ['-version'] };

/** Where PATH has it, the file that it is, and whether that stands for another program. */
export function usedTool(
  name: string,
  env: Environment,
): { readonly program: string; readonly file: string; readonly shim: boolean } | undefined {
  const program = findProgram(name, env);
  if (program === undefined) return undefined;
  const file = realpathSync(program);
  const shim = /rustup$|\/shims\/|\/\.volta\/|\/\.asdf\/|\/mise\//.test(file) || /\/shims\//.test(program);
  return { program, file, shim };
}

/**
 * The version of a program as it tells it, asked once for each file that it is: the answer is remembered by the file's
 * stamp. What stands for another program (rustup's, pyenv's) is asked every time.
 */
export async function toolVersion(
  name: string,
  { env, state }: { readonly env: Environment; readonly state: BuildState },
): Promise<string> {
  const tool = usedTool(name, env);
  if (tool === undefined) return 'absent';
  const { program, file, shim } = tool;
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  const stamp = `${file} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  const known = shim ? undefined : state.tool(stamp);
  if (known !== undefined) return known;
  let said = '';
  const { exitCode } = await runTree({
    program,
    args: QUESTIONS[name] ?? ['--version'],
    cwd: state.root,
    env: Object.fromEntries(
      Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    timeout: PATIENCE,
    onOutput: (chunk) => {
      said = (said + chunk.toString('utf8')).slice(0, MOST_OUTPUT);
      return undefined;
    },
  });
  const version = exitCode === 0 ? said.trim() : stamp;
  if (!shim) state.setTool(stamp, version);
  return version;
}
