import type { Paper } from '../kernel/paper.ts';
import { explainFault } from '../ledger/index.ts';
import type { LedgerVerification, LogVerification, ProofVerification, Verification } from './verify.ts';

export function renderVerification(out: Verification, page: Paper): void {
  if (out.kind === 'ledger') renderLedger(out, page);
  else if (out.kind === 'proof') renderProof(out, page);
  else renderLog(out, page);
}

function renderLedger(report: LedgerVerification, page: Paper): void {
  for (const { chain, entries, head } of report.chains)
    page.line(`chain ${chain}: ${entries} entries, head ${head.slice(0, 16)}`);
  for (const { chain, size, from } of report.checkpoints)
    page.line(
      page.style.dim(`held against the checkpoint of ${size} entries of ${chain}: ${page.safe(from)}`),
    );
  for (const fault of report.faults) {
    for (const line of explainFault(fault).split('\n')) page.line(page.style.red(page.safe(line)));
  }
  if (report.chains.length === 0 && report.ok) {
    page.line('there is no ledger yet: the first action begins it');
    return;
  }
  const entries = `${report.entries} ${report.entries === 1 ? 'entry' : 'entries'}`;
  page.line(
    report.ok
      ? page.style.green(`${entries} verified`)
      : page.style.red(`${entries}, and the ledger does not verify`),
  );
}

function renderProof({ entry, index, origin, size, signers }: ProofVerification, page: Paper): void {
  if (entry !== null) {
    page.line(`${page.style.yellow(entry.entry.slice(0, 12))} ${entry.event} ${entry.phase} ${entry.ts}`);
    page.line(
      page.style.dim(`signed by ${entry.actor}${entry.as === null ? '' : ` for ${page.safe(entry.as)}`}`),
    );
  }
  page.line(page.style.green(`entry ${index} is in ${page.safe(origin)}, of ${size} entries`));
  for (const key of signers) page.line(page.style.dim(`checkpoint signed by ${page.safe(key)}`));
}

function renderLog({ ok, fault, origin, size, entries, signers }: LogVerification, page: Paper): void {
  page.line(`${page.safe(origin)}: checkpoint of ${size} entries`);
  for (const key of signers) page.line(page.style.dim(`signed by ${page.safe(key)}`));
  if (fault !== null) {
    const where =
      fault.entry === undefined ? page.safe(fault.path) : `${page.safe(fault.path)}, entry ${fault.entry}`;
    page.line(page.style.red(`${where}: ${page.safe(fault.message)}`));
    page.line(page.style.red(`${entries} entries hold, and the log does not verify`));
  }
  if (ok) page.line(page.style.green(`${entries} entries verified`));
}
