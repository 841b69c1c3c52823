import { SCHEMA_ID } from '../specification/index.ts';
import type { TemplateFacts } from './built-in.ts';

/** `.bithub.yml`: the smallest OrchestrationSpec that says who, what runs when, and what leaves this clone. */
export function specification(
  facts: TemplateFacts,
  has: { readonly workflows: readonly string[]; readonly images: boolean },
): string {
  const branch = JSON.stringify(facts.branch);
  const listed = has.workflows.map((name) => `              - ${JSON.stringify(name)}`).join('\n');
  const image = has.images
    ? `        - action: bit-image
          with:
            pushOn:
              event: push
              branch: ${branch}
`
    : '';
  const images = has.images
    ? `
images:
  defaults:
    platforms: [ "linux/amd64" ]
    provenance: true
    sbom: true
    sign: false

policy:
  security:
    vulnThreshold: "high"
    allowlistPackages: []
  codeowners:
    requiredReviews: 1

artifacts:
  manifestPath: "orchestration_audit/run_\${{ timestamp }}.json"
`
    : '';
  return `# yaml-language-server: $schema=${SCHEMA_ID}
apiVersion: bithub/v1
kind: OrchestrationSpec
metadata:
  name: ${JSON.stringify(facts.name)}
  owner: ${JSON.stringify(facts.owner)}

ledger:
  # What of this clone's ledger travels with a push: off, headers (no payloads) or all.
  share: ${JSON.stringify(facts.share)}

orchestration:
  defaults:
    retries: 3
    backoffSeconds: 10
    continueOnFailure: false
  flows:
    - name: main-ci
      on:
        push:
          branches: [ ${branch} ]
        pull_request:
          branches: [ ${branch} ]
      sequence:
        - gate: policy
${image}        - workflows:
            series:
${listed}
${images}`;
}
