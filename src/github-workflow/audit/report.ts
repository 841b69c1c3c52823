import type { JsonObject } from '../../kernel/json.ts';
import type { Paper } from '../../kernel/paper.ts';
import type { AuditFinding, WorkflowAudit } from './audit.ts';
import { SEVERITIES, type Severity } from './finding.ts';
import type { RunHistory } from './history.ts';
import { auditSarif } from './sarif.ts';

export interface AuditReport extends WorkflowAudit {
  /** Exit 1: something as grave as asked for was found. */
  readonly failed: boolean;
  readonly sarif?: JsonObject;
  readonly format: string;
}

export interface ReportOptions {
  readonly format: string;
  readonly failOn: string | undefined;
  readonly version: string;
}

export function auditReport(audit: WorkflowAudit, { format, failOn, version }: ReportOptions): AuditReport {
  const limit = SEVERITIES.findIndex((severity: string) => severity === failOn);
  const failed = limit >= 0 && audit.findings.some(({ severity }) => SEVERITIES.indexOf(severity) >= limit);
  return { ...audit, failed, format, ...(format === 'sarif' ? { sarif: auditSarif(audit, version) } : {}) };
}

export function failsAt({ failed }: AuditReport): boolean {
  return failed;
}

export function renderAudit(out: AuditReport, page: Paper & { raw(text: string): void }): void {
  if (out.sarif !== undefined) page.raw(JSON.stringify(out.sarif, null, 2));
  else if (out.format === 'patch') page.raw(out.patch);
  else {
    for (const finding of out.findings) renderFinding(finding, page);
    for (const history of out.history) renderHistory(history, page);
    const { high, medium, low } = out.counts;
    const fixable = out.findings.filter((finding) => finding.fixable).length;
    const files = `${out.workflows.length} workflow${out.workflows.length === 1 ? '' : 's'}`;
    page.line(
      `${files}: ${high} high, ${medium} medium, ${low} low${fixable > 0 ? `; ${fixable} with a fix (--patch)` : ''}`,
    );
  }
}

function renderFinding({ path, line, column, severity, rule, message }: AuditFinding, page: Paper): void {
  const colours: Readonly<Record<Severity, (text: string) => string>> = {
    high: page.style.red,
    medium: page.style.yellow,
    low: page.style.cyan,
    info: page.style.dim,
  };
  page.line(`${page.safe(path)}:${line}:${column}  ${colours[severity](severity)}  ${rule}`);
  page.line(`  ${page.safe(message)}`);
}

function renderHistory({ path, runs, successRate, p50, p95, flaky }: RunHistory, page: Paper): void {
  const seconds = (time: number | null): string => (time === null ? '?' : `${(time / 1000).toFixed(1)} s`);
  const rate = successRate === null ? 'none ended' : `${Math.round(successRate * 100)} % succeeded`;
  page.line(`${page.safe(path)}: ${runs} runs here, ${rate}, p50 ${seconds(p50)}, p95 ${seconds(p95)}`);
  for (const { job, title, failed, succeeded } of flaky)
    page.line(
      page.safe(`  flaky: ${job}, ${title}: failed ${failed}, succeeded ${succeeded} times at one commit`),
    );
}
