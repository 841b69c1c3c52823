/**
 * Policy packages that come with `bit`, for jobs to require: judged after the checkout, before anything of it runs.
 * `input.msg` is `{type: "JOB_PREFLIGHT", payload}`: the offer with `checkout` and `ledger` in it.
 */
import type { PolicySource } from '../../policy/index.ts';

const STRUCTURE = `# What a repository must look like for the mesh to run its jobs.
package bithub.repo.structure

import rego.v1

default allow := false

allow if {
	count(deny) == 0
	described
}

# It says of itself what it is for.
described if ".bithub.yml" in input.msg.payload.checkout.files

described if {
	some path in input.msg.payload.checkout.files
	startswith(path, ".bithub/")
}

described if {
	some path in input.msg.payload.checkout.files
	startswith(path, ".bit/")
}

described if {
	some path in input.msg.payload.checkout.files
	startswith(path, ".github/workflows/")
}

deny contains "the repository has neither .bithub.yml nor .bithub/, .bit/ or .github/workflows/" if not described

deny contains sprintf("%s is local state of one machine, and is committed", [path]) if {
	some path in input.msg.payload.checkout.files
	some local in [".bithub/ledger/", ".bithub/storage/"]
	startswith(path, local)
	not endswith(path, "/.gitignore")
}

deny contains sprintf("%s and %s differ by case alone", [one, other]) if {
	some name, paths in folded
	count(paths) > 1
	sorted := sort(paths)
	one := sorted[0]
	other := sorted[1]
}

folded[name] contains path if {
	some path in input.msg.payload.checkout.files
	startswith(path, ".bit")
	name := lower(path)
}

deny contains "the repository holds more files than were looked at" if not input.msg.payload.checkout.files_whole
`;

const WORKFLOWS = `# What runs is what the repository approved, and it is recorded.
package bithub.workflows.ledger

import rego.v1

default allow := false

allow if count(deny) == 0

deny contains "the runner's ledger does not hold" if not input.msg.payload.ledger.holds

deny contains sprintf("workflow %s is not in .bithub/workflows/approved_jobs", [input.msg.payload.task.workflow]) if {
	input.msg.payload.task.kind == "workflow"
	input.msg.payload.checkout.approved_jobs != null
	not input.msg.payload.task.workflow in input.msg.payload.checkout.approved_jobs
}
`;

export const SUITES: readonly PolicySource[] = [
  { path: 'bithub/repo/structure.rego', text: STRUCTURE },
  { path: 'bithub/workflows/ledger.rego', text: WORKFLOWS },
];
