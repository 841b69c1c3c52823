import type { Paper } from '../kernel/paper.ts';
import type { SecureReport } from './scan.ts';

const MOST_SHOWN = 200;
const NOUNS = { tree: 'files', history: 'commits', dependencies: 'packages', workflows: 'workflows' };

/** Part by part: findings by place, then how it came out. */
export function renderSecure({ parts }: SecureReport, page: Paper): void {
  const { style } = page;
  const paint = { error: style.red, warning: style.yellow, note: style.dim };
  const words = { passed: style.green, failed: style.red, skipped: style.dim, unknown: style.yellow };
  for (const { part, outcome, looked, findings, note } of parts) {
    for (const { path, line, column, level, message, rule } of findings.slice(0, MOST_SHOWN))
      page.line(
        `${page.safe(path)}:${line}:${column}: ${paint[level](level)}: ${page.safe(message)} [${page.safe(rule)}]`,
      );
    if (findings.length > MOST_SHOWN) page.line(`and ${findings.length - MOST_SHOWN} more`);
    const amount = part === 'permissions' ? '' : `, ${looked} ${NOUNS[part]}`;
    page.line(
      `${part}: ${words[outcome](outcome)}${amount}, ${findings.length} findings${note === undefined ? '' : `; ${page.safe(note)}`}`,
    );
  }
}
