import type { YamlFault } from './judge.ts';
import type { Candidate } from './lines.ts';

const WINDOW = 12;

/** Repairs of how lines stand to each other around a fault: doubled keys, items cut in two, scripts, indentation. */
export function* blockRepairs(lines: readonly string[], fault: YamlFault): Generator<Candidate> {
  const at = Math.min(lines.length - 1, Math.max(0, fault.line - 1));
  yield* doubled(lines, at);
  yield* missing(lines, at, fault);
  yield* scripts(lines, at);
  for (const one of [at, at + 1, at + 2, at - 1, at - 2]) {
    if (one < 0 || one >= lines.length) continue;
    yield* items(lines, one);
  }
  // columns that are usual before those that only happen to be there
  for (const usual of [true, false])
    for (const one of [at, at - 1, at + 1, at - 2, at + 2]) {
      if (one < 0 || one >= lines.length) continue;
      yield* indentation(lines, one, usual);
    }
}

function indentOf(line: string): number {
  return /^[ \t]*/.exec(line)?.[0].length ?? 0;
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === '' || line.trimStart().startsWith('#');
}

/** One past the last line of what begins at `at` and is indented deeper. */
function blockEnd(lines: readonly string[], at: number): number {
  const own = indentOf(lines[at] ?? '');
  let end = at + 1;
  for (let next = at + 1; next < lines.length; next++) {
    if (isBlank(lines[next])) continue;
    if (indentOf(lines[next] ?? '') <= own) break;
    end = next + 1;
  }
  return end;
}

function keyOf(line: string): string | undefined {
  return /^[ \t]*(?:- +)?["']?([\w.-]+)["']?:(?:\s|$)/.exec(line)?.[1];
}

/** Where the word of a line begins, behind its dash. */
function column(line: string): number {
  return /^[ \t]*(?:- +)?/.exec(line)?.[0].length ?? 0;
}

/** The same key twice in one map: the same text goes, two maps become one, and of a step it is the next one's. */
function* doubled(lines: readonly string[], at: number): Generator<Candidate> {
  const line = lines[at] ?? '';
  const key = keyOf(line);
  if (key === undefined) return;
  const wanted = column(line);
  let first = at - 1;
  for (; first >= 0; first--) {
    const other = lines[first] ?? '';
    if (isBlank(other)) continue;
    if (keyOf(other) === key && column(other) === wanted) break;
    if (column(other) < wanted) return;
  }
  if (first < 0) return;
  const end = blockEnd(lines, at);
  const firstEnd = Math.min(blockEnd(lines, first), at);
  const note = `${at + 1}: ${key} stands here again`;
  const body = (from: number, to: number): string =>
    lines
      .slice(from, to)
      .join('\n')
      .replace(/^\s*(?:- +)?/, '')
      .trim();
  const without = [...lines.slice(0, at), ...lines.slice(end)];
  if (body(first, firstEnd) === body(at, end))
    yield { text: without.join('\n'), note: `${note} just the same: one goes` };
  const bare = (one: string): boolean => /:\s*(?:#.*)?$/.test(one);
  if (bare(line) && bare(lines[first] ?? '')) {
    const children = lines.slice(at + 1, end);
    yield {
      text: [...without.slice(0, firstEnd), ...children, ...without.slice(firstEnd)].join('\n'),
      note: `${note}: the two become one`,
    };
  }
  if (
    /^(?:name|run|uses|id)$/.test(key) &&
    wanted >= 2 &&
    line[wanted - 2] === ' ' &&
    line[wanted - 1] === ' '
  )
    yield {
      text: lines.with(at, `${line.slice(0, wanted - 2)}- ${line.slice(wanted)}`).join('\n'),
      note: `${note}: a step of its own begins`,
    };
}

/** What has to be there and is not. */
function* missing(lines: readonly string[], at: number, { message }: YamlFault): Generator<Candidate> {
  const [, key] = /\bRequired property is missing: ([\w-]+)/.exec(message) ?? [];
  if (key === 'on') {
    const named = lines.findIndex((line) => /^(?:run-)?name:/.test(line));
    const start =
      named >= 0
        ? named + 1
        : Math.max(
            0,
            lines.findIndex((line) => !isBlank(line)),
          );
    yield {
      text: lines.toSpliced(start, 0, 'on: [push, pull_request, workflow_dispatch]').join('\n'),
      note: 'it says on what it runs: on pushes, pull requests, and when asked',
    };
  }
  if (key === 'runs-on') {
    const other = lines.find((line) => /^\s+runs-on:\s*\S/.test(line))?.trim();
    const indent = ' '.repeat(column(lines[at] ?? ''));
    yield {
      text: lines.toSpliced(at, 0, `${indent}${other ?? 'runs-on: ubuntu-latest'}`).join('\n'),
      note: `${at + 1}: the job says where it runs`,
    };
  }
}

/** Lines of a script under `run:` that miss the `|`, or stand too far left for it. */
function* scripts(lines: readonly string[], at: number): Generator<Candidate> {
  for (let up = at; up >= Math.max(0, at - WINDOW); up--) {
    const line = lines[up] ?? '';
    if (/^\s*(?:- +)?run:\s*$/.test(line)) {
      const width = column(line) + 2;
      const end = blockEnd(lines, up);
      const body = lines.slice(up + 1, end);
      const least = Math.min(...body.filter((one) => one.trim() !== '').map(indentOf));
      const moved = body.map((one) => (one.trim() === '' ? '' : ' '.repeat(width) + one.slice(least)));
      if (body.length > 0)
        yield {
          text: [
            ...lines.slice(0, up),
            `${line.trimEnd()} |`,
            ...(least > column(line) ? body : moved),
            ...lines.slice(end),
          ].join('\n'),
          note: `${up + 1}: the script is a block of lines`,
        };
      return;
    }
    if (/^\s*(?:- +)?run:\s*[|>][+-]?\s*$/.test(line)) {
      const width = column(line) + 2;
      for (let end = at + 1; end <= Math.min(lines.length, at + 8); end++) {
        const moved = lines.map((one, index) =>
          index > up && index < end && index >= at && one.trim() !== '' && indentOf(one) < width
            ? ' '.repeat(width) + one.trimStart()
            : one,
        );
        yield { text: moved.join('\n'), note: `${at + 1}: the script stands below its run:` };
      }
      return;
    }
  }
}

/** A step cut in two by a dash too many, or two that run together. */
function* items(lines: readonly string[], at: number): Generator<Candidate> {
  const line = lines[at] ?? '';
  const dash = /^(\s*)- +(\S.*)$/.exec(line);
  if (dash !== null)
    yield {
      text: lines.with(at, `${dash[1]}  ${dash[2]}`).join('\n'),
      note: `${at + 1}: it belongs to the item before it`,
    };
  const plain = /^(\s{2,})(name|run|uses|id|cron)(:\s.*|:)$/.exec(line);
  if (plain !== null)
    for (const start of [plain[1]?.slice(2) ?? '', plain[1] ?? ''])
      yield {
        text: lines.with(at, `${start}- ${plain[2]}${plain[3]}`).join('\n'),
        note: `${at + 1}: an item of the list begins`,
      };
}

/** The line alone, or with what is below it, at a column that others near it stand at. */
function* indentation(lines: readonly string[], at: number, usual: boolean): Generator<Candidate> {
  const line = lines[at] ?? '';
  if (isBlank(line)) return;
  const own = indentOf(line);
  const columns = new Set<number>();
  for (let near = Math.max(0, at - WINDOW); near < Math.min(lines.length, at + 5); near++) {
    const other = lines[near] ?? '';
    if (isBlank(other)) continue;
    for (const one of [indentOf(other), column(other), indentOf(other) + 2]) columns.add(one);
  }
  const end = blockEnd(lines, at);
  // the lines that follow at the same column may be meant with it
  let same = end;
  while (same < lines.length && !isBlank(lines[same]) && indentOf(lines[same] ?? '') >= own) same++;
  const sorted = [...columns]
    .filter((one) => one !== own && (one % 2 === 0) === usual)
    .sort((a, b) => Math.abs(a - own) - Math.abs(b - own));
  for (const width of sorted.slice(0, 8))
    for (const to of new Set([end, at + 1, same])) {
      const moved = lines.slice(at, to).map((one) => shifted(one, width - own));
      const whose = to === at + 1 ? '' : ' with what is below it';
      yield {
        text: [...lines.slice(0, at), ...moved, ...lines.slice(to)].join('\n'),
        note: `${at + 1}: indented by ${width} columns${whose}`,
      };
    }
}

function shifted(line: string, by: number): string {
  if (line.trim() === '') return line;
  return ' '.repeat(Math.max(0, indentOf(line) + by)) + line.trimStart();
}
