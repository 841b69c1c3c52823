/** What the policy domain takes and gives; documented and exported by `index.ts`. */

import type { Json, JsonObject } from '../kernel/json.ts';
import type { BuiltinOrigin } from './brought.ts';
import type { Decision } from './decision.ts';

/** One policy file: its path as people know it (repository-relative) and its text. */
export interface PolicySource {
  readonly path: string;
  readonly text: string;
}

/** What a policy may read as `input`; `docs/schema/policy-input-v1.json` is the published form. */
export interface PolicyInput {
  /** Policy action, e.g. `repo.commit`; queries ask as `read.<command>`. */
  readonly action: string;
  /** Command as typed in dotted form, e.g. `commit` or `branch.new`. */
  readonly command: string;
  /** Arguments and flags by name. Secrets masked. */
  readonly args: JsonObject;
  /** Public key of who signs: `ed25519:<64 hex>`. */
  readonly actor: string;
  readonly user: JsonObject;
  readonly tx: JsonObject;
  readonly repo: JsonObject;
  readonly target: JsonObject;
  readonly token: Json;
  readonly config: JsonObject;
  readonly freeze: readonly Json[];
  /** RFC 3339, UTC. */
  readonly now: string;
  readonly msg?: Json;
  readonly peer?: Json;
}

/** Where in a policy: 1-based line and column; 0 for what has no lines (a token, the operation that set a freeze). */
export interface Location {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Why a decision went as it did. One per rule that spoke. */
export interface Reason {
  readonly verdict: 'deny' | 'allow' | 'error';
  /** Rule as people write it: `data.bithub.mesh.deny`. */
  readonly rule: string;
  readonly at: Location;
  /** The rule's own message, or what was missing. */
  readonly message: string;
  /** For an allow that did not hold: the literal that stopped it, as written, and the values of its operands. */
  readonly stoppedBy?: {
    readonly literal: string;
    readonly at: Location;
    readonly values: JsonObject;
    /** The two sides, where it compares. */
    readonly compared?: { readonly actual: Json; readonly expected: Json };
  };
}

/** Whose approvals lift a denial: what its message object says beside `approval: true`. */
export interface ApprovalNeed {
  /** How many people; `needs`, 1 where nothing is said. */
  readonly needs: number;
  /** Principals or public keys; `of`. Empty: every trusted signer. */
  readonly of: readonly string[];
  /** One's own counts; `own`. */
  readonly own: boolean;
}

/** A decision with its reasons, as `--json` and the ledger tell it. */
export interface Judgement {
  /** ULID: what the ledger, the decision log and an error call this decision by. */
  readonly id: string;
  readonly allowed: boolean;
  /** Denials and errors where denied; the allowing rules where allowed. */
  readonly reasons: readonly Reason[];
  /** `sha256:<hex>` of the policy set that decided. */
  readonly policy: string;
  /** Whose builtins that set names; left out where it names none. */
  readonly builtins?: readonly BuiltinOrigin[];
  /** `sha256:<hex>` of the canonical input. */
  readonly input: string;
  /** True where an approval would lift the denial (message object with `approval: true`). */
  readonly liftedByApproval: boolean;
  /** Where it would: what each denial asks for. */
  readonly approvals?: readonly ApprovalNeed[];
}

/** Trace of one decision for `--explain`: every rule visited, indented as evaluated. Bounded in lines. */
export interface TraceLine {
  readonly depth: number;
  readonly text: string;
  readonly outcome: 'true' | 'false' | 'undefined' | 'error';
  readonly at: Location;
  readonly values?: JsonObject;
}

export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  /** Stable code, e.g. `rego_parse_error`, `rego_unsafe_var_error`, `rego_recursion_error`, `unasked_rule`. */
  readonly code: string;
  readonly message: string;
  readonly at: Location;
}

export interface PolicySet {
  /** `sha256:<hex>` over the sorted paths and texts, and whose builtins they name. */
  readonly digest: string;
  readonly sources: readonly PolicySource[];
  /** Whose builtins it names; a part of the digest. */
  readonly builtins: readonly BuiltinOrigin[];
  /** Parse and compile problems, one per fault, never a cascade. With an error every decision denies. */
  readonly problems: readonly PolicyProblem[];
  /** Whether any rule could speak on queries (`read.*`); where none does, asking costs nothing. */
  readonly gatesReads: boolean;
  decide(input: PolicyInput): Decision;
  explain(input: PolicyInput): { readonly decision: Decision; readonly trace: readonly TraceLine[] };
  /** Evaluates any query against the set (`data.bithub.mesh.allow_job`), for `policy eval` and mesh POLICY_QUERY. */
  query(query: string, input: Json): QueryResult;
}

export type QueryResult =
  | { readonly defined: true; readonly value: Json }
  /** `why`: the fault a decision would have stopped at, or the name that is nowhere defined. */
  | { readonly defined: false; readonly why?: PolicyProblem }
  | { readonly error: PolicyProblem };
