import type { TemplateFacts } from './built-in.ts';

/** What every template guards: nothing that locks anyone out, everything that loses other people's work. */
export function protectionPolicy(facts: TemplateFacts): string {
  return `# Judged before every action of bit in this repository. A message in deny refuses it.
# Try a change with: bit policy check. Put it in force with: bit policy accept.
package bithub.protection

import rego.v1

protected := {${JSON.stringify(facts.branch)}}

# Use --force-with-lease: it refuses when someone pushed in between.
deny contains msg if {
	input.action == "repo.push"
	input.args.force == true
	msg := "a plain forced push can lose other people's commits; use --force-with-lease"
}

deny contains msg if {
	input.action == "repo.branch"
	input.command == "branch.delete"
	some name in protected
	input.target.branch == name
	msg := sprintf("branch %s is protected and can't be deleted", [name])
}
`;
}

/** Only known signers act, and only on a ledger whose head holds. Nobody is locked out before signers are named. */
export function accessPolicy(): string {
  return `package bit_hub.access

default allow = false

allow {
	input.tx.valid_blockchain_sig
	input.user.has_contract_access
}
`;
}

/** Which jobs of the mesh this repository's runner takes. */
export function meshPolicy(): string {
  return `# Which jobs a controller offers to a runner, and which ones a runner takes: both ask.
# config.max_priority is policy.max_priority of .bithub.yml, 10 where it says nothing.
package bithub.mesh

default allow_job = false

taken := {"build", "test"}

allow_job {
	input.msg.type == "JOB_OFFER"
	taken[split(input.msg.payload.required.capabilities[_], "/")[0]]
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
`;
}

/** What bit writes there for one machine is not for the repository. */
export function bithubIgnore(): string {
  return '/ledger/\n/storage/\n';
}
