import { BadExpression, calculate } from './arithmetic.ts';
import { filesOf, Stopped, type Streams, unquoted } from './host.ts';
import type { BatchMachine } from './machine.ts';

interface Given {
  readonly machine: BatchMachine;
  /** The command with its arguments, everything in it expanded. */
  readonly text: string;
  readonly streams: Streams;
}

interface Called extends Given {
  /** What stands behind the name, as it stands. */
  readonly rest: string;
}

type Command = (called: Called) => void | Promise<void>;

/** Programs and commands that only Windows has; said when the file is parsed, too. */
export const WINDOWS_ONLY: ReadonlySet<string> = new Set(
  'assoc ftype reg regedit wmic sc net netsh schtasks taskkill tasklist powershell pwsh cscript wscript mshta rundll32 start runas icacls cacls takeown attrib bcdedit diskpart vssadmin fsutil subst label vol chkdsk format msbuild devenv vcvarsall msiexec dism sfc setx where choice color mode'.split(
    ' ',
  ),
);

export async function runCommand(given: Given): Promise<void> {
  const { text } = given;
  const name =
    /^[\s,;=@]*("[^"]*"?|[^\s,;=/"()[\]+.:\\<>|&]+(?:\.(?:exe|cmd|bat|com)|[\\/.:][^\s,;=]*)?)/i.exec(text);
  const word = (name?.[1] ?? '').replaceAll('"', '');
  const rest = text.slice(name === null ? 0 : name[0].length);
  const known = word.toLowerCase();
  const command = Object.hasOwn(COMMANDS, known) ? COMMANDS[known] : echoed(text);
  if (command !== undefined) {
    await command.call(undefined, {
      ...given,
      rest: command === COMMANDS['echo'] && !/^echo$/i.test(word) ? text.trimStart().slice(4) : rest,
    });
    return;
  }
  await program({ ...given, rest }, word);
}

/** `echo.`, `echo:`, `echo(` and the like print what is behind the sign. */
function echoed(text: string): Command | undefined {
  return /^[\s,;=@]*echo[.:(+/\\[\]]/i.test(text) ? COMMANDS['echo'] : undefined;
}

async function program({ machine, rest, streams }: Called, word: string): Promise<void> {
  const plain = word.replace(/\.(?:exe|com)$/i, '').toLowerCase();
  if (WINDOWS_ONLY.has(plain)) throw new Stopped(`${plain} is only to be had on Windows`);
  const words = [word, ...argumentsOf(rest)];
  const status = await machine.host.run?.(words, streams.input, (stream, text) =>
    stream === 'stdout' ? streams.output(text) : streams.error(text),
  );
  if (status === undefined) {
    streams.error(`'${word}' is no command or program here.\n`);
    machine.status = 9009;
  } else machine.status = status;
}

/** Words as batch arguments are: quotes stay. */
export function argumentsOf(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"?|[^\s,;="])+/g)].map(([word]) => word);
}

function paths(rest: string): string[] {
  return argumentsOf(rest)
    .filter((one) => !/^\/\w/.test(one))
    .map(unquoted);
}

function flags(rest: string): string {
  return [...rest.matchAll(/(?:^|\s)\/(\w+)/g)].map(([, letter]) => (letter ?? '').toLowerCase()).join('');
}

/** Each name, patterns expanded. */
function* each(machine: BatchMachine, pattern: string): Generator<string> {
  if (!/[*?]/.test(pattern)) {
    yield pattern;
    return;
  }
  const cut = Math.max(pattern.lastIndexOf('/'), pattern.lastIndexOf('\\')) + 1;
  for (const name of filesOf(machine.host).list(pattern)) yield `${pattern.slice(0, cut)}${name}`;
}

function set({ machine, rest, streams }: Called): void {
  const given = rest.replace(/^[\s,;=]+/, '');
  if (/^\/a\b/i.test(given)) {
    arithmetic(machine, given.slice(2), streams);
    return;
  }
  if (/^\/p\b/i.test(given)) {
    const asked = stripped(given.slice(2).trimStart());
    const equals = asked.indexOf('=');
    streams.output(asked.slice(equals + 1));
    const [line = ''] = streams.input.split(/\r?\n/);
    if (line !== '') machine.variables.set(asked.slice(0, equals), line);
    machine.status = line === '' ? 1 : 0;
    return;
  }
  const assignment = stripped(given);
  const equals = assignment.indexOf('=', 1);
  if (equals === -1) {
    const found = machine.variables.starting(assignment.trim());
    for (const [name, value] of found) streams.output(`${name}=${value}\n`);
    machine.status = found.length === 0 ? 1 : 0;
    if (found.length === 0) streams.error(`Environment variable ${assignment.trim()} not defined\n`);
    return;
  }
  const value = assignment.slice(equals + 1);
  if (value.length > 8191) throw new Stopped('a value of more than 8,191 characters');
  machine.variables.set(assignment.slice(0, equals), value);
}

/** `"NAME=value"`: to the last quote. */
function stripped(text: string): string {
  if (!text.startsWith('"')) return text;
  const last = text.lastIndexOf('"');
  return last > 0 ? text.slice(1, last) : text.slice(1);
}

function arithmetic(machine: BatchMachine, text: string, streams: Streams): void {
  try {
    calculate(
      text.replaceAll('"', ''),
      (name) => machine.variable(name),
      (name, value) => machine.variables.set(name, String(value)),
    );
    machine.status = 0;
  } catch (error) {
    if (!(error instanceof BadExpression)) throw error;
    streams.error(`set /a: ${error.message}\n`);
    machine.status = 1_073_750_993;
  }
}

/** What a command does that can fail in the file system: told, and a status. */
function attempt({ machine, streams }: Called, work: () => void): void {
  try {
    work();
    machine.status = 0;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    streams.error(`${error.message}\n`);
    machine.status = 1;
  }
}

const COMMANDS: Readonly<Record<string, Command>> = {
  echo: ({ machine, rest, streams }) => {
    const said = /^[\s,;=.:(+/\\[\]]/.test(rest) ? rest.slice(1) : rest;
    if (/^\s*(?:on|off)\s*$/i.test(said) && /^\s/.test(rest)) machine.echo = /on/i.test(said);
    else if (said.trim() === '' && /^\s*$/.test(rest))
      streams.output(`ECHO is ${machine.echo ? 'on' : 'off'}.\n`);
    else streams.output(`${said}\n`);
  },
  rem: () => undefined,
  set,
  goto: ({ machine, rest }) => machine.goTo(rest.trim()),
  call: async (called) => {
    const { machine, rest, streams } = called;
    // cmd expands a second time what it calls
    const given = machine.expand(rest.trim());
    if (given.startsWith(':')) {
      const [label = '', ...args] = argumentsOf(given);
      await machine.call(label, args, streams);
    } else await runCommand({ ...called, text: given });
  },
  exit: ({ machine, rest }) => {
    const status = /(-?\d+)\s*$/.exec(rest)?.[1];
    if (status !== undefined) machine.status = Number(status);
    machine.exit(/\/b\b/i.test(rest));
  },
  shift: ({ machine, rest }) => machine.shift(Number(/\/(\d)/.exec(rest)?.[1] ?? 0)),
  setlocal: ({ machine, rest }) => {
    const delayed = /\b(en|dis)abledelayedexpansion\b/i.exec(rest)?.[1];
    machine.setLocal(delayed === undefined ? undefined : delayed.toLowerCase() === 'en');
  },
  endlocal: ({ machine }) => machine.endLocal(),
  ver: ({ streams }) => streams.output('bit batch\n'),
  cls: () => undefined,
  title: () => undefined,
  prompt: () => undefined,
  pause: ({ streams }) => streams.output('Press any key to continue . . .\n'),
  type: (called) =>
    attempt(called, () => {
      for (const path of paths(called.rest)) called.streams.output(filesOf(called.machine.host).read(path));
    }),
  mkdir: (called) =>
    attempt(called, () => {
      for (const path of paths(called.rest)) filesOf(called.machine.host).makeDirectory(path);
    }),
  rmdir: (called) =>
    attempt(called, () => {
      const { machine, rest } = called;
      for (const path of paths(rest)) {
        if (!flags(rest).includes('s') && filesOf(machine.host).list(`${path}/*`).length > 0)
          throw new Stopped(`${path}: the directory is not empty`);
        filesOf(machine.host).remove(path);
      }
    }),
  del: (called) =>
    attempt(called, () => {
      for (const pattern of paths(called.rest)) {
        for (const path of each(called.machine, pattern)) {
          if (!filesOf(called.machine.host).isDirectory(path)) filesOf(called.machine.host).remove(path);
        }
      }
    }),
  copy: (called) =>
    attempt(called, () => {
      const { machine, rest, streams } = called;
      const [from = '', to = '.'] = paths(rest);
      let copied = 0;
      for (const path of each(machine, from)) {
        const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        const target = filesOf(machine.host).isDirectory(to) ? `${to}/${name}` : to;
        filesOf(machine.host).write(target, filesOf(machine.host).read(path), false);
        copied += 1;
      }
      streams.output(`        ${copied} file(s) copied.\n`);
    }),
  move: (called) =>
    attempt(called, () => {
      const { machine, rest } = called;
      const [from = '', to = '.'] = paths(rest);
      for (const path of each(machine, from)) {
        const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
        filesOf(machine.host).move(path, filesOf(machine.host).isDirectory(to) ? `${to}/${name}` : to);
      }
    }),
  ren: (called) =>
    attempt(called, () => {
      const [from = '', to = ''] = paths(called.rest);
      const cut = Math.max(from.lastIndexOf('/'), from.lastIndexOf('\\')) + 1;
      filesOf(called.machine.host).move(from, `${from.slice(0, cut)}${to}`);
    }),
  dir: (called) =>
    attempt(called, () => {
      const { machine, rest, streams } = called;
      const [pattern = '*'] = paths(rest);
      const below = filesOf(machine.host).isDirectory(pattern) ? `${pattern}/*` : pattern;
      for (const name of filesOf(machine.host).list(below)) streams.output(`${name}\n`);
    }),
  cd: (called) =>
    attempt(called, () => {
      const target = unquoted(called.rest.replace(/^\s*\/d\b/i, ''));
      if (target === '') called.streams.output(`${filesOf(called.machine.host).directory()}\n`);
      else filesOf(called.machine.host).changeDirectory(target);
    }),
  find: (called) => {
    const { machine, rest, streams } = called;
    const wanted = /"([^"]*)"/.exec(rest)?.[1] ?? '';
    const [, ...names] = paths(rest);
    const text =
      names.length === 0 ? streams.input : names.map((name) => filesOf(machine.host).read(name)).join('\n');
    const options = flags(rest);
    const has = (line: string): boolean =>
      (options.includes('i') ? line.toLowerCase().includes(wanted.toLowerCase()) : line.includes(wanted)) !==
      options.includes('v');
    const found = text
      .split(/\r?\n/)
      .filter((line, at, all) => (at < all.length - 1 || line !== '') && has(line));
    streams.output(options.includes('c') ? `${found.length}\n` : found.map((line) => `${line}\n`).join(''));
    machine.status = found.length === 0 ? 1 : 0;
  },
  sort: ({ machine, streams }) => {
    const lines = streams.input.split(/\r?\n/).filter((line, at, all) => at < all.length - 1 || line !== '');
    streams.output(
      lines
        .sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase(), 'en'))
        .map((line) => `${line}\n`)
        .join(''),
    );
    machine.status = 0;
  },
};
Object.assign(COMMANDS, {
  md: COMMANDS['mkdir'],
  rd: COMMANDS['rmdir'],
  erase: COMMANDS['del'],
  rename: COMMANDS['ren'],
  chdir: COMMANDS['cd'],
});
