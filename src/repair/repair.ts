import { chmodSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { settleOperation } from '../history/index.ts';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import type { Paper } from '../kernel/paper.ts';
import type { Answer, Effect, Reader, Writer } from '../operation/index.ts';
import { damagedLedger, diagnose, type Finding, keptRefs, type Scope } from './diagnose.ts';
import { salvage } from './salvage.ts';

export interface Fixed {
  readonly scope: Scope;
  readonly what: string;
  readonly did: string;
}

export interface RepairResult {
  readonly fixed: readonly Fixed[];
  readonly failed: readonly Fixed[];
  /** Operations of another machine or container, left open: only a person can say that they ended. */
  readonly left: readonly string[];
}

export interface RepairOptions {
  readonly scopes: readonly Scope[];
  /** The person's word that what was begun on other machines or in other containers has ended: settle it too. */
  readonly elsewhere: boolean;
}

const SAY_ELSEWHERE = 'left open; once it has surely ended, say: bit repair --elsewhere';

/** Finds what is wrong within `scopes` and puts it right, one finding after the other. */
export async function repair(
  reader: Reader,
  options: RepairOptions,
): Promise<Effect<RepairResult> | Answer<RepairResult>> {
  const [damage] = options.scopes.includes('ledger') ? damagedLedger(reader) : [];
  if (damage !== undefined) return salvaging(reader, damage);
  const all = await diagnose(reader, options.scopes);
  const unsure = (finding: Finding): boolean => finding.scope === 'intents' && finding.elsewhere;
  const findings = all.filter((finding) => options.elsewhere || !unsure(finding));
  const left = all.filter((finding) => !findings.includes(finding)).map((finding) => finding.what);
  return {
    summary: findings.length === 0 ? 'repair nothing' : `repair ${findings.length} findings`,
    target: {
      scopes: options.scopes,
      findings: findings.map((finding) => finding.what),
      elsewhere: findings.some(unsure),
    },
    plan: [
      ...findings.map((finding) => `${finding.what}: ${finding.fix}`),
      ...left.map((what) => `${what}: ${SAY_ELSEWHERE}`),
      ...(all.length === 0 ? ['nothing is wrong'] : []),
    ],
    touches: { refs: [] },
    run: async (writer) => {
      const fixed: Fixed[] = [];
      const failed: Fixed[] = [];
      for (const finding of findings) {
        const told = { scope: finding.scope, what: finding.what };
        try {
          fixed.push({ ...told, did: await fix(writer, finding) });
        } catch (error) {
          if (!(error instanceof BitError)) throw error;
          failed.push({ ...told, did: error.message });
        }
      }
      return { fixed, failed, left };
    },
    record: (out) => ({
      fixed: out.fixed.map((item) => item.what),
      failed: out.failed.map((item) => item.what),
      left: out.left,
    }),
  };
}

/**
 * A damaged ledger records nothing, so nothing is repaired under it. What verifies is copied aside, which changes
 * nothing of the repository's; it stays damaged, and told as such, until a person puts the copy in its place.
 */
function salvaging(reader: Reader, { what, fix: would, ...damage }: Finding): Answer<RepairResult> {
  return {
    reads: 'repair',
    async answer(dryRun) {
      const path = 'path' in damage ? damage.path : '';
      const did = dryRun ? would : await salvage(reader, path);
      return { fixed: [], failed: [{ scope: 'ledger', what, did }], left: [] };
    },
  };
}

/** What repair did, and what waits for a person's word. */
export function renderRepair(out: RepairResult, page: Paper): void {
  for (const { what, did } of out.fixed)
    page.line(`${page.style.green('fixed')} ${page.safe(what)}: ${page.safe(did)}`);
  for (const { what, did } of out.failed)
    page.line(`${page.style.red('not mended')} ${page.safe(what)}: ${page.safe(did)}`);
  for (const what of out.left) page.line(`${page.style.yellow('open')} ${page.safe(what)}: ${SAY_ELSEWHERE}`);
  if (out.fixed.length + out.failed.length + out.left.length === 0) page.line('nothing is wrong');
}

async function fix(writer: Writer, finding: Finding): Promise<string> {
  switch (finding.scope) {
    case 'intents': {
      const settled = await settleOperation(writer, finding.intent);
      const refs = settled.moved.map((move) => move.ref).join(', ');
      if (settled.found === 'unknown') return 'recorded as ended; look there whether what it sent arrived';
      return settled.found === 'completed'
        ? `recorded as done${refs === '' ? '' : ` (${refs})`}`
        : 'recorded as not done';
    }
    case 'ledger':
      throw new Error('a damaged ledger is salvaged before anything is repaired');
    case 'locks':
      rmSync(finding.path, { force: true });
      return 'removed';
    case 'keeps':
      return dropKeeps(writer);
    case 'leftovers':
      rmSync(finding.path, { force: true, recursive: true });
      return 'removed';
    case 'index':
      return rebuildIndex(writer, finding.path);
    case 'hooks':
      chmodSync(finding.path, statSync(finding.path).mode | 0o111);
      return 'set its run bit';
    case 'objects':
      return refetch(writer, finding.path);
  }
}

async function rebuildIndex(writer: Writer, path: string): Promise<string> {
  const aside = join(writer.stateDirectory, 'aside');
  makeDirectory(aside);
  const kept = join(aside, `${basename(path)}-${writer.operation}`);
  renameSync(path, kept);
  const head = await writer.git.head();
  if (head.kind !== 'unborn') await writer.git.run(['read-tree', head.oid]);
  await writer.git.run(['update-index', '-q', '--refresh'], { accept: [0, 1] });
  return `rebuilt from HEAD; what was staged shows as changes; the old one is ${kept}`;
}

async function dropKeeps(writer: Writer): Promise<string> {
  const refs = await keptRefs(writer, writer.settings.ledger.keepDays);
  await writer.git.updateRefs(
    refs.map((ref) => ({ name: ref.name, to: undefined, from: ref.oid })),
    'bit: keep time is over',
  );
  return `dropped ${refs.length}`;
}

async function refetch(writer: Writer, remote: string): Promise<string> {
  if (remote === '') throw new BitError('unsupported', 'no remote to fetch the missing objects from');
  await writer.git.run(['fetch', '--refetch', '--no-write-fetch-head', '--', remote], {
    signal: writer.signal,
  });
  const left = await diagnose(writer, ['objects']);
  if (left.length > 0)
    throw new BitError('integrity', `${remote} does not have them either: ${left[0]?.what ?? ''}`);
  return `fetched again from ${remote}`;
}
