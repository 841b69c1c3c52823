import { runBatch, Stopped } from '../../src/lang/batch/index.ts';

/** Files that lie in a map. */
function filesOf(all: Map<string, string>) {
  const key = (path: string): string => path.replaceAll('\\', '/').replace(/^\.\//, '');
  return {
    read: (path: string) => all.get(key(path)) ?? refuse(`there is no ${path}`),
    write: (path: string, text: string, append: boolean) => {
      all.set(key(path), `${append ? (all.get(key(path)) ?? '') : ''}${text}`);
    },
    exists: (path: string) => all.has(key(path)),
    isDirectory: (path: string) => [...all.keys()].some((one) => one.startsWith(`${key(path)}/`)),
    list: (pattern: string) => {
      const wanted = new RegExp(
        `^${key(pattern)
          .replace(/[.+^${}()|[\]]/g, '\\$&')
          .replaceAll('*', '[^/]*')}$`,
      );
      return [...all.keys()]
        .filter((one) => wanted.test(one))
        .map((one) => one.slice(one.lastIndexOf('/') + 1));
    },
    remove: (path: string) => {
      if (!all.delete(key(path))) refuse(`there is no ${path}`);
    },
    makeDirectory: () => undefined,
    move: (from: string, to: string) => {
      all.set(key(to), all.get(key(from)) ?? refuse(`there is no ${from}`));
      all.delete(key(from));
    },
    directory: () => '/work',
    changeDirectory: () => undefined,
  };
}

function refuse(message: string): never {
  throw new Stopped(message);
}

/** What a program prints, and how it ends. */
export async function runProgram(
  text: string,
  args: readonly string[] = [],
  given: Readonly<Record<string, string>> = {},
): Promise<string> {
  let printed = '';
  const all = new Map(Object.entries(given));
  const ended = await runBatch(
    { text, name: 'x.bat', args, fuel: 5000 },
    {
      write: (_, said) => {
        printed += said;
      },
      files: filesOf(all),
      run: async (words, input, write) => {
        if (words[0] !== 'bit') return undefined;
        write('stdout', `bit got ${words.slice(1).join('+')} ${input.trim()}\n`);
        return words[1] === 'fail' ? 3 : 0;
      },
    },
  );
  const end =
    ended.ended === 'exit'
      ? `exit ${ended.status}`
      : ended.ended === 'stopped'
        ? `stopped ${ended.line}: ${ended.message}`
        : `unread ${ended.diagnostics.list.map(({ code }) => code).join(' ')}`;
  return `${printed}${end}`;
}
