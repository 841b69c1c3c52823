import type { JsonObject } from './json.ts';

export interface SarifRule {
  readonly id: string;
  readonly about: string;
  readonly url?: string | undefined;
}

export interface SarifFinding {
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  /** Relative to the repository, with `/`. */
  readonly path: string;
  /** From 1; columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
  readonly properties: JsonObject;
}

export interface SarifRun {
  /** `bit check`. */
  readonly tool: string;
  readonly version: string;
  readonly rules: readonly SarifRule[];
  readonly findings: readonly SarifFinding[];
  /** What could not be told: the run is no success then. */
  readonly faults?: readonly string[];
}

/** SARIF 2.1.0 (OASIS), as code scanning takes it. */
export function sarif({ tool, version, rules, findings, faults = [] }: SarifRun): JsonObject {
  const at = new Map(rules.map(({ id }, index) => [id, index]));
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: tool,
            version,
            informationUri: 'https://github.com/bithub/cli',
            rules: rules.map(({ id, about, url }) => ({
              id,
              shortDescription: { text: about },
              ...(url === undefined ? {} : { helpUri: url }),
            })),
          },
        },
        invocations: [
          {
            executionSuccessful: faults.length === 0,
            toolExecutionNotifications: faults.map((text) => ({ level: 'error', message: { text } })),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, level, message, path, line, column, properties }) => ({
          ruleId: rule,
          ...(at.has(rule) ? { ruleIndex: at.get(rule) ?? 0 } : {}),
          level,
          message: { text: message },
          properties,
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
