/** Programs started in turn, so that what else the machine does hits both sides alike. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { median } from './row.ts';

export const root = dirname(import.meta.dirname);
export const bit: readonly string[] = [process.execPath, join(root, 'bin', 'run.js')];

export interface Side {
  readonly words: readonly string[];
  /** Untimed, before each start. */
  readonly before?: (round: number) => void;
}

export interface Figure {
  /** Milliseconds a start, the median of all rounds. */
  readonly wall: number;
  /** Milliseconds of user and system time a start with all it starts, the mean; NaN where there is no /proc. */
  readonly cpu: number;
}

/** Starts each side once a round, in an order that turns, and returns their figures in the order given. */
export function alternate(sides: readonly Side[], place: Place, rounds = 40): readonly Figure[] {
  const walls = sides.map((): number[] => []);
  const cpus = sides.map(() => 0);
  for (let round = -3; round < rounds; round++) {
    for (let turn = 0; turn < sides.length; turn++) {
      const at = (turn + Math.max(0, round)) % sides.length;
      const side = sides[at];
      if (side === undefined) continue;
      side.before?.(round + 3);
      const [program = '', ...args] = side.words.map((word) => word.replace('@', String(round + 3)));
      const used = childTime();
      const started = performance.now();
      const { status, stderr } = spawnSync(program, args, {
        cwd: place.repository,
        env: place.env,
        stdio: 'pipe',
      });
      const wall = performance.now() - started;
      if (status !== 0) throw new Error(`${side.words.join(' ')} ended with ${status}: ${stderr}`);
      if (round < 0) continue;
      walls[at]?.push(wall);
      cpus[at] = (cpus[at] ?? 0) + childTime() - used;
    }
  }
  return walls.map((wall, at) => ({ wall: median(wall), cpu: (cpus[at] ?? Number.NaN) / rounds }));
}

/** Milliseconds all ended children used so far, in steps of ten. */
function childTime(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return Number.NaN;
  }
}

export interface Place {
  readonly repository: string;
  readonly env: Readonly<Record<string, string>>;
  git(...args: string[]): string;
  remove(): void;
}

/** A repository of its own under a HOME of its own. */
export function place(): Place {
  if (!existsSync(join(root, 'dist', 'hot', 'hot.json')))
    throw new Error('these rows measure what is built: npm run build');
  const home = mkdtempSync(join(tmpdir(), 'bit-bench-'));
  const repository = join(home, 'repository');
  mkdirSync(repository);
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  };
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: repository, env, encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'main');
  git('config', 'gc.auto', '0');
  git('commit', '-q', '--allow-empty', '-m', 'first');
  git('branch', 'topic');
  return { repository, env, git, remove: () => rmSync(home, { recursive: true, force: true }) };
}

export const FLOOR = 'node bench/floor.cjs: Node, two signatures, two durable writes, one git';

/** The least a recorded action does, with these words for git. */
export function floor({ repository }: Place, ...words: string[]): readonly string[] {
  return [process.execPath, join(root, 'bench', 'floor.cjs'), join(repository, '.git', 'floor.db'), ...words];
}

export const nodeVersion = `node ${process.versions.node}`;
export const gitVersion = (): string =>
  execFileSync('git', ['--version'], { encoding: 'utf8' }).trim().replace(' version', '');
