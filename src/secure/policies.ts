/** What `bit secure enable policies` writes: a start of one's own, in force once it is accepted. */
export const SECURE_POLICY = `# Written by bit secure enable policies: yours to change. In force once accepted: bit policy accept
package bit.secure

import rego.v1

default_ref := sprintf("refs/heads/%v", [input.repo.default_branch])

# The default branch goes forward only; an approval lifts this.
deny contains {"msg": msg, "approval": true} if {
	input.action == "repo.push"
	input.target.force_with_lease == true
	default_ref in input.target.refs
	msg := sprintf("%v is pushed to without force", [input.repo.default_branch])
}

deny contains msg if {
	input.action == "repo.push"
	input.target.force == true
	msg := "plain force push: use --force-with-lease"
}

# What decides is changed by those the accepted signers name.
deny contains msg if {
	input.action in {"policy.accept", "key.trust", "secure.enable"}
	input.user.has_contract_access == false
	msg := "only who .bithub/keys/allowed_signers names changes what decides"
}

# A pull request is merged with as many approving reviews as policy.codeowners.requiredReviews says.
deny contains msg if {
	input.action == "pr.merge"
	required := input.config.codeowners.requiredReviews
	given := object.get(input.target, "approvals", 0)
	given < required
	msg := sprintf("%d of %d reviews", [given, required])
}
`;
