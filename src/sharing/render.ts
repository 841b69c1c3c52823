import type { Paper } from '../kernel/paper.ts';
import type { Shared, SharedListing } from './negotiate.ts';

export function renderShared(verb: string, { items, refused, bytes }: Shared, page: Paper): void {
  for (const { kind, title, key, at } of items)
    page.line(page.safe(`${kind} ${title} ${key.slice(0, 12)}${at === null ? '' : ` ${at}`}`));
  renderRefused(refused, page);
  page.line(`${items.length} ${verb}, ${bytes} bytes`);
}

export function renderSharedListing({ documents, refused }: SharedListing, page: Paper): void {
  for (const { kind, repository, ts, items } of documents) {
    page.line(page.safe(`${repository} ${kind}s ${items.length}, ${ts}`));
    for (const item of items) page.line(page.safe(`  ${item.kind} ${item.title} ${item.key.slice(0, 12)}`));
  }
  renderRefused(refused, page);
  if (documents.length === 0) page.line('nobody wants or offers anything there');
}

function renderRefused(
  refused: readonly { readonly what: string; readonly why: string }[],
  page: Paper,
): void {
  for (const { what, why } of refused) page.line(page.style.yellow(page.safe(`refused: ${what}: ${why}`)));
}
