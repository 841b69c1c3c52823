/** Bugs planted in copies of the lifecycle: a simulation that misses one of them would miss it in the original too. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Lifecycle } from './controller.ts';
import { simulate } from './simulate.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

interface Bug {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

export const BUGS: readonly Bug[] = [
  {
    name: 'the fence is not checked',
    file: 'lease.ts',
    from: 'lease.fence !== fence || ',
    to: '',
  },
  {
    name: 'fences begin anew with each lease',
    file: 'lease.ts',
    from: 'const fence = record.fence + 1;',
    to: 'const fence = Math.max(1, record.fence);',
  },
  {
    name: 'nobody waits for clocks that differ',
    file: 'attach.ts',
    from: 'lease.lease_s * 1000 + margin_ms + claim_ms : FOREVER',
    to: 'lease.lease_s * 1000 + 0 * margin_ms + claim_ms : FOREVER',
  },
  {
    name: 'a result that was committed is unknown when it comes again',
    file: 'result.ts',
    from: 'if (same && mine)',
    to: 'if (false)',
  },
  {
    name: 'the same key makes another job',
    file: 'client.ts',
    from: 'JSON.stringify([submitter, key])',
    to: 'JSON.stringify([submitter, key, submissions++])',
  },
  {
    name: 'an assignment is said before it is written',
    file: 'writes.ts',
    from: '  mesh.flights.push(flight);',
    to: '  mesh.flights.push({ ...flight, done: () => {} });\n  flight.done();',
  },
  {
    name: 'a restart forgets that leases may still be worked under',
    file: 'attach.ts',
    from: 'job.until = known ? mesh.at.now + lease.lease_s',
    to: 'job.until = known ? mesh.at.now + (lease.controller === mesh.me ? 1 : 0) * lease.lease_s',
  },
  {
    name: 'an old HELLO gives leases away',
    file: 'runners.ts',
    from: 'newer ? challenged : undefined',
    to: 'challenged',
  },
  {
    name: 'a HELLO gives away what another controller gave after it',
    file: 'runners.ts',
    from: 'if (!ours && job.leasedSince >= challenged) continue;',
    to: 'void ours;',
  },
  {
    name: 'renewals of others’ leases are answered without adopting them',
    file: 'lease.ts',
    from: 'if (lease.controller !== mesh.me) {',
    to: 'if (false) {',
  },
  {
    name: 'a lost race is taken for won',
    file: 'writes.ts',
    from: 'if (outcome.stored) {',
    to: 'if (outcome.stored || true) {',
  },
  {
    name: 'a lease that ran out is left where it is',
    file: 'lease.ts',
    from: 'lose(mesh, job, over, { counts: true, gone: true });',
    to: 'void over;',
  },
  {
    name: 'a lease found at the start has no end',
    file: 'attach.ts',
    from: "job.phase === 'new' ? undefined : job.record.lease",
    to: 'job.record.lease',
  },
  {
    name: 'a controller that turns up late is taken for gone',
    file: 'step.ts',
    from: 'if (forsaken === job.until < Number.POSITIVE_INFINITY) continue;',
    to: 'if (job.until < Number.POSITIVE_INFINITY) continue;',
  },
  {
    name: 'a job is tried for ever',
    file: 'lease.ts',
    from: 'if (attempt >= (record.job.attempts ?? mesh.options.attempts)) {',
    to: 'if (false) {',
  },
  {
    name: 'a result is called void without a look into the store',
    file: 'result.ts',
    from: 'if (looked || mesh.options.claim_ms === 0) return false;',
    to: 'return false;',
  },
];

export interface Found {
  readonly name: string;
  /** The first seed that shows it, counted from the first tried; none within `most`. */
  readonly after: number | undefined;
  readonly violation: string | undefined;
}

/** Looks for each planted bug in at most `most` schedules. */
export async function findPlanted(seed: number, most: number, bugs: readonly Bug[] = BUGS): Promise<Found[]> {
  const place = mkdtempSync(join(tmpdir(), 'bit-planted-'));
  const found: Found[] = [];
  try {
    writeFileSync(join(place, 'package.json'), '{"type":"module"}');
    symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'));
    for (const [n, bug] of bugs.entries()) found.push(await search(join(place, `${n}`), bug, { seed, most }));
    return found;
  } finally {
    rmSync(place, { recursive: true });
  }
}

async function search(
  place: string,
  bug: Bug,
  { seed, most }: { seed: number; most: number },
): Promise<Found> {
  mkdirSync(join(place, 'mesh'), { recursive: true });
  symlinkSync(join(ROOT, 'src', 'kernel'), join(place, 'kernel'));
  const folder = join(place, 'mesh', 'lifecycle');
  cpSync(join(ROOT, 'src', 'mesh', 'lifecycle'), folder, { recursive: true });
  const path = join(folder, bug.file);
  const source = readFileSync(path, 'utf8');
  if (source.split(bug.from).length !== 2) throw new Error(`${bug.file} has no one place for: ${bug.name}`);
  const declared = bug.to.includes('submissions++') ? 'let submissions = 0;\n' : '';
  writeFileSync(path, declared + source.replace(bug.from, () => bug.to));
  const lifecycle = (await import(pathToFileURL(join(folder, 'index.ts')).href)) as Lifecycle;
  for (let round = 0; round < most; round++) {
    const { violation } = simulate(lifecycle, seed + round);
    if (violation !== undefined)
      return { name: bug.name, after: round, violation: violation.split('\n', 1)[0] ?? '' };
  }
  return { name: bug.name, after: undefined, violation: undefined };
}
