import type { JsonObject } from '../kernel/json.ts';
import type { CheckFinding, OneCheck } from './model.ts';

const ABOUT: Readonly<Record<string, string>> = {
  secrets: 'A credential in a file.',
  dependencies: 'A package with a known fault.',
  licenses: 'A licence that is not allowed, or not told.',
  format: 'A file that is not formatted.',
};

/** SARIF 2.1.0 (OASIS), as code scanning takes it. Outcomes that are no pass stand as notifications of the run. */
export function checkSarif(checks: readonly OneCheck[], version: string): JsonObject {
  const findings = checks.flatMap((check) => check.findings);
  const rules = new Map<string, CheckFinding>();
  for (const finding of findings) if (!rules.has(finding.rule)) rules.set(finding.rule, finding);
  const ids = [...rules.keys()];
  const unknown = checks.filter(({ outcome }) => outcome === 'unknown');
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'bit check',
            version,
            informationUri: 'https://github.com/bithub/cli',
            rules: [...rules.values()].map(({ rule, check, url }) => ({
              id: rule,
              shortDescription: { text: ABOUT[check] ?? check },
              ...(url === undefined ? {} : { helpUri: url }),
            })),
          },
        },
        invocations: [
          {
            executionSuccessful: unknown.length === 0,
            toolExecutionNotifications: unknown.map(({ check, note }) => ({
              level: 'error',
              message: { text: `${check}: ${note ?? 'could not be told'}` },
            })),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, level, message, path, line, column, check }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level,
          message: { text: message },
          properties: { check },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: encodeURI(path), uriBaseId: '%SRCROOT%' },
                region: { startLine: line, startColumn: column },
              },
            },
          ],
        })),
      },
    ],
  };
}
