import type { Paper } from '../kernel/paper.ts';
import type { AnchorResult } from './anchor-add.ts';
import type { AnchorCheck, CheckedAnchor } from './anchor-check.ts';
import type { AnchorListing } from './anchor-list.ts';
import type { AnchorUpgrade } from './anchor-upgrade.ts';

export function renderAnchored({ chain, size, anchored, failed }: AnchorResult, page: Paper): void {
  page.line(`checkpoint of ${size} entries of chain ${chain}`);
  for (const { anchor, said } of anchored) page.line(page.style.green(`${anchor}: ${page.safe(said)}`));
  for (const { anchor, message } of failed) page.line(page.style.red(`${anchor}: ${page.safe(message)}`));
}

export function renderAnchors({ anchors, receipts }: AnchorListing, page: Paper): void {
  if (anchors.length === 0) page.line('no anchor is configured');
  page.table(anchors.map(({ name, driver, place }) => [name, driver, page.safe(place)]));
  if (receipts.length > 0) page.line();
  page.table(
    receipts.map(({ receipt, anchor, chain, size, ts }) => [
      page.style.yellow(receipt),
      page.safe(anchor),
      `${size} entries`,
      page.safe(ts.slice(0, 19)),
      page.style.dim(chain),
    ]),
  );
}

const COLOURS: Readonly<Record<CheckedAnchor['verdict'], 'green' | 'yellow' | 'red'>> = {
  holds: 'green',
  pending: 'yellow',
  unchecked: 'yellow',
  unreachable: 'yellow',
  gone: 'red',
  missing: 'red',
  broken: 'red',
  contradicted: 'red',
};

export function renderAnchorCheck({ checks, ok }: AnchorCheck, page: Paper): void {
  if (checks.length === 0) page.line('nothing was anchored');
  for (const { anchor, size, chain, verdict, detail, anchored, here } of checks) {
    const what = size === undefined ? chain : `${size} entries of ${chain}`;
    const colour = page.style[COLOURS[verdict]];
    page.line(`${colour(verdict)} ${page.safe(anchor)}: ${what}: ${page.safe(detail)}`);
    if (anchored !== undefined) page.line(`  anchored: ${anchored.head}`);
    if (here !== undefined) page.line(`  here:     ${here.head}`);
  }
  const bad = checks.filter(({ verdict }) => verdict === 'contradicted' || verdict === 'broken').length;
  if (ok && checks.length > 0) page.line(page.style.green('no anchor contradicts the ledger'));
  if (bad > 0) page.line(page.style.red('the ledger is not what was anchored'));
}

export function renderAnchorUpgrade({ upgraded, unchanged, failed }: AnchorUpgrade, page: Paper): void {
  for (const { receipt, anchor, said } of upgraded)
    page.line(page.style.green(`${receipt} ${page.safe(anchor)}: ${page.safe(said)}`));
  for (const { receipt, anchor, message } of failed)
    page.line(page.style.red(`${receipt} ${page.safe(anchor)}: ${page.safe(message)}`));
  if (unchanged > 0) page.line(`${unchanged} as complete as they can be by now`);
  if (upgraded.length + failed.length + unchanged === 0) page.line('nothing is pending');
}
