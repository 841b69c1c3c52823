import type { JsonObject } from '../../kernel/json.ts';
import { type SarifFinding, sarif } from '../../kernel/sarif.ts';
import type { WorkflowAudit } from './audit.ts';
import type { Severity } from './finding.ts';
import { RULES } from './rules.ts';

const LEVELS: Readonly<Record<Severity, SarifFinding['level']>> = {
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};
/** As GitHub's code scanning ranks them. */
const SCORES: Readonly<Record<Severity, string>> = { high: '8.0', medium: '5.0', low: '3.0', info: '0.0' };

export function auditSarif({ findings }: WorkflowAudit, version: string): JsonObject {
  return sarif({
    tool: 'bit audit workflow',
    version,
    rules: [
      ...RULES.map(({ id, summary }) => ({ id, about: summary })),
      { id: 'unreadable', about: 'The file is no workflow.' },
    ],
    findings: findings.map(({ severity, ...finding }) => ({
      ...finding,
      level: LEVELS[severity],
      properties: { severity, 'security-severity': SCORES[severity] },
    })),
  });
}
