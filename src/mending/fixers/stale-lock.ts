import { posix } from 'node:path';
import { printable } from '../../kernel/text.ts';
import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { linesOf } from '../script-edit.ts';
import { evidenceOf, inTree } from './evidence.ts';

const GIT =
  /\bUnable to create ['‘](?<path>[^'’\n]{1,400}\.lock)['’]: File exists\b|\bcannot lock ref\b.{0,300}: Unable to create ['‘](?<ref>[^'’\n]{1,400}\.lock)['’]/;
/** Locks of this machine's own: which program holds them, and what to do. */
const MACHINE: readonly (readonly [RegExp, string, string])[] = [
  [
    /\bCould not get lock (?<path>\/var\/lib\/(?:dpkg|apt)\/\S{1,100}|\/var\/cache\/apt\/\S{1,100})/,
    'apt',
    'wait for the other apt or dpkg to end; after one that was killed: sudo dpkg --configure -a',
  ],
  [
    /\b(?:EEXIST|ECOMPROMISED|Lock compromised)\b.{0,200}(?<path>_locks?\/\S{1,200}|\.npm\/\S{1,200})/,
    'npm',
    'no other npm is running? then: npm cache verify',
  ],
  [
    /\bError acquiring the state lock\b/,
    'terraform',
    'terraform force-unlock <id>, once nobody else applies',
  ],
  [/\bwaiting for file lock on (?<path>[^\n]{1,100})/, 'cargo', 'wait for the other cargo to end'],
];
/** Somebody finds a file that says another one is at work. */
const HELD =
  /\b(?:already (?:running|exists|locked|started|in progress)|is locked|lock(?:ed)? (?:file )?(?:exists|held|present|by)|another (?:instance|process)|(?:pid|lock) ?file|File exists|stale (?:lock|pid))\b/i;
const LOCK =
  /(?<path>(?:\.{0,2}\/)?[\w.@/-]{0,300}?[\w@-]{0,100}(?:\.(?:lock|pid|lck)|\/lock|\/LOCK)|[\w.@/-]{0,300}\block(?:file)?)(?=$|[\s'"’)\],:;])/;
/** These hold versions, and are no locks. */
const VERSIONS =
  /(?:^|\/)(?:yarn|Cargo|poetry|Gemfile|composer|flake|uv|bun|Pipfile|mix|pubspec|Podfile|deno|pixi|pdm|Package|packages|gradle|\.terraform|stack\.yaml|cabal\.project\.freeze)\.(?:lock|lock\.hcl|resolved)$|(?:^|\/)[\w.-]*lock\.(?:json|yaml|yml|hcl)$|\.toml\.lock$/i;
const MOST_BYTES = 4096;

/** A lock that nobody holds any more. */
export const staleLock: Fixer = {
  name: 'stale-lock',
  title: 'a lock that is left behind',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    for (const [at, line] of linesOf(failure.log)) {
      if (found.size >= 4) break;
      for (const finding of [
        gitLock(failure, at, line),
        machineLock(failure, at, line),
        await treeLock(failure, bench, at, line),
      ])
        if (finding !== undefined && !found.has(finding.cause)) found.set(finding.cause, finding);
    }
    return [...found.values()];
  },
};

function gitLock(failure: FailedStep, at: number, line: string): Finding | undefined {
  const { path, ref } = GIT.exec(line)?.groups ?? {};
  const lock = path ?? ref;
  if (lock === undefined) return undefined;
  return {
    ...{
      fixer: 'stale-lock',
      cause: `git finds its lock ${printable(lock)}`,
      confidence: 0.9,
      changes: null,
    },
    evidence: [evidenceOf(failure, at)],
    advice: 'where no git is at work any more: bit repair custom locks; then bit retry failed',
  };
}

function machineLock(failure: FailedStep, at: number, line: string): Finding | undefined {
  for (const [pattern, program, advice] of MACHINE) {
    const match = pattern.exec(line);
    if (match === null) continue;
    const path = match.groups?.['path'];
    return {
      ...{
        fixer: 'stale-lock',
        cause: `${program} finds a lock${path === undefined ? '' : `, ${printable(path)}`}`,
        confidence: 0.8,
        changes: null,
      },
      ...{ evidence: [evidenceOf(failure, at)], advice },
    };
  }
  return undefined;
}

/** A lock or a process id that somebody has committed, or left in the tree. */
async function treeLock(
  failure: FailedStep,
  bench: Bench,
  at: number,
  line: string,
): Promise<Finding | undefined> {
  const named = HELD.test(line) ? LOCK.exec(line)?.groups?.['path'] : undefined;
  const path = named === undefined ? undefined : inTree(failure, named);
  if (path === undefined || VERSIONS.test(path) || (await bench.mode(path)) !== '100644') return undefined;
  const content = await bench.read(path);
  if (content === undefined || content.length > MOST_BYTES) return undefined;
  if ((await bench.list([path.replace(/[*?[\]{}()!\\]/g, '\\$&')])).length === 0)
    return left(failure, path, at);
  const pid = /^\s{0,8}(\d{1,10})\b/.exec(content.toString('latin1'))?.[1];
  if (pid !== undefined && alive(Number(pid))) return undefined;
  return {
    fixer: 'stale-lock',
    cause: `${printable(path)} is a lock of a program that runs no more`,
    evidence: [
      evidenceOf(failure, at),
      {
        file: path,
        line: 1,
        text: pid === undefined ? 'it is among the files of the tree' : `process ${pid} is gone`,
      },
    ],
    confidence: pid === undefined ? 0.75 : 0.9,
    changes: [{ path, content: null }],
    advice: `git rm --cached ${printable(path)}; and name ${posix.basename(path)} in .gitignore`,
  };
}

/** One that git ignores: no commit takes it away. */
function left(failure: FailedStep, path: string, at: number): Finding {
  return {
    ...{
      fixer: 'stale-lock',
      cause: `${printable(path)} is left behind in the work tree`,
      confidence: 0.8,
      changes: null,
    },
    ...{
      evidence: [evidenceOf(failure, at)],
      advice: `where nothing holds it any more: rm ${printable(path)}`,
    },
  };
}

function alive(pid: number): boolean {
  if (pid <= 1 || pid > 4_194_304) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
