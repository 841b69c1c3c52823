import type { Bench, FailedStep, Finding, Fixer } from '../model.ts';
import { evidenceOf, inTree } from './evidence.ts';

/** `script.sh: line 3: ./build.sh: Permission denied`, as bash, dash, env (which quotes it) and Node say it. */
const REFUSED = [
  /(?:^|: )['‘]?(?<path>[^\s:'‘’"]{1,300})['’]?: Permission denied$/,
  /\bspawn(?:Sync)? (?<path>[^\s:'"]{1,300}) EACCES\b/,
];

/** A program of the tree that git keeps without its run bit. */
export const lostRunBit: Fixer = {
  name: 'lost-run-bit',
  title: 'a program of the tree has lost its run bit',
  async detect(failure: FailedStep, bench: Bench): Promise<readonly Finding[]> {
    const found = new Map<string, Finding>();
    for (const [at, line] of failure.log.split('\n').entries()) {
      if (line.length > 2000 || !/Permission denied|EACCES/.test(line)) continue;
      const named = REFUSED.map((pattern) => pattern.exec(line.trimEnd())?.groups?.['path']).find(
        (path) => path !== undefined,
      );
      const path = named === undefined ? undefined : inTree(failure, named);
      if (path === undefined || found.has(path) || (await bench.mode(path)) !== '100644') continue;
      const content = await bench.read(path);
      // without a first line that names who runs it, the bit alone makes no program of it
      if (content === undefined || !isProgram(content)) continue;
      found.set(path, {
        fixer: 'lost-run-bit',
        cause: `${path} is called as a program and is not executable`,
        evidence: [evidenceOf(failure, at), { file: path, line: 1, text: 'mode 100644' }],
        confidence: 0.95,
        changes: [{ path, content, mode: '100755' }],
        advice: `git update-index --chmod=+x ${path}`,
      });
    }
    return [...found.values()];
  },
};

function isProgram(content: Buffer): boolean {
  return (
    content.subarray(0, 2).toString('latin1') === '#!' || content.subarray(1, 4).toString('latin1') === 'ELF'
  );
}
