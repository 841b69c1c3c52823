import { contract, hook, manifest, meshConfig, sdkTypes } from './bit-folder.ts';
import type { TemplateFile } from './index.ts';
import { accessPolicy, bithubIgnore, meshPolicy, protectionPolicy } from './policies.ts';
import { failureHook, runnerBoot, runnerWorkflow } from './runner.ts';
import { specification } from './specification.ts';
import { approvedJobs, nodeWorkflow, validateWorkflow } from './workflows.ts';

export const BUILT_IN = ['minimal', 'node', 'runner', 'full'] as const;
export type BuiltIn = (typeof BUILT_IN)[number];

/** What a template is filled with. */
export const SHARES = ['off', 'headers', 'all'] as const;
export type Share = (typeof SHARES)[number];

export interface TemplateFacts {
  /** Name of the project: its folder's. */
  readonly name: string;
  /** Who owns it, as `metadata.owner` has it. */
  readonly owner: string;
  /** Branch its workflows and protections speak of. */
  readonly branch: string;
  /** What of a clone's ledger travels with a push. */
  readonly share: Share;
}

export function builtInTemplate(name: BuiltIn, facts: TemplateFacts): TemplateFile[] {
  const node = name === 'node' || name === 'full';
  const runner = name === 'runner' || name === 'full';
  const workflows = ['validate', ...(node ? ['node'] : [])];
  return [
    file('.bithub.yml', specification(facts, { workflows, images: name === 'full' })),
    file('.bit/contract.aln', contract()),
    file('.bit/runner.manifest.yml', manifest(facts, { node, runner })),
    file('.bit/mesh/config.yml', meshConfig()),
    file('.bit/hooks/success.sh', hook(), true),
    file('.bithub/.gitignore', bithubIgnore()),
    file('.bithub/policies/protection.rego', protectionPolicy(facts)),
    file('.bithub/workflows/validate.yml', validateWorkflow(facts)),
    ...(node ? [file('.bithub/workflows/node.yml', nodeWorkflow(facts))] : []),
    ...(runner
      ? [
          file('.bit/rego/access_policy.rego', accessPolicy()),
          file('.bit/hooks/failure.sh', failureHook(), true),
          file('.bit/loaders/runner_boot.sh', runnerBoot(), true),
          file('.bit/sdk/types.ts', sdkTypes()),
          file('.bithub/policies/mesh.rego', meshPolicy()),
          file('.bithub/workflows/approved_jobs', approvedJobs(workflows)),
          file('.github/workflows/bit-hub-runner.yml', runnerWorkflow()),
        ]
      : []),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function file(path: string, text: string, executable = false): TemplateFile {
  return { path, content: Buffer.from(text), executable };
}
