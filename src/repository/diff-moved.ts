import type { FilePatch, PatchLine } from './diff-patch.ts';

/** Where a moved line stands on the other side. */
export interface MovedPlace {
  readonly path: string;
  readonly line: number;
}

/** Git's own measure for a block worth naming: this many letters and digits. */
const LEAST = 20;
/** A line that stands in more places than this (a brace, an import) begins no block. */
const MOST_PLACES = 50;

interface Site {
  readonly line: PatchLine;
  readonly place: MovedPlace;
  /** Position among the removed (or added) lines of all files; neighbours in a file and run differ by one. */
  readonly at: number;
}

/** Blocks removed in one place and added unchanged in another, each line by its object with its other place. */
export function findMoves(files: readonly FilePatch[]): Map<PatchLine, MovedPlace> {
  const removed = sitesOf(files, 'removed');
  const added = sitesOf(files, 'added');
  const byText = new Map<string, Site[]>();
  for (const site of removed) {
    const known = byText.get(site.line.text);
    if (known === undefined) byText.set(site.line.text, [site]);
    else if (known.length <= MOST_PLACES) known.push(site);
  }
  const removedAt = new Map(removed.map((site) => [site.at, site]));
  const addedAt = new Map(added.map((site) => [site.at, site]));
  const moves = new Map<PatchLine, MovedPlace>();
  for (let i = 0; i < added.length; ) {
    const first = added[i];
    const starts = first === undefined ? [] : (byText.get(first.line.text) ?? []);
    let best = 0;
    let from: Site | undefined;
    if (first !== undefined && starts.length <= MOST_PLACES) {
      for (const start of starts) {
        if (moves.has(start.line)) continue;
        const length = blockLength(first, start, addedAt, removedAt, moves);
        if (length > best) {
          best = length;
          from = start;
        }
      }
    }
    if (first !== undefined && from !== undefined && worthNaming(first, best, addedAt)) {
      for (let n = 0; n < best; n++) {
        const to = addedAt.get(first.at + n);
        const was = removedAt.get(from.at + n);
        if (to === undefined || was === undefined) break;
        moves.set(to.line, was.place);
        moves.set(was.line, to.place);
      }
      i += best;
    } else i += 1;
  }
  return moves;
}

function sitesOf(files: readonly FilePatch[], kind: 'removed' | 'added'): Site[] {
  const sites: Site[] = [];
  let at = 0;
  for (const file of files) {
    const path = kind === 'removed' ? (file.from ?? file.path) : file.path;
    for (const hunk of file.hunks) {
      for (const line of hunk.lines) {
        const number = kind === 'removed' ? line.old : line.new;
        if (line.kind === kind && number !== undefined)
          sites.push({ line, place: { path, line: number }, at: at++ });
        else if (line.kind === 'context') at++; // a gap: blocks do not reach over lines that stayed
      }
      at++;
    }
  }
  return sites;
}

function blockLength(
  to: Site,
  from: Site,
  addedAt: ReadonlyMap<number, Site>,
  removedAt: ReadonlyMap<number, Site>,
  taken: ReadonlyMap<PatchLine, MovedPlace>,
): number {
  for (let n = 0; ; n++) {
    const a = addedAt.get(to.at + n);
    const b = removedAt.get(from.at + n);
    if (a === undefined || b === undefined || a.line.text !== b.line.text || taken.has(b.line)) return n;
  }
}

function worthNaming(first: Site, length: number, addedAt: ReadonlyMap<number, Site>): boolean {
  let letters = 0;
  for (let n = 0; n < length; n++) {
    letters += (addedAt.get(first.at + n)?.line.text.match(/[\p{L}\p{N}]/gu) ?? []).length;
    if (letters >= LEAST) return true;
  }
  return false;
}
