/**
 * Runs files of other projects' conformance cases and closes on `N passed, N failed`; each failing case is named.
 *
 *     node scripts/conformance.ts KIND FILE …
 */
import { readFileSync } from 'node:fs';

export interface Verdict {
  /** The case, as its file calls it. */
  readonly name: string;
  readonly passed: boolean;
  /** What came instead, in a few words. */
  readonly why?: string;
}
/** Judges every case of one file. */
export type Judge = (text: string, file: string) => Iterable<Verdict> | AsyncIterable<Verdict>;

/** One module a kind of file. */
const KINDS: Readonly<Record<string, () => Promise<{ readonly judge: Judge }>>> = {
  rego: () => import('./conformance/rego.ts'),
  'tlog-consistency': async () => ({ judge: (await import('./conformance/tlog.ts')).judgeConsistency }),
  'tlog-inclusion': async () => ({ judge: (await import('./conformance/tlog.ts')).judgeInclusion }),
};

const [kind = '', ...files] = process.argv.slice(2);
const load = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
if (load === undefined || files.length === 0) {
  process.stderr.write(`usage: conformance ${Object.keys(KINDS).join('|')} FILE…\n`);
  process.exit(2);
}
const { judge } = await load();

/** A file that can't be read, or is no list of cases, is one that failed: the others are judged all the same. */
async function* verdictsOf(file: string): AsyncIterable<Verdict> {
  try {
    yield* judge(readFileSync(file, 'utf8'), file);
  } catch (error) {
    yield { name: file, passed: false, why: error instanceof Error ? error.message : String(error) };
  }
}

let passed = 0;
let failed = 0;
for (const file of files) {
  for await (const verdict of verdictsOf(file)) {
    if (verdict.passed) passed += 1;
    else {
      failed += 1;
      process.stdout.write(`FAIL ${verdict.name}${verdict.why === undefined ? '' : `: ${verdict.why}`}\n`);
    }
  }
}
if (passed + failed === 0) failed += 1;
process.exitCode = failed === 0 ? 0 : 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
