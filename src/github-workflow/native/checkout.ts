import { existsSync, readdirSync } from 'node:fs';
import { BitError } from '../../kernel/errors.ts';
import type { NativeAction, NativeCall } from './index.ts';
import { flag, input, insideWorkspace } from './inputs.ts';

/**
 * A run acts on the work tree as it stands, or on a copy of it, so the usual checkout has nothing to do. Another ref is
 * taken in a copy and refused in the work tree, for it would change what somebody is working on; with `path` it goes into
 * a folder of its own.
 */
export const checkout: NativeAction = {
  defaults: {},
  async run(call) {
    const { tools, frame } = call;
    const { event } = frame;
    const repository = input(call, 'repository') || event.repository;
    const own = repository.toLowerCase() === event.repository.toLowerCase();
    const path = input(call, 'path');
    const ref = input(call, 'ref');
    if (own && (path === '' || path === '.')) {
      const head = await revision(call, 'HEAD');
      const wanted = ref === '' ? event.sha : await revision(call, ref);
      if (wanted === undefined)
        throw new BitError('not-found', `checkout: there is no ${ref} in this repository`, {
          hint: 'bit git fetch',
        });
      const other = wanted !== head && head !== undefined && ref !== '';
      if (other && tools.state.ownTree === true) {
        await git(call, ['checkout', '--quiet', '--force', '--detach', wanted]);
        tools.log(`${ref}, at ${wanted}`);
        setOutputs(call, wanted, ref);
        return;
      }
      if (other)
        throw new BitError(
          'unsupported',
          `checkout: ${ref} is not what is checked out, and a run acts on the work tree`,
          {
            hint: `--workspace own, bit branch switch ${ref}, or give the step a path of its own`,
          },
        );
      if (flag(call, 'submodules') || input(call, 'submodules') === 'recursive')
        await git(call, ['submodule', 'update', '--init', '--recursive']);
      tools.log(
        `the work tree as it stands${tools.state.ownTree === true ? ', copied' : ''}, at ${head ?? 'no commit yet'}`,
      );
      setOutputs(call, head ?? '', ref || event.ref);
      return;
    }
    const folder = insideWorkspace(call, path === '' ? '.' : path);
    if (
      path === '' ||
      (existsSync(folder) && readdirSync(folder).length > 0 && !existsSync(`${folder}/.git`))
    )
      throw new BitError(
        'conflict',
        `checkout: ${path === '' ? 'the workspace' : path} already holds other files`,
        {
          hint: 'give the step a path of its own',
        },
      );
    if (!/^[A-Za-z0-9_.-]+\/[A-Za-z0-9_.-]+$/.test(repository) || ref.startsWith('-'))
      throw new BitError(
        'usage',
        `checkout: ${repository}${ref === '' ? '' : ` at ${ref}`} is no repository`,
      );
    const from = own ? tools.state.workspace : `${event.serverUrl}/${repository}`;
    if (!existsSync(`${folder}/.git`))
      await git(call, ['clone', '--quiet', '--no-checkout', '--', from, folder]);
    const commit = (own ? await revision(call, ref || event.sha) : undefined) ?? (ref === '' ? 'HEAD' : ref);
    await git(call, ['-C', folder, 'fetch', '--quiet', 'origin', ...(own ? [] : [commit])]);
    await git(call, [
      '-C',
      folder,
      'checkout',
      '--quiet',
      '--detach',
      own || commit === 'HEAD' ? commit : 'FETCH_HEAD',
    ]);
    setOutputs(call, commit, ref);
  },
};

function setOutputs({ tools }: NativeCall, commit: string, ref: string): void {
  tools.output('commit', commit);
  tools.output('ref', ref);
}

async function git(call: NativeCall, args: readonly string[]): Promise<void> {
  const status = await call.tools.exec({
    argv: ['git', ...args],
    env: { GIT_TERMINAL_PROMPT: '0' },
    files: {},
  });
  if (status !== 0)
    throw new BitError(
      'remote',
      `checkout: git ${args[0] === '-C' ? args[2] : args[0]} failed with ${status}`,
    );
}

/** The commit a name stands for here, or as a branch or tag of origin's. */
async function revision({ tools }: NativeCall, name: string): Promise<string | undefined> {
  if (name.startsWith('-')) throw new BitError('usage', `checkout: ${name} is no ref`);
  for (const candidate of [name, `refs/remotes/origin/${name.replace(/^refs\/heads\//, '')}`]) {
    let found: string | undefined;
    await tools.exec({
      argv: ['git', 'rev-parse', '--verify', '--quiet', '--end-of-options', `${candidate}^{commit}`],
      env: {},
      files: {},
      readLine: (line) => {
        if (/^[0-9a-f]{40,64}$/.test(line)) found = line;
        return undefined;
      },
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
