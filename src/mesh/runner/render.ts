import type { ShownRunner } from './show.ts';
import type { JobSummary, RunnerStatus } from './status.ts';

/** Lines for people; whoever prints them makes them safe. */
export function renderRunner({ status, manifest, mesh, noSandbox }: ShownRunner): readonly string[] {
  if (manifest === null) return ['no runner is set up here: bit runner init'];
  const head = `${manifest.id}  ${manifest.persona}`;
  const found = [...(mesh.mdns ? ['mDNS'] : []), ...mesh.seeds];
  const place = [
    `mesh      ${mesh.name}, found by ${found.join(', ') || 'nothing: name a controller'}`,
    `TLS       ${mesh.tls}`,
    ...(noSandbox === null ? [] : [`sandbox   none: ${noSandbox}`]),
  ];
  if (status === null) return [`${head}  not running: bit runner start`, ...place];
  return [
    `${head}  ${standing(status)}, process ${status.pid}`,
    ...place,
    ...Object.entries(status.capabilities).map(([kind, names]) => `${kind.padEnd(9)} ${names.join(', ')}`),
    `jobs      ${status.jobs.length} of ${status.maxConcurrentJobs}; ${told(status)}`,
    ...status.jobs.map(jobLine),
  ];
}

function standing({ state, controller, trouble }: RunnerStatus): string {
  if (controller !== null) return `${state} ${controller.id} at ${controller.address}`;
  return trouble === null ? 'connecting' : `not connected: ${trouble}`;
}

function told({ done, owed }: RunnerStatus): string {
  const { succeeded, failed, declined, lost } = done;
  const waits = owed === 0 ? '' : `, ${owed} results not yet acknowledged`;
  return `${succeeded} succeeded, ${failed} failed, ${declined} declined, ${lost} lost${waits}`;
}

function jobLine({ jobId, state, task, startedAt, heldBy }: JobSummary): string {
  const limits = Object.entries(heldBy).map(([limit, by]) => `${limit} by ${by}`);
  const held = limits.length === 0 ? '' : `  (${limits.join(', ')})`;
  return `  ${jobId}  ${state}  since ${startedAt}  ${task}${held}`;
}
