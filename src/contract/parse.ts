import { ALN_KIND, Lines, parseAln } from '../lang/index.ts';
import type { Diagnostic, Document, Field, Section } from './types.ts';

/** Bounds on a hostile text; what lies beyond is an error, never silence. */
const MOST_CHARACTERS = 256 * 1024;
const MOST_LINES = 5000;
const MOST_DIAGNOSTICS = 50;

const SECTION = /^\[\s*([A-Z][A-Z0-9_]{0,63})(?:\s+([^\]]*))?\]/;

/**
 * The fields and sections of a contract, which is ALN without conditions and commands (docs/lang/aln.md). One reading
 * tells of all that is wrong; time and memory are linear in the text. Never throws.
 */
export function parseDocument(given: string): Document {
  const text = given.toWellFormed();
  const refused = tooLarge(text);
  if (refused !== undefined) return { fields: [], sections: [], diagnostics: [refused] };
  const { tree, diagnostics: found } = parseAln(text);
  const lines = new Lines(text);
  const diagnostics: Diagnostic[] = found.list.map(({ code, message, start }) => ({
    ...{ severity: 'error', code: code === 'no-value' ? 'bad-value' : 'syntax', message },
    ...lines.at(start),
  }));
  const fields: Field[] = [];
  const sections: Section[] = [];
  let into = fields;
  for (let node = 0; node < tree.length; node++) {
    const at = lines.at(tree.start(node));
    switch (tree.kind(node)) {
      case ALN_KIND.section: {
        const said = SECTION.exec(
          text.slice(tree.start(node), Math.min(tree.end(node), tree.start(node) + 1000)),
        );
        into = [];
        // What follows an unreadable header belongs to none.
        if (said !== null)
          sections.push({ name: said[1] ?? '', label: said[2]?.trim() ?? '', at, fields: into });
        break;
      }
      case ALN_KIND.field: {
        const value = node + 2;
        if (value >= tree.after(node)) break;
        const [key, raw] = [node + 1, value].map((part) => text.slice(tree.start(part), tree.end(part)));
        into.push({
          ...{ key: key ?? '', value: plain(raw ?? ''), at },
          valueAt: lines.at(tree.start(value)),
        });
        break;
      }
      case ALN_KIND.command:
      case ALN_KIND.if:
      case ALN_KIND.stop:
        diagnostics.push({
          ...{
            severity: 'error',
            code: 'syntax',
            message: 'a contract has fields and sections, no commands',
          },
          ...at,
        });
        break;
    }
  }
  diagnostics.sort((a, b) => a.line - b.line || a.column - b.column);
  return { fields, sections, diagnostics: diagnostics.slice(0, MOST_DIAGNOSTICS) };
}

function tooLarge(text: string): Diagnostic | undefined {
  const tell = (line: number, message: string): Diagnostic => ({
    ...{ severity: 'error', code: 'too-large', message, line, column: 1 },
  });
  if (text.length > MOST_CHARACTERS) return tell(1, `a contract has at most ${MOST_CHARACTERS} characters`);
  let count = 1;
  for (const _ of text.matchAll(/\r\n|\n|\r/g)) count += 1;
  return count > MOST_LINES ? tell(MOST_LINES + 1, `a contract has at most ${MOST_LINES} lines`) : undefined;
}

/** What a value says: in quotes, a JSON string, as its reader made sure. */
function plain(raw: string): string {
  if (!raw.startsWith('"')) return raw;
  try {
    return String(JSON.parse(raw)).toWellFormed();
  } catch {
    return raw;
  }
}
