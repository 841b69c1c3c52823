import type { Paper } from '../kernel/paper.ts';
import type { ContextualDiff, Diff, DiffFile, StatDiff } from './diff.ts';
import type { DiffLine } from './diff-lines.ts';

function renderContextual(out: ContextualDiff, page: Paper, colour: boolean): void {
  for (const file of out.files) {
    page.line(page.style.bold(title(file, page)));
    for (const hunk of file.hunks) {
      const heading = hunk.heading === '' ? '' : ` ${page.safe(hunk.heading)}`;
      page.line(page.style.cyan(`@@ ${hunk.oldStart} → ${hunk.newStart} @@${heading}`));
      hunk.lines.forEach((line, at) => {
        renderMove(line, hunk.lines[at - 1], page);
        page.line(renderLine(line, page, colour));
        if (line.noNewline === true) page.line(page.style.dim('\\ no line feed at the end'));
      });
    }
  }
}

function title(file: DiffFile, page: Paper): string {
  const name =
    file.from === null ? page.safe(file.path) : `${page.safe(file.from)} → ${page.safe(file.path)}`;
  const alike = file.similarity === null ? '' : `, ${file.similarity}% alike`;
  const mode =
    file.oldMode !== null && file.newMode !== null ? `, mode ${file.oldMode} → ${file.newMode}` : '';
  const kind = file.binary ? ', binary' : ` +${file.added} -${file.removed}`;
  return `${file.verb} ${name}${alike}${mode}${kind}`;
}

/** Said once at the head of a block: where it went, or whence it came. */
function renderMove(line: DiffLine, before: DiffLine | undefined, page: Paper): void {
  const { moved } = line;
  if (moved === undefined) return;
  const last = before?.kind === line.kind ? before.moved : undefined;
  if (last?.path === moved.path && last.line + 1 === moved.line) return;
  const word = line.kind === 'removed' ? 'moved to' : 'moved from';
  page.line(page.style.dim(`  ${word} ${page.safe(moved.path)}:${moved.line}`));
}

function renderLine(line: DiffLine, page: Paper, colour: boolean): string {
  const { style } = page;
  const text = page.safe(line.text.replace(/\r$/, ''));
  if (line.kind === 'context') return ` ${text}`;
  if (line.kind === 'changed') return `~${renderSegments(line, page, colour)}`;
  const marked = `${line.kind === 'added' ? '+' : '-'}${text}`;
  if (line.moved !== undefined) return line.kind === 'added' ? style.cyan(marked) : style.magenta(marked);
  return line.kind === 'added' ? style.green(marked) : style.red(marked);
}

/** Words in colour; without colour in git's own brackets. */
function renderSegments(line: DiffLine, page: Paper, colour: boolean): string {
  return (line.segments ?? [])
    .map(({ side, text }) => {
      const shown = page.safe(text);
      if (side === 'both') return shown;
      if (side === 'old') return colour ? page.style.red(shown) : `[-${shown}-]`;
      return colour ? page.style.green(shown) : `{+${shown}+}`;
    })
    .join('');
}

const BAR = 40;

function renderStat(out: StatDiff, page: Paper): void {
  const most = Math.max(1, ...out.files.map((file) => (file.added ?? 0) + (file.removed ?? 0)));
  const scale = Math.min(1, BAR / most);
  page.table(
    out.files.map((file) => {
      const name =
        file.from === null ? page.safe(file.path) : `${page.safe(file.from)} → ${page.safe(file.path)}`;
      if (file.added === null || file.removed === null) return [name, 'binary'];
      const bar =
        page.style.green('+'.repeat(Math.ceil(file.added * scale))) +
        page.style.red('-'.repeat(Math.ceil(file.removed * scale)));
      return [name, String(file.added + file.removed), bar];
    }),
  );
  page.line(
    `${out.files.length} ${out.files.length === 1 ? 'file' : 'files'}, +${out.added} -${out.removed}`,
  );
}

/** What {@link renderDiff} needs beside lines: a patch goes out byte for byte. */
interface BinaryPaper extends Paper {
  binary(bytes: Uint8Array): void;
}

export function renderDiff(out: Diff, page: BinaryPaper, colour: boolean): void {
  if (out.mode === 'raw') page.binary(Buffer.from(out.patch, out.encoding));
  else if (out.mode === 'stat') renderStat(out, page);
  else renderContextual(out, page, colour);
}
