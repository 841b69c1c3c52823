import type { PolicySource } from './types.ts';

/**
 * The policy in force where the repository and the user have none at all: small, and no obstacle to ordinary work.
 * Its path names no file of the repository; its text is there to be printed and to start one's own from.
 */
export function defaultPolicy(): PolicySource {
  return { path: 'built-in/default.rego', text: TEXT };
}

const TEXT = `# The built-in policy: in force only where there is no policy of your own.
# A file in .bithub/policies/ replaces all of it; copy what you want to keep.
package bit.default

import rego.v1

# Force pushes overwrite what others pushed. --force-with-lease checks first and is not plain force.
deny contains msg if {
	input.action == "repo.push"
	input.args.force == true
	msg := "plain force push: use --force-with-lease"
}

# Nothing changes under a freeze, except freezes themselves, what carries them from clone to clone, approvals,
# revocations and rotations.
free := {
	"freeze.set", "ledger.push", "ledger.fetch", "workflow.approve",
	"token.revoke", "key.revoke", "key.rotate",
}

deny contains msg if {
	not input.action in free
	some freeze in input.freeze
	covers(freeze)
	msg := sprintf("frozen until %v: %v", [object.get(freeze, "until", "lifted"), object.get(freeze, "reason", "no reason given")])
}

covers(freeze) if freeze.scope == "repo"

covers(freeze) if {
	freeze.scope == "branch"
	freeze.name == input.target.branch
}

covers(freeze) if {
	freeze.scope == "workflow"
	freeze.name == input.target.workflow
}

covers(freeze) if {
	freeze.scope == "bucket"
	freeze.name == input.target.bucket
}

# The default branch stays.
deny contains msg if {
	input.action == "repo.branch"
	input.command == "branch.delete"
	input.target.branch == input.repo.default_branch
	msg := sprintf("%v is the default branch", [input.repo.default_branch])
}

# Where the configuration protects it, the default branch's history stays too: an approval lifts this.
deny contains {"msg": msg, "approval": true} if {
	input.action == "repo.revert"
	input.args.mode == "force"
	input.config.protected
	input.target.branch == input.repo.default_branch
	msg := sprintf("rewriting the history of %v, the protected default branch", [input.repo.default_branch])
}
`;
