import { type FormReader, Tally } from './counts.ts';

const DEEPEST = 64;

/**
 * TAP 12 to 14 (testanything.org): a point that has points inside it counts by those. What a plan promised and nobody
 * delivered has failed, and so has a run that bailed out.
 */
export function tap(): FormReader {
  const tally = new Tally('TAP');
  /** Points seen at each depth since the last one further out. */
  const inside: number[] = [];
  let points = 0;
  let planned: number | undefined;
  let bailed = false;
  return {
    form: 'TAP',
    line(text) {
      if (/^TAP version \d+$/.test(text)) tally.seen = true;
      const plan = /^1\.\.(\d{1,7})(?: *#.*)?$/.exec(text)?.[1];
      if (plan !== undefined) planned = Number(plan);
      if (/^Bail out!/i.test(text)) {
        bailed = true;
        tally.name(text);
      }
      const found = /^((?: {4}){0,64})(not )?ok\b(?: \d{1,9})?(?: -)? ?(.{0,1000})$/.exec(text);
      if (found === null) return;
      const depth = Math.min(DEEPEST, (found[1] ?? '').length / 4);
      const [, , bad, rest = ''] = found;
      const [, name = '', directive] = /^(.*?)(?: +# *(skip|todo)\b.*)?$/i.exec(rest) ?? [];
      const within = inside.length > depth + 1 ? (inside[depth + 1] ?? 0) : 0;
      inside.length = depth + 1;
      inside[depth] = (inside[depth] ?? 0) + 1;
      if (depth === 0) points++;
      if (within > 0) return;
      if (directive !== undefined) tally.skipped++;
      else if (bad === undefined) tally.passed++;
      else {
        tally.failed++;
        tally.name(name);
      }
    },
    counts() {
      // `ok` begins many a line: without a plan or a version it is no TAP
      if (planned === undefined && !tally.seen && !bailed) return undefined;
      if (points === 0 && planned === undefined && !bailed) return undefined;
      tally.seen = true;
      const counts = tally.counts();
      if (counts === undefined) return undefined;
      const wanted = planned ?? points;
      const missing = Math.max(0, wanted - points) + (bailed && tally.failed === 0 ? 1 : 0);
      if (missing === 0 && points <= wanted) return counts;
      const said =
        missing > 0
          ? `${missing} of the ${wanted} planned did not come`
          : `${points} came of ${wanted} planned`;
      return {
        ...counts,
        failed: counts.failed + Math.max(1, missing),
        failures: [...counts.failures, said],
      };
    },
  };
}
