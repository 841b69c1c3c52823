/** Programs of the portable part of batch, by Wine's cmd and by ours. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARGUMENTS, asFile, BESIDE, PORTABLE, plain } from '../../test/lang/batch-portable.ts';
import { runProgram } from '../../test/lang/batch-run.ts';

/** `apt-get install wine64` on Debian; a prefix of its own is made and taken away again. */
export async function batchCampaign(): Promise<boolean> {
  const root = mkdtempSync(join(tmpdir(), 'bit-wine-'));
  const { DISPLAY: _, ...outer } = process.env;
  const env = {
    ...outer,
    WINEPREFIX: join(root, 'prefix'),
    WINEDEBUG: '-all',
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
  };
  try {
    const { error, status } = spawnSync('wine', ['wineboot', '-i'], { env, stdio: 'ignore' });
    if (error !== undefined || status !== 0) {
      process.stdout.write('wine can’t be started; on Debian: apt-get install wine64 wine\n');
      return false;
    }
    let different = 0;
    for (const [at, [program]] of PORTABLE.entries()) {
      const place = join(root, String(at));
      mkdirSync(place);
      for (const [name, text] of Object.entries(BESIDE)) writeFileSync(join(place, name), text);
      writeFileSync(join(place, 'x.bat'), asFile(program));
      const theirs = spawnSync('wine', ['cmd', '/c', 'x.bat', ...ARGUMENTS], {
        cwd: place,
        env,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 60_000,
      });
      const ours = plain(await runProgram(asFile(program), ARGUMENTS, { ...BESIDE, 'x.bat': '' }));
      const wanted = plain(`${theirs.stdout}exit ${theirs.status}`);
      if (ours === wanted) continue;
      different++;
      process.stdout.write(
        `differs:\n${program}\nwine: ${JSON.stringify(wanted)}\nours: ${JSON.stringify(ours)}\n`,
      );
    }
    process.stdout.write(`${PORTABLE.length} programs, ${different} differ\n`);
    return different === 0;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
