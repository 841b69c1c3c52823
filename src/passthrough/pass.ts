import { type GitResult, type RunOptions, runGit } from '../git/index.ts';
import { maskSecrets } from '../kernel/secrets.ts';
import { printable, shorten } from '../kernel/text.ts';
import { type Answer, type Effect, keepPrefix, type Reader, type Writer } from '../operation/index.ts';
import { addWithoutGit } from './add.ts';
import { equivalentsOf, type Surroundings } from './amounts.ts';
import type { PassedGit } from './passed.ts';
import { onlyReads } from './reads.ts';
import { type ResolvedLine, resolveGitLine } from './resolve.ts';
import { irreversibleOf, touchesOf } from './touches.ts';

/** A git command as typed: an answer where it only reads, else gated and recorded as `git.<verb>`. */
export async function passGit(
  reader: Reader,
  words: readonly string[],
): Promise<Effect<PassedGit> | Answer<PassedGit>> {
  const line = await resolveGitLine(words, async (args) => {
    const { stdout } = await readGit(reader, args, { accept: [0, 1] });
    return stdout;
  });
  if (line.verb === 'add' && reader.repository !== undefined && reader.git.adapter === 'isomorphic')
    return addWithoutGit(reader, line.args);
  const argv = [...line.globals, line.verb, ...line.args];
  const result = ({ exitCode, stdout, stderr }: GitResult): PassedGit => ({
    verb: line.verb,
    words: argv.map(maskSecrets),
    exit: exitCode,
    stdout,
    stderr,
  });
  if (onlyReads(line)) {
    const usage = line.args[0] === '-h' ? [129] : [];
    return {
      reads: `git.${line.verb}`,
      answer: async () =>
        result(await readGit(reader, argv, { ...outputOf(reader), accept: [0, 1, ...usage] })),
    };
  }
  const repository = reader.repository;
  const touches = repository === undefined ? { refs: [] } : touchesOf(line, repository);
  const irreversible = irreversibleOf(line);
  return {
    action: `git.${line.verb}`,
    event: `GIT_${line.verb.toUpperCase().replaceAll('-', '_')}`,
    summary: printable(shorten(`git ${argv.join(' ')}`, 200)),
    target: {
      verb: line.verb,
      words: line.args,
      alias: line.alias ?? null,
      external: line.external,
      settings: line.settings,
    },
    plan: [`git ${argv.join(' ')}`],
    touches,
    ...(irreversible.length > 0 ? { irreversible } : {}),
    amountsTo: equivalentsOf(line, await surroundings(reader, line)),
    async run(writer) {
      if (line.verb === 'stash' && repository !== undefined) await pinStashes(writer);
      return result(await writeGit(writer, argv, outputOf(reader)));
    },
    record: ({ verb, exit }) => ({ verb, exit }),
  };
}

/** On a terminal, or in a pipe, git speaks for itself; else what it says is part of the result. */
function outputOf({ streams }: Reader): Pick<RunOptions, 'inherit' | 'asTyped' | 'input'> {
  if (!streams.ofProcess) return { asTyped: true, input: '' };
  return streams.free ? { inherit: true } : { inherit: 'input', asTyped: true };
}

function readGit(reader: Reader, args: readonly string[], options: RunOptions): Promise<GitResult> {
  const { cwd, signal, env } = reader;
  if (reader.repository !== undefined) return reader.git.read(args, { ...options, cwd, signal });
  return runGit(args, { ...options, env, cwd, signal });
}

function writeGit(writer: Writer, args: readonly string[], options: RunOptions): Promise<GitResult> {
  const { cwd, signal, env } = writer;
  if (writer.repository !== undefined) return writer.git.run(args, { ...options, cwd, signal });
  return runGit(args, { ...options, env, cwd, signal });
}

async function surroundings(reader: Reader, { verb }: ResolvedLine): Promise<Surroundings> {
  const nothing = { branch: null, branches: [], pushForces: false, pushesMore: false };
  if (reader.repository === undefined) return nothing;
  const { git } = reader;
  const head = await git.head();
  const branch = head.kind === 'detached' ? null : head.ref.replace(/^refs\/heads\//, '');
  if (verb !== 'push') return { ...nothing, branch };
  const [settings, refs] = await Promise.all([
    git.configEntries(['remote.', 'push.default']),
    git.refs(['refs/heads/']),
  ]);
  const refspecs = settings.filter(([key]) => /^remote\..*\.push$/s.test(key));
  const mirrors = settings.some(([key, value]) => /^remote\..*\.mirror$/s.test(key) && isTrue(value));
  return {
    branch,
    branches: refs.map((ref) => ref.name.replace(/^refs\/heads\//, '')),
    pushForces: mirrors || refspecs.some(([, value]) => value.startsWith('+')),
    pushesMore:
      mirrors ||
      refspecs.length > 0 ||
      settings.some(([key, value]) => key === 'push.default' && value === 'matching'),
  };
}

function isTrue(value: string): boolean {
  return !/^(false|no|off|0)?$/i.test(value);
}

/** All but the newest entry of the stash hang on its reflog alone, which a drop or a clear takes away. */
async function pinStashes(writer: Writer): Promise<void> {
  const { stdout } = await writer.git.read(['rev-list', '--walk-reflogs', 'refs/stash', '--'], {
    accept: [0, 128],
  });
  const entries = [...new Set(stdout.split('\n').filter((oid) => oid !== ''))];
  await writer.git.updateRefs(
    entries.map((to, at) => ({ name: `${keepPrefix(writer.operation)}stash/${at}`, to })),
    'bit: keep',
  );
}
