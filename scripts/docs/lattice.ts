/**
 * `docs/lattice.svg`: domain → command → policy action → ledger event → file, a line for each way through. What only
 * reads goes from command to file straight, dashed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, spoken } from './manifest.ts';

interface Way {
  readonly domain: string;
  readonly command: string;
  /** Undefined for what only reads. */
  readonly action: string | undefined;
  readonly event: string | undefined;
  readonly file: string;
}

const ROW = 18;
const TOP = 56;
const COLUMNS = [
  { key: 'domain', title: 'domain', x: 20, width: 110 },
  { key: 'command', title: 'command', x: 200, width: 190 },
  { key: 'action', title: 'policy action', x: 460, width: 150 },
  { key: 'event', title: 'ledger event', x: 680, width: 170 },
  { key: 'file', title: 'file', x: 920, width: 240 },
] as const;
const HUES = [210, 150, 25, 280, 340, 95, 45, 180, 250, 0, 120, 310];

/** The domain a command's file imports its verb from; the spine itself for those that need none. */
function domainOf(root: string, file: string): string {
  const source = readFileSync(join(root, file), 'utf8');
  const domains = [...source.matchAll(/from '(?:\.\.\/)+src\/([\w-]+)\/index\.ts'/g)].map(
    (match) => match[1],
  );
  return domains.find((domain) => domain !== 'api' && domain !== 'operation') ?? 'cli';
}

function waysOf(root: string, entries: readonly Entry[]): readonly Way[] {
  const ways = entries.map(({ id, action, event }): Way => {
    const base = `commands/${id.replaceAll(':', '/')}`;
    const file = existsSync(join(root, `${base}.ts`)) ? `${base}.ts` : `${base}/index.ts`;
    return {
      domain: domainOf(root, file),
      command: spoken(id),
      action,
      event,
      file,
    };
  });
  return ways.sort((a, b) => (`${a.domain} ${a.command}` < `${b.domain} ${b.command}` ? -1 : 1));
}

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function writeLattice(root: string, entries: readonly Entry[]): void {
  const ways = waysOf(root, entries);
  // a node stands at the mean height of the ways through it, and never on its neighbour
  const heights = COLUMNS.map(({ key }) => {
    const named = [...ways.keys()].filter((row) => ways[row]?.[key] !== undefined);
    const rows = Map.groupBy(named, (row) => ways[row]?.[key] ?? '');
    const mean = [...rows].map(([name, at]) => ({
      name,
      y: at.reduce((sum, row) => sum + row, 0) / at.length,
    }));
    mean.sort((a, b) => a.y - b.y);
    let free = Number.NEGATIVE_INFINITY;
    return new Map(
      mean.map(({ name, y }) => {
        const placed = Math.max(y, free);
        free = placed + 1;
        return [name, TOP + placed * ROW] as const;
      }),
    );
  });
  const domains = [...new Set(ways.map((way) => way.domain))];
  const colour = (way: Way) => `hsl(${HUES[domains.indexOf(way.domain) % HUES.length]} 55% 45%)`;
  const lines = new Set<string>();
  for (const way of ways) {
    const stops = COLUMNS.flatMap(({ key, x, width }, column) => {
      const y = heights[column]?.get(way[key] ?? '');
      return y === undefined ? [] : [{ left: x - 6, right: x + width, y: y.toFixed(1) }];
    });
    for (const [index, from] of stops.entries()) {
      const to = stops[index + 1];
      if (to === undefined) continue;
      const bend = (to.left - from.right) / 2;
      const curve = `M${from.right} ${from.y}C${from.right + bend} ${from.y} ${to.left - bend} ${to.y} ${to.left} ${to.y}`;
      const dashed = index === 1 && way.action === undefined ? ' stroke-dasharray="2 4"' : '';
      lines.add(`<path d="${curve}" stroke="${colour(way)}"${dashed}/>`);
    }
  }
  const labels = COLUMNS.flatMap(({ x, title }, column) => [
    `<text x="${x}" y="30" class="head">${title}</text>`,
    ...[...(heights[column] ?? [])].map(
      ([name, at]) => `<text x="${x}" y="${(at + 4).toFixed(1)}">${xml(name)}</text>`,
    ),
  ]);
  const height = Math.max(...heights.flatMap((column) => [...column.values()])) + ROW;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1180 ${height.toFixed(0)}" width="1180" height="${height.toFixed(0)}" role="img" aria-label="domain, command, policy action, ledger event, file">
<style>text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#24292f}.head{font-weight:700;font-size:13px}path{fill:none;stroke-width:1;opacity:.55}rect{fill:#fff}</style>
<rect width="100%" height="100%"/>
${[...lines].join('\n')}
${labels.join('\n')}
</svg>
`;
  writeFileSync(join(root, 'docs', 'lattice.svg'), svg);
}
