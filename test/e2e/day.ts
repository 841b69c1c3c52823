/**
 * One day, lived twice: Ada and Grace work through `bit`, and their twins do the same at the same minute through plain
 * git. After each pair of lines both repositories must be alike, down to the ids of commits.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { splitWords } from '../../src/kernel/text.ts';
import { type GitHttp, startGitHttp } from '../git/http-backend.ts';
import { type Standing, standingOf } from '../repository/twins.ts';
import { type World, world } from '../world.ts';
import { builtBit } from './built.ts';
import { fastImport } from './history.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Who = 'ada' | 'grace';

export interface Day {
  readonly world: World;
  readonly url: string;
  /** Folder of one's clone that `bit` works in. */
  folder(who: Who): string;
  /** `bit` typed by `who`; must end with `code`. */
  bit(who: Who, line: string, code?: number): Promise<Ended>;
  /** The same minute in both lives: `bit` here and plain git there. Both must come out alike. */
  both(who: Who, bitLine: string, ...gitLines: readonly string[]): Promise<Ended>;
  /** Plain git of the twin, which stops in conflicts as `bit` just did. */
  conflict(who: Who, gitLine: string): Promise<void>;
  /** The same plain git in both. */
  plain(who: Who, line: string): Promise<void>;
  /** The same edit in both. */
  edit(who: Who, path: string, text: string): void;
  read(who: Who, path: string): string;
  standing(who: Who): Standing;
  alike(who: Who): Promise<void>;
  close(): Promise<void>;
}

/** Nine in the morning; each line that is typed takes a minute. */
const MORNING = Date.UTC(2026, 2, 2, 9) / 1000;

export async function startDay(): Promise<Day> {
  const place = world();
  const program = builtBit();
  const served = join(place.root, 'served');
  for (const life of ['bit', 'git', 'served']) mkdirSync(join(place.root, life));
  const folder = (life: 'bit' | 'git', who: Who): string => join(place.root, life, who);
  let minute = 0;

  const run = (cwd: string, argv: readonly string[], input = ''): Promise<Ended> => {
    const date = `${MORNING + minute * 60} +0000`;
    const [file = '', ...args] = argv;
    return new Promise((resolve, reject) => {
      const child = spawn(file, args, {
        cwd,
        env: { ...place.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, GIT_EDITOR: 'true' },
      });
      const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({
          code: code ?? -1,
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
        }),
      );
      child.stdin.on('error', () => undefined).end(input);
    });
  };
  const expect = (line: string, ended: Ended, code: number): Ended => {
    assert.is(ended.code, code, `$ ${line}\n${ended.stdout}${ended.stderr}`);
    return ended;
  };
  const git = async (cwd: string, line: string, code = 0, input = ''): Promise<Ended> =>
    expect(`git ${line}`, await run(cwd, ['git', ...words(line)], input), code);

  await git(place.root, 'init -q --bare -b main served/bit.git');
  await git(join(served, 'bit.git'), 'fast-import --quiet', 0, fastImport());
  await git(place.root, 'clone -q --mirror served/bit.git served/git.git');
  const server: GitHttp = await startGitHttp(served);

  const day: Day = {
    world: place,
    url: server.url,
    folder: (who) => folder('bit', who),
    async bit(who, line, code = 0) {
      const cwd = line.startsWith('clone ') ? join(place.root, 'bit') : folder('bit', who);
      return expect(`bit ${line}`, await run(cwd, [process.execPath, program, ...words(line)]), code);
    },
    async both(who, bitLine, ...gitLines) {
      minute += 1;
      const ended = await day.bit(who, bitLine);
      for (const line of gitLines) {
        const cwd = line.startsWith('clone ') ? join(place.root, 'git') : folder('git', who);
        await git(cwd, line);
      }
      await day.alike(who);
      return ended;
    },
    async conflict(who, line) {
      await git(folder('git', who), line, 1);
      await day.alike(who);
    },
    async plain(who, line) {
      minute += 1;
      for (const life of ['bit', 'git'] as const) await git(folder(life, who), line);
      await day.alike(who);
    },
    edit(who, path, text) {
      for (const life of ['bit', 'git'] as const) {
        const file = join(folder(life, who), path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, text);
      }
    },
    read: (who, path) => readFileSync(join(folder('bit', who), path), 'utf8'),
    standing: (who) => standingIn(place, folder('bit', who)),
    async alike(who) {
      sameStanding(standingIn(place, folder('bit', who)), standingIn(place, folder('git', who)));
      const fsck = await run(folder('bit', who), [
        'git',
        'fsck',
        '--connectivity-only',
        '--no-dangling',
        '--no-progress',
      ]);
      assert.equal([fsck.code, fsck.stdout], [0, ''], fsck.stderr);
    },
    async close() {
      await server.close();
      place.close();
    },
  };
  return day;
}

/** Names what differs instead of printing hundreds of files. */
export function sameStanding(actual: Standing, expected: Standing): void {
  const items = (value: string | readonly string[]): readonly string[] =>
    typeof value === 'string' ? value.split('\0') : value;
  const differing = Object.keys(expected).flatMap((key) => {
    const [a, b] = [items(actual[key as keyof Standing]), items(expected[key as keyof Standing])];
    return [
      ...a.filter((item) => !b.includes(item)).map((item) => `${key}: ${item.slice(0, 120)}`),
      ...b.filter((item) => !a.includes(item)).map((item) => `${key}, missing: ${item.slice(0, 120)}`),
    ];
  });
  assert.equal(differing.slice(0, 12), []);
}

function words(line: string): string[] {
  const split = splitWords(line);
  if (split === undefined) throw new Error(`a quote is not closed: ${line}`);
  return split;
}

/** Each life has a remote of its own, and that is all that may differ. */
function standingIn(place: World, dir: string): Standing {
  const standing = standingOf(place, dir);
  return { ...standing, config: standing.config.map((line) => line.replace('/git.git', '/bit.git')) };
}
