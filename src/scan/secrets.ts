import type { CheckReport, Finding } from './index.ts';
import { scanSecrets } from './secretlint.ts';
import { type AddedLine, readAddedLines, readStaged, readStagedText, type StagedPlace } from './staged.ts';

/** Larger files are not text people write; they are named in the report as left out. */
const MOST_BYTES = 1 << 20;
const MOST_FINDINGS = 100;

/** Looks for credentials in the lines that staging adds. */
export async function checkSecrets(place: StagedPlace): Promise<CheckReport> {
  const files = await readStaged(place);
  const large = files.filter((file) => file.size > MOST_BYTES).map((file) => file.path);
  const findings: Finding[] = [];
  for (const [path, added] of byFile(await readAddedLines(place, large))) {
    const file = files.find((one) => one.path === path);
    const whole = file === undefined ? undefined : await readStagedText(place, file);
    // what is no text has lines all the same, and they are looked at
    const text = whole ?? linesAt(added);
    findings.push(...(await scanSecrets(path, text)).filter(({ line }) => added.has(line)));
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

/** Added lines by their numbers, file by file. */
function byFile(lines: Iterable<AddedLine>): Map<string, Map<number, string>> {
  const files = new Map<string, Map<number, string>>();
  for (const { path, line, text } of lines) {
    const known = files.get(path) ?? new Map<number, string>();
    files.set(path, known.set(line, text));
  }
  return files;
}

function linesAt(added: ReadonlyMap<number, string>): string {
  const last = [...added.keys()].reduce((most, line) => Math.max(most, line), 0);
  return Array.from({ length: last }, (_, at) => added.get(at + 1) ?? '').join('\n');
}
