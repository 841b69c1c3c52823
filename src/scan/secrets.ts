import type { CheckReport, Finding } from './index.ts';
import { scanLine } from './line.ts';
import { readAddedLines, readStaged, type StagedPlace } from './staged.ts';

/** Larger files are not text people write; they are named in the report as left out. */
const MOST_BYTES = 1 << 20;
const MOST_FINDINGS = 100;

/** Looks for credentials in the lines that staging adds. */
export async function checkSecrets(place: StagedPlace): Promise<CheckReport> {
  const files = await readStaged(place);
  const large = files.filter((file) => file.size > MOST_BYTES).map((file) => file.path);
  const findings: Finding[] = [];
  for (const { path, line, text } of await readAddedLines(place, large)) {
    findings.push(...scanLine(path, line, text));
    if (findings.length >= MOST_FINDINGS) break;
  }
  return {
    check: 'secrets',
    outcome: findings.length > 0 ? 'failed' : 'passed',
    files: files.length - large.length,
    findings,
    ...(large.length === 0
      ? {}
      : { note: `not scanned, larger than 1 MiB: ${large.slice(0, 20).join(', ')}` }),
  };
}
