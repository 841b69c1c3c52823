import { filesOf, Stopped, unquoted } from './host.ts';
import type { BatchMachine } from './machine.ts';

export interface Loop {
  /** `/f "tokens=…"`, `/l`, `/r path`, `/d`; may be empty. */
  readonly options: string;
  readonly set: string;
  readonly variable: string;
  readonly run: (line: string) => Promise<string>;
}

const MOST_ROWS = 1_000_000;

/** What the variables of a loop are, round by round. */
export async function* rowsOf(
  loop: Loop,
  machine: BatchMachine,
): AsyncGenerator<ReadonlyMap<string, string>> {
  const switches = /^(?:\/[dlfr](?!\w)[\s,;=]*)*/i.exec(loop.options)?.[0] ?? '';
  const mode = switches.toLowerCase().replace(/[^dlfr]/g, '');
  const rest = loop.options.slice(switches.length).trim();
  let rows = 0;
  const all = mode.includes('l')
    ? numbers(loop)
    : mode.includes('f')
      ? parsed(loop, rest, machine)
      : items(loop, mode, rest, machine);
  for await (const row of all) {
    rows += 1;
    if (rows > MOST_ROWS) throw new Stopped('a loop of more than a million rounds');
    yield row;
  }
}

async function* numbers({ set, variable }: Loop): AsyncGenerator<ReadonlyMap<string, string>> {
  const [start = 0, step = 0, end = 0] = set
    .split(/[\s,;=]+/)
    .filter((one) => one !== '')
    .map((one) => Number.parseInt(one, 10) || 0);
  if (step === 0) throw new Stopped('for /l with a step of 0 never ends');
  for (let at = start; step > 0 ? at <= end : at >= end; at += step) yield new Map([[variable, String(at)]]);
}

async function* items(
  { set, variable }: Loop,
  mode: string,
  below: string,
  machine: BatchMachine,
): AsyncGenerator<ReadonlyMap<string, string>> {
  for (const [item] of set.matchAll(/(?:"[^"]*"?|[^\s,;="])+/g)) {
    const pattern = unquoted(item);
    if (mode.includes('r')) {
      const of = { pattern, directories: mode.includes('d'), machine };
      for (const path of recursive(unquoted(below === '' ? '.' : below), of))
        yield new Map([[variable, path]]);
    } else if (/[*?]/.test(pattern)) {
      const cut = Math.max(pattern.lastIndexOf('/'), pattern.lastIndexOf('\\')) + 1;
      for (const name of filesOf(machine.host).list(pattern)) {
        const path = `${pattern.slice(0, cut)}${name}`;
        if (filesOf(machine.host).isDirectory(path) === mode.includes('d')) yield new Map([[variable, path]]);
      }
    } else yield new Map([[variable, item]]);
  }
}

interface Sought {
  readonly pattern: string;
  readonly directories: boolean;
  readonly machine: BatchMachine;
}

function* recursive(directory: string, sought: Sought, depth = 0): Generator<string> {
  if (depth > 64) return;
  const files = filesOf(sought.machine.host);
  for (const name of files.list(`${directory}/${sought.pattern}`)) {
    const path = `${directory}/${name}`;
    if (files.isDirectory(path) === sought.directories) yield path;
  }
  for (const name of files.list(`${directory}/*`)) {
    if (files.isDirectory(`${directory}/${name}`))
      yield* recursive(`${directory}/${name}`, sought, depth + 1);
  }
}

/** `for /f`: lines of files, of a string or of a command's output, cut into tokens. */
async function* parsed(
  { set, variable, run }: Loop,
  given: string,
  machine: BatchMachine,
): AsyncGenerator<ReadonlyMap<string, string>> {
  const options = settings(given.replace(/^(["'])([\s\S]*)\1$/, '$2'));
  const text = set.trim();
  const command = options.back ? '`' : "'";
  const literal = options.back ? "'" : '"';
  let lines: string[];
  if (text.startsWith(command) && text.endsWith(command) && text.length > 1)
    lines = (await run(text.slice(1, -1))).split(/\r?\n/);
  else if (text.startsWith(literal) && text.endsWith(literal) && text.length > 1) lines = [text.slice(1, -1)];
  else {
    const names = [...text.matchAll(/(?:"[^"]*"?|[^\s,;="])+/g)].map(([name]) => unquoted(name));
    lines = names.flatMap((name) => filesOf(machine.host).read(name).split(/\r?\n/));
  }
  for (const line of lines.slice(options.skip)) {
    if (line === '' || (options.end !== '' && line.startsWith(options.end))) continue;
    const row = cut(line, options, variable);
    if (row !== undefined) yield row;
  }
}

interface Settings {
  readonly tokens: readonly number[];
  /** `*`: what is left goes into the next variable. */
  readonly rest: boolean;
  readonly delimiters: string;
  readonly skip: number;
  readonly end: string;
  readonly back: boolean;
}

function settings(text: string): Settings {
  const tokens = /tokens=([\d,\-*]+)/i.exec(text)?.[1] ?? '1';
  const numbers: number[] = [];
  for (const part of tokens.replace('*', '').split(',')) {
    const [from, to] = part.split('-').map((one) => Number.parseInt(one, 10));
    if (from === undefined || Number.isNaN(from)) continue;
    for (let at = from; at <= Math.min(to ?? from, 31); at++) numbers.push(at);
  }
  return {
    tokens: [...new Set(numbers)].sort((a, b) => a - b),
    rest: tokens.includes('*'),
    // The blank may only stand last, so that the rest of the options can be told from it.
    delimiters: /delims=(.*?)(?=\s+(?:tokens|skip|eol|usebackq)\b|$)/i.exec(text)?.[1] ?? ' \t',
    skip: Number(/skip=(\d+)/i.exec(text)?.[1] ?? 0),
    end: /eol=(.)/i.exec(text)?.[1] ?? ';',
    back: /\busebackq\b/i.test(text),
  };
}

function cut(line: string, options: Settings, variable: string): ReadonlyMap<string, string> | undefined {
  const delimits = (at: number): boolean => options.delimiters.includes(line.charAt(at));
  const found: { readonly text: string; readonly start: number }[] = [];
  for (let at = 0; at < line.length; ) {
    while (at < line.length && delimits(at)) at += 1;
    const start = at;
    while (at < line.length && !delimits(at)) at += 1;
    if (at > start) found.push({ text: line.slice(start, at), start });
  }
  const row = new Map<string, string>();
  const first = variable.charCodeAt(0);
  let last = 0;
  for (const [index, token] of options.tokens.entries()) {
    row.set(String.fromCharCode(first + index), found[token - 1]?.text ?? '');
    last = token;
  }
  if (options.rest) {
    const next = found[last];
    row.set(
      String.fromCharCode(first + options.tokens.length),
      next === undefined ? '' : line.slice(next.start),
    );
  }
  return found.length === 0 ||
    (options.tokens.length > 0 && found[(options.tokens[0] ?? 1) - 1] === undefined)
    ? undefined
    : row;
}
