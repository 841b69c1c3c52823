/**
 * A gallery of broken repositories. Each is built by code, fails in a real run by real tools, and is then shown to
 * `bit bot autofix`; what it proposes is applied by plain git and run again.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { AutofixResult } from '../../../src/mending/index.ts';
import { type World, world } from '../../world.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Where the campaign puts the programs of npm that it shows. */
export const GALLERY_TOOLS = join(ROOT, 'node_modules', '.cache', 'repair-gallery');

/** A repository in which a workflow fails. */
export interface Exhibit {
  /** The fixer that is to find it; `*` where any may, empty where none can know of it. */
  readonly fixer: string;
  /** Where people told of it, as `owner/repository#number`. */
  readonly reported?: string;
  /** The fixer that finds what was reported. */
  readonly by?: string;
  readonly title: string;
  /** Programs beside git, node and a shell. */
  readonly needs?: readonly string[];
  /** Writes the files; they are committed afterwards. */
  make(place: Scene): void;
  /** After the commit, before the run: what git would not keep. */
  left?(place: Scene): void;
  /** Workflow to run, default `ci`. */
  readonly workflow?: string;
  /** The workflow's file can't even be read. */
  readonly unreadable?: boolean;
  /** The cause, as it is told. */
  readonly cause: RegExp;
  /** `known`: the cause is told, and nothing in the tree puts it right. */
  readonly end: 'fixed' | 'known';
  /** Whether what made it pass is also what a person would have done. */
  right?(place: Scene): boolean;
  /** Earlier runs, whose history is looked at. */
  readonly before?: (place: Scene) => Promise<void>;
}

/** One that people told of: any fixer may find it, or, without `by`, none can know of it. */
export type Reported = Omit<Exhibit, 'fixer'> & { readonly reported: string };

export interface Scene extends World {
  /** A native workflow of one job with these steps, as YAML below `steps:`. */
  ci(steps: string, more?: string): void;
  /** The same of one step, a line of a shell. */
  step(line: string, more?: string): void;
  /** Written with its run bit. */
  program(path: string, text: string): void;
  /** Runs one; what it prints is told where it fails. */
  tool(program: string, ...args: string[]): void;
  commit(message?: string): void;
}

export interface Shown {
  readonly exhibit: Exhibit;
  /** The fixer told the cause. */
  readonly found: boolean;
  /** What it proposed made the workflow pass. */
  readonly fixed: boolean;
  /** Something passed before and fails now; what. */
  readonly broke: string | null;
  /** A change was proposed. */
  readonly proposed: boolean;
  /** It ended as one that found no fix, or as one that did. */
  readonly said: boolean;
  /** It left the repository as it was. */
  readonly untouched: boolean;
  readonly seconds: number;
  /** For a person who looks why. */
  readonly told: string;
}

/** Passes in every exhibit, before and after. */
const BESIDE = `jobs:
  beside:
    steps:
      - run: git ls-files '*.json' | xargs -r -n 1 node -e 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))'
`;

export function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: toolEnv() }).status === 0;
}

function toolEnv(): Record<string, string> {
  const own = join(ROOT, 'node_modules', '.bin');
  const { PATH = '', HOME = '', CARGO_HOME, RUSTUP_HOME } = process.env;
  return {
    PATH: [own, join(GALLERY_TOOLS, 'node_modules', '.bin'), PATH].join(delimiter),
    CARGO_HOME: CARGO_HOME ?? join(HOME, '.cargo'),
    RUSTUP_HOME: RUSTUP_HOME ?? join(HOME, '.rustup'),
    CARGO_NET_OFFLINE: 'true',
    GOPROXY: `file://${GALLERY_TOOLS}/goproxy`,
    GOSUMDB: 'off',
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
  };
}

function scene(): Scene {
  const place = world({ env: toolEnv() });
  const ci = (steps: string, more = ''): void =>
    place.write('.bithub/workflows/ci.yml', `${more}jobs:\n  build:\n    steps:\n${steps}`);
  return {
    ...place,
    ci,
    step: (line, more) => ci(`      - run: ${line}\n`, more),
    program(path, text) {
      place.write(path, text);
      chmodSync(join(place.dir, path), 0o755);
    },
    tool(program, ...args) {
      const made = spawnSync(program, args, { cwd: place.dir, env: place.env, encoding: 'utf8' });
      if (made.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${made.stderr}${made.stdout}`);
    },
    commit(message = 'change') {
      place.git('add', '-A');
      place.git('commit', '-q', '--allow-empty', '-m', message);
    },
  };
}

/** Shows one exhibit, from the making of the repository to the run with what was proposed. */
export async function show(exhibit: Exhibit): Promise<Shown> {
  const started = performance.now();
  const place = scene();
  try {
    place.start();
    place.write('.bithub/workflows/beside.yml', BESIDE);
    exhibit.make(place);
    place.commit();
    exhibit.left?.(place);
    await exhibit.before?.(place);
    const workflow = exhibit.workflow ?? 'ci';
    const beside = await isFine(place, 'beside');
    const failed = await place.bit('run', workflow);
    if (failed.code === 0) throw new Error(`${exhibit.title}: the run did not fail\n${failed.stderr}`);
    const before = stateOf(place);
    const asked = await place.bit('bot', 'autofix', 'workflow', workflow, '--json');
    const untouched = stateOf(place) === before;
    const out = parsed(asked.stdout);
    const candidates = (out?.steps ?? []).flatMap(({ candidates: some }) => some);
    const wanted = (fixer: string | undefined): boolean => exhibit.fixer === '*' || fixer === exhibit.fixer;
    const own = candidates.filter(({ fixer }) => wanted(fixer));
    const found = own.some(({ cause }) => exhibit.cause.test(cause));
    const patch = out?.patch ?? '';
    let [fixed, broke] = [false, null as string | null];
    if (patch !== '') {
      execFileSync('git', ['apply', '--whitespace=nowarn', '-'], {
        cwd: place.dir,
        env: place.env,
        input: patch,
      });
      const proposed = (out?.steps ?? []).some(
        ({ proposed: at, candidates: some }) => at !== null && wanted(some[at]?.fixer),
      );
      fixed = (await isFine(place, workflow)) && proposed && (exhibit.right?.(place) ?? true);
      if (beside && !(await isFine(place, 'beside'))) broke = 'the workflow beside it';
    }
    return {
      exhibit,
      ...{ found, fixed, broke, untouched, proposed: patch !== '' },
      said: asked.code === (patch === '' ? 1 : 0),
      seconds: (performance.now() - started) / 1000,
      told: JSON.stringify({ failed: failed.stderr.slice(-1500), out: out ?? asked.stderr }, null, 1),
    };
  } finally {
    place.close();
  }
}

async function isFine(place: Scene, workflow: string): Promise<boolean> {
  return (await place.bit('run', workflow)).code === 0;
}

/** Commits, branches, index and work tree, as one text. */
function stateOf(place: Scene): string {
  return [
    place.git('for-each-ref'),
    place.git('rev-parse', 'HEAD'),
    place.git('status', '--porcelain=v2', '--untracked-files=all'),
    place.git('diff', 'HEAD'),
  ].join('\n');
}

function parsed(text: string): AutofixResult | undefined {
  try {
    return JSON.parse(text) as AutofixResult;
  } catch {
    return undefined;
  }
}

/** As a table has it. */
export function isGood({ exhibit, found, fixed, broke, untouched, proposed, said }: Shown): boolean {
  if (broke !== null || !untouched || !said) return false;
  if (exhibit.fixer === '') return !proposed;
  return found && (exhibit.end === 'fixed' ? fixed : !proposed);
}
