import type { Finding } from './index.ts';
import { SECRET_RULES, type SecretRule } from './rules.ts';

/** A line holding this marker is let through; a reviewer sees it in the diff. */
export const MARKER = 'bit:allow-secret';
/** Beyond this a line is cut into pieces that overlap, so that time stays linear. */
const PIECE = 16_384;
const OVERLAP = 4096;

/** Secrets in one line of a file. */
export function scanLine(path: string, line: number, text: string): Finding[] {
  if (text.includes(MARKER)) return [];
  const found = new Map<string, Finding>();
  for (let at = 0; at === 0 || at + OVERLAP < text.length; at += PIECE - OVERLAP) {
    const piece = text.slice(at, at + PIECE);
    for (const { rule, index } of matches(piece)) {
      const finding: Finding = {
        path,
        line,
        column: at + index + 1,
        rule: rule.id,
        message: `looks like ${rule.what}`,
      };
      found.set(`${finding.column} ${rule.id}`, finding);
    }
  }
  return oneEach([...found.values()]);
}

function matches(piece: string): { rule: SecretRule; index: number }[] {
  const lower = piece.toLowerCase();
  const found: { rule: SecretRule; index: number }[] = [];
  for (const rule of SECRET_RULES) {
    if (!rule.words.some((word) => lower.includes(word))) continue;
    for (const match of piece.matchAll(rule.pattern)) {
      const value = match[rule.value ?? 0] ?? '';
      if (rule.entropy !== undefined && (entropy(value) < rule.entropy || isStandIn(value))) continue;
      found.push({ rule, index: match.index + Math.max(0, match[0].lastIndexOf(value)) });
    }
  }
  return found;
}

/** A secret two rules saw is reported once, by the one that knows its shape (they come first in the table). */
function oneEach(findings: readonly Finding[]): Finding[] {
  const order = (finding: Finding): number => SECRET_RULES.findIndex((rule) => rule.id === finding.rule);
  const byPlace = new Map<number, Finding>();
  for (const finding of findings) {
    const other = byPlace.get(finding.column);
    if (other === undefined || order(finding) < order(other)) byPlace.set(finding.column, finding);
  }
  return [...byPlace.values()].sort((a, b) => a.column - b.column);
}

/** Every secret in a text. */
export function scanText(path: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => scanLine(path, index + 1, line));
}

/** Shannon entropy in bits a character. */
export function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length);
  return bits;
}

/** What documents and tests put where a secret would stand. */
function isStandIn(value: string): boolean {
  return (
    /example|changeme|change-me|placeholder|dummy|your[_-]|xxxx|\*\*\*|redacted|process\.env|secrets\.|^\$|^<|^%/i.test(
      value,
    ) || /^(?:[a-z]+[._-])*[a-z]+$/.test(value) // words, as in a property path
  );
}
