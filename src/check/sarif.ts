import type { JsonObject } from '../kernel/json.ts';
import { sarif } from '../kernel/sarif.ts';
import type { CheckFinding, OneCheck } from './model.ts';

const ABOUT: Readonly<Record<string, string>> = {
  secrets: 'A credential in a file.',
  dependencies: 'A package with a known fault.',
  licenses: 'A licence that is not allowed, or not told.',
  format: 'A file that is not formatted.',
};

/** Outcomes that are no pass stand as notifications of the run. */
export function checkSarif(checks: readonly OneCheck[], version: string): JsonObject {
  const findings = checks.flatMap((check) => check.findings);
  const rules = new Map<string, CheckFinding>();
  for (const finding of findings) if (!rules.has(finding.rule)) rules.set(finding.rule, finding);
  return sarif({
    tool: 'bit check',
    version,
    rules: [...rules.values()].map(({ rule, check, url }) => ({
      id: rule,
      about: ABOUT[check] ?? check,
      url,
    })),
    findings: findings.map(({ check, ...finding }) => ({ ...finding, properties: { check } })),
    faults: checks
      .filter(({ outcome }) => outcome === 'unknown')
      .map(({ check, note }) => `${check}: ${note ?? 'could not be told'}`),
  });
}
