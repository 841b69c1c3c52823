import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { makeDirectory } from '../kernel/files.ts';
import { printable } from '../kernel/text.ts';
import type { Writer } from '../operation/index.ts';
import {
  type CheckReport,
  checkFormat,
  checkSecrets,
  type Finding,
  type StagedPlace,
} from '../scan/index.ts';
import type { CommitSelection } from './commit-pending.ts';

/**
 * The checks of `--auto-validate` over what the commit would hold. That a policy allowed it is known by then: no
 * action runs otherwise.
 *
 * @throws BitError `failed` naming the check, file, line and column
 */
export async function checkStaged(
  writer: Writer,
  selection: CommitSelection,
): Promise<readonly CheckReport[]> {
  return withIndexOf(writer, selection, async (place) => {
    const reports: CheckReport[] = [{ check: 'policy', outcome: 'passed', files: 0, findings: [] }];
    for (const check of [
      checkSecrets(place),
      checkFormat(place, { env: writer.env, signal: writer.signal }),
    ]) {
      reports.push(await check);
    }
    const failed = reports.find((report) => report.outcome === 'failed');
    if (failed !== undefined) throw failure(failed, reports);
    return reports;
  });
}

/** The index to judge: the real one, or where only some paths are committed one that holds just those changes. */
async function withIndexOf<Result>(
  writer: Writer,
  selection: CommitSelection,
  judge: (place: StagedPlace) => Promise<Result>,
): Promise<Result> {
  const { git } = writer;
  const base = selection.amend ? await git.resolve('HEAD~1') : await git.resolve('HEAD');
  if (selection.paths.length === 0) return judge({ git, base });
  const directory = join(writer.stateDirectory, 'tmp');
  makeDirectory(directory);
  const index = join(directory, `${writer.operation}.only.index`);
  const env = { GIT_INDEX_FILE: index };
  const here = ['-C', writer.cwd];
  try {
    // as `git commit --only` does: HEAD, and over it those files of index or HEAD that match, as they lie on disk
    const tree = (await git.resolve('HEAD')) === undefined ? undefined : 'HEAD';
    const overlay = tree === undefined ? [] : [`--with-tree=${tree}`];
    const listed = await git.read([...here, 'ls-files', '-z', ...overlay, '--', ...selection.paths], {
      encoding: 'latin1', // a name need not be UTF-8
    });
    await git.run(['read-tree', tree ?? '--empty'], { env });
    const update = ['update-index', '-z', '--add', '--remove', '--stdin'];
    await git.run([...here, ...update], { env, input: Buffer.from(listed.stdout, 'latin1') });
    return await judge({ git, base, env });
  } finally {
    rmSync(index, { force: true });
    rmSync(`${index}.lock`, { force: true });
  }
}

function failure(failed: CheckReport, reports: readonly CheckReport[]): BitError {
  const at = (finding: Finding): string =>
    `${printable(finding.path)}:${finding.line}:${finding.column}: ${finding.message} [${finding.rule}]`;
  const lines = failed.findings.slice(0, 20).map(at);
  const more = failed.findings.length > 20 ? `\nand ${failed.findings.length - 20} more` : '';
  return new BitError(
    'failed',
    `the ${failed.check} check failed, nothing was committed:\n${lines.join('\n')}${more}`,
    {
      hint:
        failed.check === 'secrets'
          ? 'take the secret out; where it is none, write bit:allow-secret on that line'
          : 'format the files, stage them again and commit',
      details: {
        check: failed.check,
        findings: failed.findings.slice(0, 100),
        reports: reports.map(({ check, outcome }) => ({ check, outcome })),
      },
    },
  );
}
