import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Exhibit,
  isGood,
  ROOMS,
  type Shown,
  shares,
  showAll,
} from '../../test/mending/gallery/index.ts';
import { provideTools } from '../../test/mending/gallery/provide.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'repair-gallery.md');

export interface RepairOptions {
  /** Fixers, rooms or titles; empty for all. */
  readonly only: readonly string[];
  /** Writes the page, after installing what the exhibits need. */
  readonly write: boolean;
}

/**
 * Builds every repository of the gallery, lets it fail by real tools, shows it to `bit bot autofix`, applies what that
 * proposes and runs again.
 */
export async function repairCampaign({ only, write }: RepairOptions): Promise<boolean> {
  const wanted = Object.entries(ROOMS).flatMap(([room, exhibits]) =>
    exhibits.filter(
      ({ fixer, title }) => only.length === 0 || [room, fixer, title].some((one) => only.includes(one)),
    ),
  );
  if (wanted.length === 0) throw new Error(`nothing of the gallery is called ${only.join(', ')}`);
  if (write) provideTools();
  const started = performance.now();
  const { shown, without } = await showAll(wanted, (one) => {
    process.stdout.write(
      `${isGood(one) ? 'ok  ' : 'FAIL'} ${nameOf(one.exhibit)} (${one.seconds.toFixed(1)} s)\n`,
    );
    if (!isGood(one)) process.stdout.write(`${one.told}\n`);
  });
  for (const { title, needs } of without)
    process.stdout.write(`not shown: ${title} (needs ${needs?.join(', ')})\n`);
  const { broken, found, fixable, fixed } = shares(shown);
  const harmed = shown.filter(({ broke, untouched }) => broke !== null || !untouched).length;
  const hopeless = shown.filter(({ exhibit }) => exhibit.fixer === '');
  const invented = hopeless.filter(({ proposed }) => proposed).length;
  process.stdout.write(
    `causes found ${found} of ${broken}, fixed ${fixed} of ${fixable}, harmed ${harmed}, ${hopeless.length} without a fix: ${invented} changed; ${((performance.now() - started) / 1000).toFixed(0)} s\n`,
  );
  if (write && only.length === 0 && without.length === 0)
    writeFileSync(PAGE, page(readFileSync(PAGE, 'utf8'), shown));
  return found >= 0.9 * broken && fixed >= 0.8 * fixable && harmed === 0 && invented === 0;
}

function nameOf({ fixer, title }: Exhibit): string {
  return `${fixer === '' ? 'no fix' : fixer}: ${title}`;
}

const BEGIN = '<!-- made by: npm run campaign -- repair -->';

/** The page with the tables of this run below its mark. */
function page(before: string, shown: readonly Shown[]): string {
  const own = shown.filter(({ exhibit }) => exhibit.reported === undefined);
  const reported = shown.filter(({ exhibit }) => exhibit.reported !== undefined);
  const order = (a: Shown, b: Shown): number =>
    a.exhibit.fixer < b.exhibit.fixer ? -1 : a.exhibit.fixer > b.exhibit.fixer ? 1 : 0;
  const mended = own.filter(({ exhibit }) => exhibit.fixer !== '').toSorted(order);
  const hopeless = own.filter(({ exhibit }) => exhibit.fixer === '');
  const head = before.slice(0, before.indexOf(BEGIN) + BEGIN.length);
  const row = (one: Shown): string[] => [...ends(one), one.broke ?? ''];
  const name = (fixer: string): string => (fixer === '' ? '' : `\`${fixer}\``);
  return [
    head,
    '',
    ...figures(own),
    '',
    ...table([
      ['fixer', 'the repository', 'cause', 'with what it proposes', 'what broke'],
      ...[...mended, ...hopeless].map((one) => [name(one.exhibit.fixer), one.exhibit.title, ...row(one)]),
    ]),
    '',
    '## What people reported',
    '',
    ...figures(reported),
    '',
    ...table([
      ['reported as', 'the repository', 'fixer', 'cause', 'with what it proposes', 'what broke'],
      ...reported.map((one) => {
        const { reported: where = '', title, by = '' } = one.exhibit;
        return [where, title, name(by), ...row(one)];
      }),
    ]),
    '',
  ].join('\n');
}

function ends({ exhibit, ...one }: Shown): readonly [cause: string, end: string] {
  if (exhibit.fixer === '') {
    const left = one.untouched ? 'nothing changed' : 'changed';
    return [one.proposed ? 'a change' : 'says so', left];
  }
  const advised = exhibit.end === 'known' ? 'advice, nothing changed' : undefined;
  const mended = advised ?? (one.fixed ? 'passes' : one.proposed ? 'still fails' : 'advice, nothing changed');
  return [one.found ? 'found' : 'missed', mended];
}

function figures(shown: readonly Shown[]): readonly string[] {
  const { broken, found, fixable, fixed } = shares(shown);
  const hopeless = shown.filter(({ exhibit }) => exhibit.fixer === '');
  const percent = (one: number, of: number): string =>
    `${one} of ${of} (${Math.round((100 * one) / Math.max(1, of))} %)`;
  return [
    `Causes found: ${percent(found, broken)}. Of what the tree can put right, fixed: ${percent(fixed, fixable)}. Passing`,
    `things that failed afterwards: ${shown.filter(({ broke }) => broke !== null).length}. Without a fix: ${hopeless.length} repositories, ${hopeless.filter(({ proposed, untouched }) => proposed || !untouched).length} of them changed.`,
  ];
}

/** Columns in line, as the formatter has them. */
function table([head = [], ...rows]: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, at) => (row[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
