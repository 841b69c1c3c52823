import { posix } from 'node:path';
import { printable } from '../../kernel/text.ts';
import { calledFiles } from '../called.ts';
import type { Bench, Change, FailedStep, Finding, Fixer, Move } from '../model.ts';
import { editCommand, linesOf } from '../script-edit.ts';
import { evidenceOf, inTree } from './evidence.ts';

/** A module or header that is not there, and the file that asks for it, as Node and C compilers tell it. */
const MODULE = /\bCannot find module '(?<path>[^'\n]{1,500})'(?: imported from (?<from>\/[^\s'"]{1,500}))?/;
const HEADER =
  /^(?<from>[^\s:]{1,300}):\d{1,7}:(?:\d{1,7}:)? fatal error: (?<path>[^\s:]{1,300}): No such file/;
const STACK = /^\s*(?:- |requireStack: \[ ')(?<from>\/[^\s']{1,500})/;
const ABSENT = /No such file or directory|ENOENT|[Cc]annot find|can't (?:cd|open)|not found|does not exist/;
const SOURCES = ['', '.js', '.ts', '.mjs', '.cjs', '.jsx', '.tsx', '.json', '/index.js', '/index.ts'];
const MOST = 1 << 20;

/** A path that the tree has in other letters, or in another place since a commit moved it. */
export const wrongPath: Fixer = {
  name: 'wrong-path',
  title: 'a file is called by a path that is not, or no longer, its own',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const lines = linesOf(failure.log);
    const found = new Map<string, Finding>();
    for (const [index, [at, line]] of lines.entries()) {
      if (found.size >= 4) break;
      const { path, from } = (MODULE.exec(line) ?? HEADER.exec(line))?.groups ?? {};
      if (path === undefined) continue;
      const behind = lines.slice(index + 1, index + 15).map(([, one]) => STACK.exec(one)?.groups?.['from']);
      const importer = from ?? behind.find((one) => one !== undefined);
      const finding =
        importer === undefined ? undefined : await letters(failure, bench, { at, path, importer });
      if (finding !== undefined) found.set(finding.cause, finding);
    }
    const absent = lines.filter(([, line]) => ABSENT.test(line));
    if (absent.length > 0)
      for (const finding of await moved(failure, bench, absent)) found.set(finding.cause, finding);
    return [...found.values()];
  },
};

interface Asked {
  readonly at: number;
  readonly path: string;
  readonly importer: string;
}

/** A file system that tells letters apart has it in others. */
async function letters(failure: FailedStep, bench: Bench, { at, path, importer }: Asked) {
  const asking = inTree(failure, importer);
  const text = asking === undefined ? undefined : (await bench.read(asking))?.toString('utf8');
  if (asking === undefined || text === undefined || text.length > MOST) return undefined;
  const folder = posix.dirname(asking);
  const wanted = path.startsWith('/')
    ? inTree(failure, path)
    : inTree({ ...failure, workingDirectory: folder }, path);
  if (wanted === undefined) return undefined;
  const paths = await bench.list(['**']);
  const low = new Set(SOURCES.map((ending) => (wanted + ending).toLowerCase()));
  const same = paths.filter(
    (one) => low.has(one.toLowerCase()) || one.toLowerCase() === wanted.toLowerCase(),
  );
  const [there] = same;
  if (there === undefined || same.length !== 1 || there.startsWith(wanted)) return undefined;
  const right = there.slice(0, wanted.length);
  // the way it is written there, with its letters as the tree has them
  const relative = posix.relative(folder, right);
  const spelt = text.split(/["'`<>]/).find((one) => one.length > 0 && sameEnd(one, relative));
  if (spelt === undefined) return undefined;
  const put = spelt.slice(0, spelt.length - tail(spelt, relative).length) + tail(relative, spelt);
  const change: Change = { path: asking, content: Buffer.from(text.replaceAll(spelt, () => put)) };
  return {
    fixer: 'wrong-path',
    cause: `${printable(asking)} asks for ${printable(spelt)}, and the tree has ${printable(right)}: other letters`,
    evidence: [evidenceOf(failure, at), { file: there, text: 'a file of the tree' }],
    confidence: 0.9,
    changes: [change],
    advice: `write ${printable(put)}`,
  } satisfies Finding;
}

/** Both name the same by the letters, one of them perhaps from elsewhere: `./lib/A` and `lib/a`. */
function sameEnd(spelt: string, relative: string): boolean {
  const [one, other] = [spelt.replace(/^\.\//, '').toLowerCase(), relative.toLowerCase()];
  return one === other && spelt.replace(/^\.\//, '') !== relative;
}

const tail = (text: string, like: string): string =>
  text.replace(/^\.\//, '').slice(-like.replace(/^\.\//, '').length);

/** What a step or a script of it names stood there until a commit moved it. */
async function moved(
  failure: FailedStep,
  bench: Bench,
  absent: readonly (readonly [number, string])[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const { from, to } of places(await bench.moves())) {
    if (found.length >= 3) break;
    const own = posix.relative(failure.workingDirectory, from);
    const said = absent.find(([, line]) => names(line, own) || names(line, from));
    if (said === undefined || own.startsWith('..') || (await there(from, bench))) continue;
    const now = posix.relative(failure.workingDirectory, to);
    const edit = (text: string): string =>
      text.length > MOST ? text : text.replace(wordOf(own), (_all, before: string) => before + now);
    const base = {
      fixer: 'wrong-path',
      cause: `${printable(from)} is called, and a commit moved it to ${printable(to)}`,
      confidence: 0.85,
      advice: `write ${printable(now)}`,
    };
    const step = await editCommand(failure, bench, (lines) => lines.map(edit));
    const evidence = [evidenceOf(failure, said[0]), { file: to, text: 'where it is now' }];
    if (step !== undefined) {
      found.push({ ...base, evidence: [...evidence, step.place], changes: [step.change] });
      continue;
    }
    for (const path of await calledFiles(failure, bench)) {
      const text = (await bench.read(path))?.toString('utf8') ?? '';
      if (text.includes('\0') || edit(text) === text) continue;
      found.push({ ...base, evidence, changes: [{ path, content: Buffer.from(edit(text)) }] });
      break;
    }
  }
  return found;
}

/** Files that moved, and folders of which all did: the outermost first. */
function places(moves: readonly Move[]): readonly Move[] {
  const folders = new Map<string, string | null>();
  for (const { from, to } of moves) {
    const [a, b] = [from.split('/'), to.split('/')];
    let same = 0;
    while (same < Math.min(a.length, b.length) && a.at(-1 - same) === b.at(-1 - same)) same++;
    if (same === 0 || same >= a.length) continue;
    const [before, after] = [a.slice(0, a.length - same).join('/'), b.slice(0, b.length - same).join('/')];
    if (after === '') continue;
    folders.set(before, folders.has(before) && folders.get(before) !== after ? null : after);
  }
  return [...[...folders].flatMap(([from, to]) => (to === null ? [] : [{ from, to }])), ...moves].sort(
    (a, b) => a.from.length - b.from.length,
  );
}

async function there(path: string, bench: Bench): Promise<boolean> {
  if ((await bench.mode(path)) !== undefined) return true;
  return (await bench.list([`${path.replace(/[*?[\]{}()!\\]/g, '\\$&')}/**`])).length > 0;
}

function wordOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[\\s"'=:;&|(]|\\./)${escaped}(?=$|[\\s"':;&|)/])`, 'g');
}

function names(line: string, path: string): boolean {
  return (path !== '' && wordOf(path).test(line)) || line.includes(`/${path}'`) || line.includes(`/${path}:`);
}
