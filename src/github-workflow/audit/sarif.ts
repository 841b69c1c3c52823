import type { JsonObject } from '../../kernel/json.ts';
import type { WorkflowAudit } from './audit.ts';
import type { Severity } from './finding.ts';
import { RULES } from './rules.ts';

const LEVELS: Readonly<Record<Severity, string>> = {
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
};
/** As GitHub's code scanning ranks them. */
const SCORES: Readonly<Record<Severity, string>> = { high: '8.0', medium: '5.0', low: '3.0', info: '0.0' };

/** SARIF 2.1.0, as code scanning takes it. */
export function auditSarif({ findings }: WorkflowAudit, version: string): JsonObject {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'bit audit workflow',
            version,
            informationUri: 'https://github.com/bithub/cli',
            rules: [
              ...RULES.map(({ id, summary }) => ({ id, shortDescription: { text: summary } })),
              { id: 'unreadable', shortDescription: { text: 'The file is no workflow.' } },
            ],
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, severity, message, path, line, column }) => ({
          ruleId: rule,
          level: LEVELS[severity],
          message: { text: message },
          properties: { severity, 'security-severity': SCORES[severity] },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: path, uriBaseId: '%SRCROOT%' },
                region: { startLine: line, startColumn: column },
              },
            },
          ],
        })),
      },
    ],
  };
}
