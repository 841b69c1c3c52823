import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BitError } from '../kernel/errors.ts';
import { writeFileAtomic } from '../kernel/files.ts';
import type { Effect, Reader } from '../operation/index.ts';
import { defaultPolicy } from '../policy/index.ts';
import { readFrame, SPECIFICATION } from '../specification/index.ts';
import { securityHooks, setHook } from './hooks.ts';
import { SECURE_POLICY } from './policies.ts';

const require = createRequire(import.meta.url);

export const ENABLE_SCOPES = ['all', 'hooks', 'policies', 'reviews'] as const;
export type EnableScope = (typeof ENABLE_SCOPES)[number];

export interface Enabled {
  readonly set: readonly string[];
  /** What was so already, or can't be set from here, and what to do about it. */
  readonly left: readonly string[];
}

interface Change {
  readonly what: string;
  readonly files: readonly string[];
  readonly apply: () => void;
}

const BRANCH_PROTECTION =
  'branch protection on GitHub is not set from here yet: the repository’s settings have it, under Rules';

/** Sets what of security is local: a hook that looks for secrets, a policy, how many reviews are asked for. */
export async function enableSecurity(
  reader: Reader,
  options: { readonly scope: EnableScope; readonly reviews: number },
): Promise<Effect<Enabled>> {
  const root = reader.git.paths.root;
  if (root === undefined) throw new BitError('unsupported', 'a bare repository has no files to write');
  const chosen = (scope: EnableScope): boolean => options.scope === 'all' || options.scope === scope;
  const changes: Change[] = [];
  const left: string[] = [];
  const add = (found: Change | string): void =>
    void (typeof found === 'string' ? left.push(found) : changes.push(found));
  if (chosen('hooks')) add(await hookChange(reader));
  if (chosen('policies')) for (const one of policyChanges(root)) add(one);
  if (chosen('reviews')) add(reviewChange(root, options.reviews));
  if (options.scope === 'all') left.push(BRANCH_PROTECTION);
  const accept = changes.some(({ what }) => /polic|review/.test(what))
    ? ['in force once accepted: bit policy accept']
    : [];
  return {
    summary:
      changes.length === 0
        ? 'enable nothing: all of it is'
        : `enable ${options.scope === 'all' ? 'security' : options.scope}`,
    target: { scope: options.scope, reviews: options.reviews },
    plan: [...changes.map(({ what }) => what), ...left.map((why) => `leave: ${why}`)],
    touches: { refs: [], files: changes.flatMap(({ files }) => files) },
    run: async () => {
      for (const change of changes) change.apply();
      return { set: changes.map(({ what }) => what), left: [...accept, ...left] };
    },
    record: ({ set }) => ({ set }),
  };
}

async function hookChange(reader: Reader): Promise<Change | string> {
  const place = await securityHooks(reader);
  if (place.state === 'on') return 'the hook is there';
  if (place.state === 'elsewhere')
    return `git takes its hooks from ${place.hook.replace(/\/pre-commit$/, '')}, which is not this repository’s: nothing is written there`;
  return {
    what: 'set a pre-commit hook that looks for secrets in what is staged',
    files: [place.hook, place.kept],
    apply: () => setHook(place),
  };
}

/** A folder of policies takes the built-in ones' place: they are written beside. */
function policyChanges(root: string): (Change | string)[] {
  const own = join(root, '.bithub/policies/secure.rego');
  if (lstatSync(own, { throwIfNoEntry: false }) !== undefined)
    return ['.bithub/policies/secure.rego is there'];
  const write = (path: string, text: string): Change => ({
    what: `write the policy ${path}`,
    files: [join(root, path)],
    apply: () => writeFileAtomic(join(root, path), text),
  });
  const first = !existsSync(join(root, '.bithub/policies')) && !existsSync(join(root, '.bit/rego'));
  return [
    write('.bithub/policies/secure.rego', SECURE_POLICY),
    ...(first ? [write('.bithub/policies/default.rego', defaultPolicy().text)] : []),
  ];
}

/** `policy.codeowners.requiredReviews` of `.bithub.yml`; everything else of it stays as it is written. */
function reviewChange(root: string, reviews: number): Change | string {
  const codeowners = readFrame(root).policy?.['codeowners'] as { requiredReviews?: number } | undefined;
  if ((codeowners?.requiredReviews ?? 0) >= reviews)
    return `${codeowners?.requiredReviews} reviews are asked for`;
  const path = join(root, SPECIFICATION);
  return {
    what: `ask for ${reviews} review${reviews === 1 ? '' : 's'} in ${SPECIFICATION}`,
    files: [path],
    apply: () => {
      const { parseDocument } = require('yaml') as typeof import('yaml');
      const text = existsSync(path)
        ? readFileSync(path, 'utf8')
        : 'apiVersion: bithub/v1\nkind: OrchestrationSpec\n';
      const document = parseDocument(text);
      document.setIn(['policy', 'codeowners', 'requiredReviews'], reviews);
      writeFileAtomic(path, document.toString({ lineWidth: 0 }));
    },
  };
}
