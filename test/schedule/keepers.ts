import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type World, world } from '../world.ts';

/** A world with a `bit` and a `crontab` on its PATH; the crontab is kept in a file as cron's own keeps it. */
export async function withKeepers(work: (place: World, table: string) => Promise<void>): Promise<void> {
  const place = world();
  try {
    place.start();
    const bin = join(place.root, 'keeper-bin');
    const table = join(place.root, 'table');
    mkdirSync(bin);
    const crontab = `#!/bin/sh\ncase "$1" in -l) cat ${table} ;; -) cat > ${table} ;; *) exit 9 ;; esac\n`;
    for (const [name, text] of [
      ['bit', '#!/bin/sh\n'],
      ['crontab', crontab],
    ] as const) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    Object.assign(place.env, { PATH: `${bin}:${place.env['PATH']}` });
    await work(place, table);
  } finally {
    place.close();
  }
}
