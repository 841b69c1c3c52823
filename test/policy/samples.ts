import type { PolicyInput, PolicySource } from '../../src/policy/index.ts';

/** The mesh guard as the product's first design prints it. */
export const MESH: PolicySource = {
  path: '.bithub/policies/mesh.rego',
  text: `package bithub.mesh

default allow_job = false

allow_job {
  input.msg.type == "JOB_OFFER"
  input.msg.payload.required.capabilities[_] == "build"
  not forbidden_repo(input.msg.payload.repo)
  input.msg.payload.priority <= input.config.max_priority
}

forbid_persona[msg] {
  not input.peer.persona == "strict"
  input.msg.payload.required.compliance == "critical"
  msg := "critical jobs require strict persona"
}

forbidden_repo(repo) {
  endswith(repo, "/forbidden")
}
`,
};

export const ACCESS: PolicySource = {
  path: '.bit/rego/access_policy.rego',
  text: `package bit_hub.access
allow {
  input.tx.valid_blockchain_sig
  input.user.has_contract_access
}
default allow = false
`,
};

export function input(over: Partial<PolicyInput> = {}): PolicyInput {
  return {
    action: 'repo.commit',
    command: 'commit',
    args: { message: 'fix: a thing' },
    actor: `ed25519:${'ab'.repeat(32)}`,
    user: { name: 'ada', has_contract_access: true },
    tx: { valid_blockchain_sig: true },
    repo: { name: 'aln/tools', default_branch: 'main' },
    target: { branch: 'topic' },
    token: null,
    config: { max_priority: 5 },
    freeze: [],
    now: '2026-11-20T12:00:00Z',
    ...over,
  };
}

export function offer(
  over: {
    repo?: string;
    priority?: number;
    capabilities?: string[];
    compliance?: string;
    persona?: string;
  } = {},
): PolicyInput {
  return input({
    action: 'mesh.offer',
    command: 'mesh.offer',
    msg: {
      type: 'JOB_OFFER',
      schema: 'bithub.mesh.job_offer.v1',
      payload: {
        job_id: 'J-92A7',
        repo: over.repo ?? 'aln/tools',
        priority: over.priority ?? 3,
        required: {
          capabilities: over.capabilities ?? ['test', 'build'],
          compliance: over.compliance ?? 'none',
        },
      },
    },
    peer: { persona: over.persona ?? 'strict', id: 'aln://runner/phoenix/alpha' },
  });
}

export function deny(body: string, path = 'p.rego'): PolicySource {
  return { path, text: `package team\n\nimport rego.v1\n\n${body}\n` };
}
