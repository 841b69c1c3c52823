import type { Freeze } from '../freeze/index.ts';
import type { GitReader } from '../git/index.ts';
import type { Json, JsonObject } from '../kernel/json.ts';
import { maskJson, maskSecrets } from '../kernel/secrets.ts';
import { entryHolds } from '../ledger/index.ts';
import type { PolicyInput } from '../policy/index.ts';
import type { ActionRequest, Effect } from './index.ts';
import type { Identity, OperationWorld, TokenGate } from './world.ts';

export interface Acting {
  readonly operation: string;
  readonly parent: string | null;
  readonly identity: Identity;
  readonly token: TokenGate | undefined;
  readonly freezes: readonly Freeze[];
}

/** The document a policy judges; `docs/schema/policy-input-v1.json` says which members are present when. */
export async function policyInput<Out extends object>(
  world: OperationWorld,
  request: ActionRequest,
  effect: Effect<Out>,
  { operation, parent, identity, token, freezes }: Acting,
): Promise<PolicyInput> {
  const config = world.policyConfig(request.action);
  const repo = await repositoryFacts(world.gitWriter);
  return {
    action: request.action,
    command: request.command,
    args: request.args,
    actor: identity.publicKey,
    user: {
      name: identity.name,
      email: identity.email,
      has_contract_access: identity.trusted,
    },
    tx: {
      op: operation,
      parent,
      valid_blockchain_sig: headHolds(world),
      irreversible: (effect.irreversible ?? []).map(maskSecrets),
      undoes: effect.undoes ?? [],
    },
    repo,
    target: maskJson({ ...namedIn(request.args), ...effect.target }) as JsonObject,
    token: token?.facts ?? null,
    config,
    freeze: freezes as unknown as readonly Json[],
    now: world.reader.now().toISOString(),
  };
}

/** The workflow or bucket that an argument or flag of that name says the action is about. */
function namedIn({ workflow, bucket }: JsonObject): JsonObject {
  return {
    ...(typeof workflow === 'string' ? { workflow } : {}),
    ...(typeof bucket === 'string' ? { bucket } : {}),
  };
}

/** The chain's last entry is whole and signed; true for a chain that has none yet. */
function headHolds(world: OperationWorld): boolean {
  const head = world.reader.ledger.head();
  return head === undefined || entryHolds(head);
}

/** `input.repo`: empty outside a repository. */
export async function repositoryFacts(git: GitReader | undefined): Promise<JsonObject> {
  if (git === undefined) return {};
  const [head, refs] = await Promise.all([
    git.head(),
    git.refs(['refs/remotes/', 'refs/heads/'], { peel: false }),
  ]);
  const remoteHead = refs.find((ref) => ref.name === 'refs/remotes/origin/HEAD')?.symref;
  const names = new Set(refs.map((ref) => ref.name));
  const fallback = ['main', 'master', 'trunk'].find((name) => names.has(`refs/heads/${name}`));
  return {
    root: git.paths.root ?? git.paths.gitDir,
    bare: git.paths.root === undefined,
    branch: head.kind === 'detached' ? null : head.ref.replace(/^refs\/heads\//, ''),
    head: head.kind === 'unborn' ? null : head.oid,
    default_branch: remoteHead?.replace(/^refs\/remotes\/origin\//, '') ?? fallback ?? null,
  };
}
